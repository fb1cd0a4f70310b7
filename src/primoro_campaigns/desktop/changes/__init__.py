"""The list of changes that wait for the server, or that it refused."""
