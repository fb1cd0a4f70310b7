"""Server room “campaign”."""
