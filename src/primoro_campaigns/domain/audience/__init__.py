"""Rules of the room “audience”."""
