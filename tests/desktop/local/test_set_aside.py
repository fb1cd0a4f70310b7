"""A cache that cannot be read is set aside, and what waited in it goes into the new one."""

import logging
import sys
from pathlib import Path

import pytest

from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.database import Database, DiskFullError, DiskTroubleError, damage_mark
from primoro_campaigns.desktop.local.set_aside import open_or_set_aside
from primoro_campaigns.desktop.sync.pending import PendingState
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import CampaignId, PatientId
from tests.fakes.reception import KEY, Reception
from tests.strict import LogWatch

if sys.platform != "win32":
    from tests.fakes.full_disk import no_file_grows_beyond

SET_ASIDE = ("primoro_campaigns.desktop.local.set_aside", logging.WARNING)
ANN = PatientId("ann")


def waiting(database: Database) -> list[tuple[str, ...]]:
    with database.read() as connection:
        return connection.execute(
            "SELECT id, kind, payload, subject, withdraws, state FROM pending_event ORDER BY place"
        ).fetchall()


def record(desk: Reception) -> list[tuple[str, ...]]:
    """Some of everything that must not be lost."""
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    desk.mirror.take_events(1)
    desk.outbox.save_draft(
        CampaignId("c1"),
        0,
        '{"name": "Spring", "purpose": "promotions", "kind": "one_off", "channel_policy": "email",'
        ' "location_ids": []}',
    )
    return waiting(desk.database)


def damage(path: Path) -> None:
    """The first page is gone, and with it all the rest."""
    inside = bytearray(path.read_bytes())
    inside[:4096] = bytes(4096)
    path.write_bytes(inside)


def test_a_good_cache_is_opened_as_it_is(desk: Reception) -> None:
    before = record(desk)
    desk.close()
    database, aside = open_or_set_aside(desk.database.path, KEY, desk.person.user_id)
    assert aside is None
    assert waiting(database) == before
    database.close()


def test_what_waited_in_another_versions_cache_is_carried_over(desk: Reception, expect_log: LogWatch) -> None:
    before = record(desk)
    with desk.database.write() as connection:
        connection.execute("ALTER TABLE pending_event ADD COLUMN of_later TEXT DEFAULT 'x'")
        connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    desk.close()
    with expect_log(*SET_ASIDE, "cache.version, what waited was carried over"):
        database, aside = open_or_set_aside(desk.database.path, KEY, desk.person.user_id)
    assert aside is not None
    assert aside.carried_over
    assert aside.path.exists()
    assert waiting(database) == before
    assert [row[5] for row in before] == [PendingState.SENT, PendingState.WAITING]
    with database.read() as connection:
        assert connection.execute("SELECT patient_id, purpose FROM restriction_now").fetchall() == [
            ("ann", "promotions")
        ]
        assert connection.execute("SELECT name, pending FROM campaign_now").fetchall() == [("Spring", 1)]
    database.close()


def test_the_order_of_a_cache_without_places_is_that_of_its_ids(
    desk: Reception, expect_log: LogWatch
) -> None:
    record(desk)
    with desk.database.write() as connection:
        rows = connection.execute(
            "SELECT id, kind, made_at, payload, subject, about, withdraws FROM pending_event"
        )
        kept = rows.fetchall()
        connection.execute("DROP TABLE pending_event")
        connection.execute(
            "CREATE TABLE pending_event (id TEXT PRIMARY KEY, kind TEXT, made_at TEXT, payload TEXT,"
            " subject TEXT, about TEXT, withdraws INTEGER)"
        )
        connection.executemany("INSERT INTO pending_event VALUES (?, ?, ?, ?, ?, ?, ?)", reversed(kept))
        connection.execute("PRAGMA user_version = 1")
    desk.close()
    with expect_log(*SET_ASIDE, "carried over"):
        database, _ = open_or_set_aside(desk.database.path, KEY, desk.person.user_id)
    assert [row[0] for row in waiting(database)] == sorted(row[0] for row in kept)
    assert {row[5] for row in waiting(database)} == {PendingState.WAITING}
    database.close()


def test_a_cache_that_cannot_be_read_at_all_is_kept_under_another_name(
    desk: Reception, expect_log: LogWatch
) -> None:
    record(desk)
    desk.close()
    path = desk.database.path
    damage(path)
    inside = path.read_bytes()
    with expect_log(*SET_ASIDE, "cache.unreadable, what waited was not carried over"):
        database, aside = open_or_set_aside(path, KEY, desk.person.user_id)
    assert aside is not None
    assert not aside.carried_over
    assert aside.path.read_bytes() == inside
    assert waiting(database) == []
    database.close()
    database, aside = open_or_set_aside(path, KEY, desk.person.user_id)
    assert aside is None
    database.close()


def test_two_that_are_set_aside_in_one_second_are_both_kept(desk: Reception, expect_log: LogWatch) -> None:
    desk.close()
    path = desk.database.path
    kept = set()
    for _ in range(3):
        damage(path)
        with expect_log(*SET_ASIDE, "cache.unreadable"):
            database, aside = open_or_set_aside(path, KEY, desk.person.user_id)
        database.close()
        assert aside is not None
        kept.add(aside.path)
    assert len(kept) == 3
    assert all(each.exists() for each in kept)


def test_damage_that_was_met_at_work_is_set_aside_at_the_next_start(
    desk: Reception, expect_log: LogWatch
) -> None:
    before = record(desk)
    desk.close()
    path = desk.database.path
    damage_mark(path).touch()
    with expect_log(*SET_ASIDE, "cache.unreadable, what waited was carried over"):
        database, aside = open_or_set_aside(path, KEY, desk.person.user_id)
    assert aside is not None
    assert waiting(database) == before
    database.close()
    assert not damage_mark(path).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_without_room_for_a_new_one_the_old_one_stays_in_its_place(
    desk: Reception, expect_log: LogWatch
) -> None:
    before = record(desk)
    desk.close()
    path = desk.database.path
    damage_mark(path).touch()
    with no_file_grows_beyond(20_000), pytest.raises((DiskFullError, DiskTroubleError)):
        open_or_set_aside(path, KEY, desk.person.user_id)
    assert [each.name for each in path.parent.glob("*set-aside*")] == []
    with expect_log(*SET_ASIDE, "carried over"):
        database, _ = open_or_set_aside(path, KEY, desk.person.user_id)
    assert waiting(database) == before
    database.close()
