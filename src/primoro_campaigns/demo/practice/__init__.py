"""A made-up practice that looks like life."""
