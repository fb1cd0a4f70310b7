"""The room “call” of the desktop: phone calls and who made them."""
