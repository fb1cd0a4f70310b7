"""The room “reply” of the desktop: what patients wrote to us, and who has dealt with it."""
