"""The room “consent” of the desktop: the questions about restrictions and permissions."""
