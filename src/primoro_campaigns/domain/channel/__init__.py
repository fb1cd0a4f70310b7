"""Rules of the room “channel”."""
