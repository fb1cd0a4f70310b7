"""The people who work here, as screens ask for them: asked of the server at once, and never kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.ids import LocationId, UserId


@dataclass(frozen=True)
class Colleague:
    """``location_ids`` None is everywhere. One who is not ``active`` cannot sign in."""

    user_id: UserId
    username: str
    display_name: str
    role: Role
    location_ids: tuple[LocationId, ...] | None
    active: bool


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is to work here. ``location_ids`` None is everywhere."""

    username: str
    display_name: str
    role: Role
    location_ids: tuple[LocationId, ...] | None
    password: str


class Team(Protocol):
    """Call on the network lane. Raises ``UnreachableError``, ``RefusedError``, ``SignedOutError``."""

    def colleagues(self) -> Sequence[Colleague]:
        """Everyone, by user name."""
        ...

    def add(self, newcomer: Newcomer) -> None: ...

    def change(self, user_id: UserId, role: Role, location_ids: tuple[LocationId, ...] | None) -> None:
        """From the next request on."""
        ...

    def activate(self, user_id: UserId) -> None: ...

    def deactivate(self, user_id: UserId) -> None:
        """They are signed out everywhere."""
        ...

    def set_password(self, user_id: UserId, password: str) -> None:
        """They are signed out everywhere."""
        ...
