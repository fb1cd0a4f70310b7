"""Server room “consent”."""
