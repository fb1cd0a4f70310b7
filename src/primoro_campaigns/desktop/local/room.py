"""The names of rooms as the cache stores them.

They equal ``storage.synced.Room``, which loads SQLAlchemy and so cannot be imported while the program
starts. A test holds them equal.
"""

from enum import StrEnum


class Room(StrEnum):
    """What kind of row; also the names in ``Changes``."""

    LOCATION = "location"
    PRACTITIONER = "practitioner"
    USER = "user"
    POLICY = "policy"
    PATIENT = "patient"
    RESTRICTION = "restriction"
    PERMISSION = "permission"
    CONTACT = "contact"
    CAMPAIGN = "campaign"
    RECIPIENT = "recipient"
    CALL = "call"
    REPLY = "reply"
    PROVIDER = "provider"


PENDING = "pending"
"""Announced in ``Changes`` when the list of waiting changes itself changed."""
