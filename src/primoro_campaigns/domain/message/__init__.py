"""Rules of the room “message”."""
