"""What the desktop writes down again, because loading the original would make its start slow."""

from sqlalchemy import Boolean, Integer

from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.room import Room
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.storage import patient_facts, synced
from primoro_campaigns.wire import sync as wire


def test_the_caches_columns_are_those_that_travel() -> None:
    assert {room.value: synced.column_names(room) for room in synced.Room} == dict(schema.COLUMNS)


def test_numbers_and_flags_are_stored_as_numbers() -> None:
    numbers = {
        column.name
        for room in synced.Room
        for column in synced.SYNCED[room]()
        if isinstance(column.type, Boolean | Integer)
    }
    assert numbers == schema._INTEGERS


def test_rooms_have_the_same_names() -> None:
    assert [each.value for each in Room] == [each.value for each in synced.Room]


def test_every_act_has_the_name_that_travels() -> None:
    """The server may know acts that no screen offers yet."""
    known = {each.name: each.value for each in wire.EventKind}
    assert {each.name: each.value for each in EventKind}.items() <= known.items()


def test_audience_rules_find_their_indexes() -> None:
    assert set(schema._PATIENT_INDEXED) == set(patient_facts.INDEXED)
