"""The SQL both sides share."""
