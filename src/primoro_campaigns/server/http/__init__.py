"""HTTP furniture: problem+json, authentication, the application."""
