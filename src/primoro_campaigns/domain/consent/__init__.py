"""Rules of the room “consent”."""
