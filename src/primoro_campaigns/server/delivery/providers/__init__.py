"""Who carries messages: one room for each provider, all behind ``provider.py``."""
