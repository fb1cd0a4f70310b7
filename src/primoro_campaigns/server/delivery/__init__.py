"""Server room “delivery”."""
