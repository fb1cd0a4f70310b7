"""Server room “account”."""
