"""Server room “audience”."""
