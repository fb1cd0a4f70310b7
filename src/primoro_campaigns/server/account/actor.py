"""Who asks: the person, or the server itself, on whose behalf a service acts."""

from dataclasses import dataclass

from primoro_campaigns.domain.account.right import Right, require
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.storage.synced import EVERYWHERE


@dataclass(frozen=True)
class Actor:
    """``user_id`` is None for the server's own acts (imports, patients' pages, workers).

    Rights and places come with the session.
    """

    user_id: str | None
    display_name: str
    rights: frozenset[Right]
    all_locations: bool
    location_ids: frozenset[str] = frozenset()

    def require(self, right: Right) -> None:
        """Raise ``NotAllowedError`` unless this person holds ``right``."""
        require(self.rights, right)

    def sees(self, location_id: str) -> bool:
        return self.all_locations or location_id in self.location_ids or location_id == EVERYWHERE

    def require_sight(self, location_id: str) -> None:
        """Raise ``NotFoundError`` for a record of another location: what one may not see does not exist."""
        if not self.sees(location_id):
            raise NotFoundError(
                "This record is not among those you can see.",
                "Nothing was changed. It may belong to another location; ask your practice manager.",
                "account.out_of_sight",
            )


SERVER = Actor(None, "Primoro Campaigns", frozenset(Right), True)
"""The server acting by itself."""
