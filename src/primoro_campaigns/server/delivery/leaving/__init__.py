"""Messages that are on their way to the provider, and what a claim may not overlook."""
