"""Measurements against a floor: what the same work costs with nothing of ours around it."""
