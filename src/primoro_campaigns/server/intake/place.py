"""Locations by the ids that a practice-management system gives them, and where patients without one go."""

from collections.abc import Iterable, Mapping

from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.intake import store
from primoro_campaigns.server.intake.store import Habits
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.intake import LocationIn, Outcome


class Places:
    """The locations of one import. ``default_name`` is where patients go who have none of their own."""

    def __init__(self, source: str, habits: Habits, default_name: str | None) -> None:
        self.habits = habits
        self._source = source
        self._default_name = default_name
        # Both hold from one look_up to the next: what a batch made, its roll-back takes away again.
        self._known: dict[str, str] = {}
        self._default_id: str | None = None

    def take(self, uow: UnitOfWork, row: LocationIn) -> Outcome:
        """Take in one location. One that a person made before under the same name is the same."""
        key = self._key(row.external_id)
        standing = store.locations_by_key(uow.connection, [key]).get(key)
        told: dict[str, object] = {
            name: value
            for name, value in (("name", row.name), ("phone", row.phone), ("town", row.town))
            if name in row.model_fields_set
        }
        if row.time_zone is not None:
            told["time_zone"] = row.time_zone
        if standing is not None:
            changed = self._update(uow, str(standing["id"]), standing, told)
            return Outcome.CHANGED if changed else Outcome.UNCHANGED
        by_name = store.locations_by_name(uow.connection).get(row.name.casefold())
        adopted = None if by_name is None else store.adopt_location(uow.connection, by_name, key)
        if by_name is not None and adopted is not None:
            self._update(uow, by_name, adopted, told)
            return Outcome.CHANGED
        location_id = new_id()
        # Found again only through the database: the transaction may still be undone.
        store.insert_location(
            uow.connection,
            {"id": location_id, "external_id": key, "time_zone": self.habits.time_zone, **told},
        )
        uow.changes.touched(Room.LOCATION, location_id, [EVERYWHERE])
        return Outcome.TAKEN

    def _update(
        self, uow: UnitOfWork, location_id: str, standing: Mapping[str, object], told: Mapping[str, object]
    ) -> bool:
        changed = {name: value for name, value in told.items() if standing[name] != value}
        if changed:
            store.update_location(uow.connection, location_id, changed)
            uow.changes.touched(Room.LOCATION, location_id, [EVERYWHERE])
        return bool(changed)

    def look_up(self, uow: UnitOfWork, external_ids: Iterable[str]) -> None:
        """Find these locations, by their external id or by their name."""
        self._known, self._default_id = {}, None
        wanted = sorted(set(external_ids))
        if not wanted:
            return
        by_key = store.locations_by_key(uow.connection, [self._key(each) for each in wanted])
        by_name = store.locations_by_name(uow.connection)
        for each in wanted:
            row = by_key.get(self._key(each))
            found = by_name.get(each.casefold()) if row is None else str(row["id"])
            if found is not None:
                self._known[each] = found

    def found(self, external_id: str | None) -> str | None:
        """The location ``look_up`` found, None for none."""
        return None if external_id is None else self._known.get(external_id)

    def default(self, uow: UnitOfWork) -> str:
        """Where patients go who have no location: the one named, the only one there is, or a new one."""
        if self._default_id is None:
            self._default_id = self._find_default(uow) or self._make_default(uow)
        return self._default_id

    def _find_default(self, uow: UnitOfWork) -> str | None:
        by_name = store.locations_by_name(uow.connection)
        if self._default_name is None and len(by_name) == 1:
            return next(iter(by_name.values()))
        return by_name.get((self._default_name or self.habits.name).casefold())

    def _make_default(self, uow: UnitOfWork) -> str:
        location_id = new_id()
        name = self._default_name or self.habits.name
        store.insert_location(
            uow.connection, {"id": location_id, "name": name, "time_zone": self.habits.time_zone}
        )
        uow.changes.touched(Room.LOCATION, location_id, [EVERYWHERE])
        return location_id

    def _key(self, external_id: str) -> str:
        return f"{self._source}:{external_id}"
