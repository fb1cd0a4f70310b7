"""Signing e-mail for the practice's domain (DKIM, RFC 6376)."""
