"""What travels between desktop and server, one file per room."""
