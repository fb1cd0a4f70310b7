"""Server room “mailbox”."""
