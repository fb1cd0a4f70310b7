"""Rules of the room “call”."""
