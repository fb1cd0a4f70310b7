"""The queue of the ledger: what is due, who holds it, and how fast it may go."""
