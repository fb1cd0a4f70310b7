"""Catchers for mail and texts: real servers on loopback that keep what they get."""
