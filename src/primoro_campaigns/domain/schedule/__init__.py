"""Rules of the room “schedule”."""
