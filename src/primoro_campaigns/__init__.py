"""Primoro Campaigns: the desktop, the server, and the rules they share."""
