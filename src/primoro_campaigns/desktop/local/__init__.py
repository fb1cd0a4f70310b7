"""The only SQL of the desktop: the encrypted cache, the outbox, the drafts."""
