"""Which table holds each room's rows, and how its values travel."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Table

from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.storage.synced import EVERYWHERE, SYNCED, Room, column_names
from primoro_campaigns.wire.sync import WIRE_VERSION

Rooms = Mapping[Room, Table]
"""Passed in where the program is put together, so that this room knows none of the others' tables."""


@dataclass(frozen=True)
class Scope:
    """The locations whose rows a person sees; None is everywhere."""

    location_ids: frozenset[str] | None

    @property
    def key(self) -> str:
        """The same for people who see the same, different as soon as they do not, and after the rows' columns
        change.
        """
        places = "*" if self.location_ids is None else ",".join(sorted(self.location_ids))
        return sha256(f"{WIRE_VERSION}|{_COLUMNS}|{places}".encode()).hexdigest()[:32]

    @property
    def conditions(self) -> list[str] | None:
        """The location ids that the change log is asked for; None asks for all."""
        return None if self.location_ids is None else sorted({*self.location_ids, EVERYWHERE})


def scope_of(actor: Actor) -> Scope:
    return Scope(None if actor.all_locations else actor.location_ids)


_COLUMNS = ";".join(f"{room}:{','.join(column_names(room))}" for room in SYNCED)
