"""Server room “call”."""
