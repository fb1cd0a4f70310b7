"""Rules of the room “reply”."""
