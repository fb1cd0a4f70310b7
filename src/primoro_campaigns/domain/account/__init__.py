"""Rules of the room “account”."""
