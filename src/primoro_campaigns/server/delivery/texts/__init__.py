"""Texts from patients, whichever gateway they come through."""
