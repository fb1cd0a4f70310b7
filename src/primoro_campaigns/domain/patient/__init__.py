"""Rules of the room “patient”."""
