"""New identifiers."""

import uuid_utils


def new_id() -> str:
    """A UUIDv7 as text (RFC 9562, section 5.7): unique anywhere, also offline, and sorted by the time it was
    made.
    """
    return str(uuid_utils.uuid7())
