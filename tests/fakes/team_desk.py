"""Those who work at the test's practice, as a server without a network would have them."""

from collections.abc import Sequence
from dataclasses import replace

from primoro_campaigns.desktop.colleague import Colleague, Newcomer
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import LocationId, UserId


class TeamDesk:
    """``colleague.Team``. ``problem`` is what the server says to everything, while it is set."""

    def __init__(self) -> None:
        self.people: dict[UserId, Colleague] = {}
        self.passwords: dict[UserId, str] = {}
        self.problem: PrimoroError | None = None

    def join(self, user_id: str, name: str, role: Role, *places: str, active: bool = True) -> None:
        where = tuple(map(LocationId, places)) or None
        self.people[UserId(user_id)] = Colleague(
            UserId(user_id), name.split()[0].lower(), name, role, where, active
        )

    def colleagues(self) -> Sequence[Colleague]:
        self._answer()
        return sorted(self.people.values(), key=lambda each: each.username)

    def add(self, newcomer: Newcomer) -> None:
        self._answer()
        user_id = UserId(f"user-{newcomer.username}")
        self.people[user_id] = Colleague(
            user_id,
            newcomer.username,
            newcomer.display_name,
            newcomer.role,
            newcomer.location_ids,
            active=True,
        )
        self.passwords[user_id] = newcomer.password

    def change(self, user_id: UserId, role: Role, location_ids: tuple[LocationId, ...] | None) -> None:
        self._answer()
        self.people[user_id] = replace(self.people[user_id], role=role, location_ids=location_ids)

    def activate(self, user_id: UserId) -> None:
        self._answer()
        self.people[user_id] = replace(self.people[user_id], active=True)

    def deactivate(self, user_id: UserId) -> None:
        self._answer()
        self.people[user_id] = replace(self.people[user_id], active=False)

    def set_password(self, user_id: UserId, password: str) -> None:
        self._answer()
        self.passwords[user_id] = password

    def _answer(self) -> None:
        if self.problem is not None:
            raise self.problem
