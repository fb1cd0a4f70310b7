"""Server room “sync”."""
