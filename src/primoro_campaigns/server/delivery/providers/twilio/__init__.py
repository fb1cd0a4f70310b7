"""Texts over an HTTP gateway with the shape of the Twilio Messages API."""
