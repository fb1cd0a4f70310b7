"""How the providers of messages stand, and test messages to oneself."""
