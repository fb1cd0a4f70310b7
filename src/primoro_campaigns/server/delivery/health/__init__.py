"""Whether the providers do their work, from what they did."""
