"""Server room “patient”."""
