"""Server room “audit”."""
