"""Campaigns: the list, the composer, the review, the results."""
