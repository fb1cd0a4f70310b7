"""Signing in, first set-up, and whose cache this is."""
