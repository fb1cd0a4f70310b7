"""Server room “reply”."""
