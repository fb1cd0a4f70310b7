"""Ongoing campaigns: who newly fits the rules, day by day."""
