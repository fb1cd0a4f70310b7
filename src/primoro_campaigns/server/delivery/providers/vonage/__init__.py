"""Texts over the Vonage Messages API."""
