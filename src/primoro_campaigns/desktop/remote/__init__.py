"""The only HTTP of the desktop."""
