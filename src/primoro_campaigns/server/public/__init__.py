"""Server room “public”."""
