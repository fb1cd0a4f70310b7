"""Whether a no came after what somebody knew."""
