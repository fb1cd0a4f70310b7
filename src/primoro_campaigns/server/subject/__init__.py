"""Server room “subject”: what one person may ask of us: a copy of everything, or that it is erased."""
