"""Test messages: from a person at the practice to herself, through a provider."""
