"""Rules of the room “delivery”."""
