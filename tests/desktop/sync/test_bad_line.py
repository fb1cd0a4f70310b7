"""Cut lines, lost answers, servers that are slow or gone: nothing is lost, and nothing is done twice."""

import json
import logging
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from primoro_campaigns.desktop.sync.pending import PendingState
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import CallId, PatientId
from primoro_campaigns.server.account import store as account_store
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.sync import WIRE_VERSION
from tests.desktop.sync.conftest import MakeDesk
from tests.fakes.desk import Desk
from tests.fakes.line import Fate, Line
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.odd_server import OddServer, Said, as_json, health, problem
from tests.strict import LogWatch

ANN = PatientId("ann")


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def desk(server: LoopbackServer, make_desk: MakeDesk, line: Line) -> Desk:
    """Synced, with one patient."""
    server.add_patients("ann")
    made = make_desk("reception", line)
    assert made.sync().phase is Phase.CURRENT
    line.asked.clear()
    return made


def restrict(desk: Desk) -> None:
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)


def in_words(status: SyncStatus) -> None:
    """What happened, and that what the person did is safe or that they can go on."""
    assert status.title
    words = status.advice
    assert "safe" in words or "kept" in words or "Nothing" in words, status


def restrictions_at(desk: Desk) -> list[bool]:
    return [row.pending for row in desk.patients.restrictions(ANN)]


def test_without_a_line_what_was_done_waits(desk: Desk, line: Line) -> None:
    line.up = False
    restrict(desk)
    status = desk.sync()
    assert (status.phase, status.waiting, status.online) == (Phase.OFFLINE, 1, False)
    assert status.offline_since == desk.clock.now()
    assert status.last_success_at == desk.clock.now()
    in_words(status)
    assert restrictions_at(desk) == [True]
    line.up = True
    status = desk.sync()
    assert (status.phase, status.waiting, status.offline_since, status.title) == (Phase.CURRENT, 0, None, "")
    assert restrictions_at(desk) == [False]


def test_it_is_told_since_when_the_line_is_cut(desk: Desk, line: Line, clock: FixedClock) -> None:
    line.up = False
    since = desk.sync().offline_since
    clock.instant += timedelta(hours=1)
    assert desk.sync().offline_since == since


@pytest.mark.parametrize("fate", [Fate.CUT, Fate.LOST, Fate.SLOW])
def test_an_act_whose_answer_is_lost_is_done_once(desk: Desk, line: Line, fate: Fate) -> None:
    restrict(desk)
    line.fates.append(fate)
    status = desk.sync()
    assert (status.phase, status.waiting) == (Phase.OFFLINE, 1)
    in_words(status)
    assert [each.state for each in desk.outbox.events()] == [PendingState.SENT]
    desk.reopen()
    assert desk.engine.status.waiting == 1
    assert desk.sync().waiting == 0
    assert restrictions_at(desk) == [False]
    assert desk.patients.contact_count(ANN) == 1


def test_an_act_that_arrives_twice_is_done_once(desk: Desk, line: Line) -> None:
    restrict(desk)
    line.fates.append(Fate.TWICE)
    assert desk.sync().phase is Phase.CURRENT
    assert desk.patients.contact_count(ANN) == 1


def test_a_change_whose_page_was_lost_comes_with_the_next(
    desk: Desk, line: Line, server: LoopbackServer
) -> None:
    server.add_patients("bob")
    line.fates.append(Fate.LOST)
    assert desk.sync().phase is Phase.OFFLINE
    assert desk.patients.count("").number == 1
    assert desk.sync().phase is Phase.CURRENT
    assert desk.patients.count("").number == 2


def test_a_slow_server_is_told_from_one_that_is_away(desk: Desk, line: Line) -> None:
    line.fates.append(Fate.SLOW)
    assert desk.sync().code == "remote.timeout"
    line.fates.append(Fate.CUT)
    assert desk.sync().code == "remote.unreachable"


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    desk: Desk, line: Line, server: LoopbackServer
) -> None:
    restrict(desk)
    server.stop()
    line.patience_s = 0.2
    with OddServer(lambda _path: None, server.port):
        status = desk.sync()
    assert (status.phase, status.code, status.waiting) == (Phase.OFFLINE, "remote.timeout", 1)
    in_words(status)
    line.patience_s = None
    server.start()
    assert desk.sync().waiting == 0


# The server goes away in the middle.


def test_a_server_that_restarts_in_the_middle_of_a_round(
    desk: Desk, line: Line, server: LoopbackServer
) -> None:
    restrict(desk)
    line.before = lambda path: server.restart() if path == "/sync/round" else None
    first = desk.sync()
    line.before = lambda _path: None
    assert first.waiting == (1 if first.phase is Phase.OFFLINE else 0)
    assert desk.sync().phase is Phase.CURRENT
    assert desk.patients.contact_count(ANN) == 1


def test_a_fill_that_was_cut_goes_on_where_it_was(
    server: LoopbackServer, make_desk: MakeDesk, line: Line
) -> None:
    server.add_patients("ann", "bob")
    desk = make_desk("reception", line)

    def cut_after_two(path: str) -> None:
        if path.endswith("/2"):
            server.stop()

    line.before = cut_after_two
    status = desk.sync()
    assert status.phase is Phase.OFFLINE
    held = desk.mirror.held().snapshot
    assert held is not None
    assert held.done == {0, 1}
    assert not desk.mirror.held().filled
    line.before = lambda _path: None
    server.start()
    desk.reopen()
    line.asked.clear()
    assert desk.sync().phase is Phase.CURRENT
    assert "/sync/snapshot" not in line.asked
    fetched = [path.rpartition("/")[2] for path in line.asked if path.startswith("/sync/snapshot/")]
    assert fetched == [str(number) for number in range(2, held.head.chunks)]
    assert desk.patients.count("").number == 2


def test_the_first_fill_tells_how_far_it_is(server: LoopbackServer, make_desk: MakeDesk) -> None:
    server.add_patients("ann")
    desk = make_desk()
    desk.sync()
    steps = [(each.done, each.total) for each in desk.shown if each.phase is Phase.FILLING]
    total = steps[-1][1]
    assert steps == [(0, 0), *((done, total) for done in range(total))]


def test_what_was_done_goes_before_the_first_fill(
    server: LoopbackServer, make_desk: MakeDesk, line: Line
) -> None:
    server.add_patients("ann")
    desk = make_desk("reception", line)
    restrict(desk)
    line.before = lambda path: server.stop() if path == "/sync/snapshot" else None
    assert desk.sync().waiting == 0
    line.before = lambda _path: None
    server.start()
    desk.sync()
    assert restrictions_at(desk) == [False]


def test_a_snapshot_that_is_gone_is_asked_for_again(
    server: LoopbackServer, make_desk: MakeDesk, line: Line, tmp_path: Path
) -> None:
    server.add_patients("ann", "bob")
    desk = make_desk("reception", line)
    times = iter(range(10))

    def lose_once(path: str) -> None:
        if path.endswith("/1") and next(times) == 0:
            shutil.rmtree(tmp_path / "server" / "snapshots")

    line.before = lose_once
    assert desk.sync().phase is Phase.CURRENT
    assert line.asked.count("/sync/snapshot") == 2
    assert desk.patients.count("").number == 2


# Versions and strangers.


@pytest.mark.parametrize(
    ("wire_version", "code", "words"),
    [
        (2, "remote.server_too_new", "Update this program. What you did here is safe and will be sent then."),
        (
            0,
            "remote.server_too_old",
            "Have the server updated. What you did here is safe and will be sent then.",
        ),
    ],
)
def test_a_server_of_another_version_is_told_and_what_waits_is_kept(
    desk: Desk, server: LoopbackServer, wire_version: int, code: str, words: str
) -> None:
    restrict(desk)
    server.stop()
    desk.sync()
    with OddServer(lambda _path: health(wire_version), server.port) as odd:
        status = desk.sync()
        assert set(odd.heard) == {"/health"}
    assert (status.phase, status.code, status.advice, status.waiting) == (Phase.STUCK, code, words, 1)
    assert "9.9.9" in status.title
    server.start()
    assert desk.sync().waiting == 0


@pytest.mark.parametrize(
    ("said", "phase", "code"),
    [
        (Said(429, b"slow down", "text/plain"), Phase.OFFLINE, "remote.busy"),
        (
            problem(429, "Too much.", "Nothing was changed. Later.", "http.too_many"),
            Phase.OFFLINE,
            "http.too_many",
        ),
        (Said(502, b"<html>bad gateway</html>", "text/html"), Phase.OFFLINE, "remote.server_trouble"),
        (
            problem(503, "The server is stopping.", "Nothing is lost.", "server.stopping"),
            Phase.OFFLINE,
            "server.stopping",
        ),
        (Said(200, b"<html>log in to the hotel</html>", "text/html"), Phase.OFFLINE, "remote.truncated"),
        (Said(302, b"", headers={"Location": "https://hotel.example"}), Phase.OFFLINE, "remote.not_ours"),
        (Said(200, b'{"answers": [', promised=5000), Phase.OFFLINE, "remote.unreachable"),
        (as_json([1, 2, 3]), Phase.OFFLINE, "remote.not_ours"),
        (as_json({"answers": [], "cursor": "x"}), Phase.OFFLINE, "remote.not_ours"),
        (
            as_json(
                {
                    "answers": [],
                    "cursor": 1,
                    "more": False,
                    "scope": "s",
                    "server_time": "2026-03-03T10:30:00Z",
                    "batches": [{"room": "patient", "columns": ["seq"], "rows": [[1, 2]]}],
                }
            ),
            Phase.OFFLINE,
            "remote.not_ours",
        ),
        (
            as_json(
                {
                    "answers": [],
                    "cursor": 1,
                    "more": False,
                    "scope": "s",
                    "server_time": "2026-03-03T10:30:00Z",
                    "batches": [],
                }
            ),
            Phase.OFFLINE,
            "remote.unanswered",
        ),
        (
            problem(403, "You may not see patients.", "Nothing was changed.", "account.right_missing"),
            Phase.STUCK,
            "account.right_missing",
        ),
    ],
)
def test_answers_that_are_none_change_nothing(
    desk: Desk, server: LoopbackServer, said: Said, phase: Phase, code: str
) -> None:
    restrict(desk)
    cursor = desk.mirror.held().cursor
    server.stop()
    with OddServer(lambda _path: said, server.port):
        status = desk.sync()
    assert (status.phase, status.code, status.waiting) == (phase, code, 1)
    in_words(status)
    assert desk.mirror.held().cursor == cursor
    server.start()
    assert desk.sync().waiting == 0
    assert desk.patients.contact_count(ANN) == 1


def test_one_act_that_cannot_be_sent_does_not_hold_up_the_others(desk: Desk) -> None:
    restrict(desk)
    desk.outbox.restrict(ANN, Purpose.NEWSLETTERS, on=True)
    with desk.database.write() as connection:
        connection.execute("UPDATE pending_event SET id = 'odd' WHERE place = 1")
    status = desk.sync()
    assert (status.phase, status.waiting, status.refused) == (Phase.CURRENT, 0, 1)
    (refused,) = desk.outbox.events()
    assert refused.event_id == "odd"
    assert refused.code == "remote.unsendable"
    assert [row.purpose for row in desk.patients.restrictions(ANN)] == [Purpose.NEWSLETTERS]


def test_one_act_that_the_server_takes_amiss_does_not_hold_up_the_others(
    desk: Desk, server: LoopbackServer
) -> None:
    ids = [desk.outbox.ignore_call(CallId(f"call-{number}")) for number in range(3)]
    scope = desk.mirror.held().scope
    server.stop()

    def answer(path: str) -> Said:
        if path == "/health":
            return health(WIRE_VERSION)
        sent = [each["id"] for each in json.loads(odd.bodies[-1])["events"]]
        if ids[1] in sent:
            return problem(422, "Not understood.", "Nothing was changed.", "http.malformed")
        return as_json(
            {
                "answers": [{"event_id": each, "outcome": "applied"} for each in sent],
                "batches": [],
                "cursor": 1,
                "more": False,
                "scope": scope,
                "server_time": desk.clock.now().isoformat(),
            }
        )

    with OddServer(answer, server.port) as odd:
        status = desk.sync()
    assert (status.phase, status.waiting, status.refused) == (Phase.CURRENT, 0, 1)
    assert [(each.event_id, each.code) for each in desk.outbox.events()] == [(ids[1], "http.malformed")]


def test_a_payload_of_another_version_is_refused_in_words(desk: Desk, expect_log: LogWatch) -> None:
    restrict(desk)
    with desk.database.write() as connection:
        connection.execute("UPDATE pending_event SET payload = ?", (json.dumps({"nonsense": 1}),))
    expect_log("primoro_campaigns.server.sync", logging.WARNING, "malformed")
    status = desk.sync()
    assert (status.phase, status.refused) == (Phase.CURRENT, 1)
    (refused,) = desk.outbox.events()
    assert refused.code == "sync.payload"
    assert "Nothing was changed" in refused.advice


# Signed out, and clocks.


def test_whoever_is_signed_out_keeps_what_waits_and_sends_it_later(
    desk: Desk, server: LoopbackServer
) -> None:
    restrict(desk)

    def revoke(uow: UnitOfWork) -> None:
        account_store.revoke_user(uow.connection, desk.person.user_id, uow.now)

    server.change(revoke)
    for _ in range(2):
        status = desk.sync()
        assert (status.phase, status.code, status.waiting) == (Phase.SIGNED_OUT, "account.signed_out", 1)
        assert (
            status.advice
            == "Sign in again to go on syncing. What you did meanwhile is kept on this computer."
        )
    assert restrictions_at(desk) == [True]
    desk.reopen(server.signed_in("reception", desk.device_id))
    assert desk.sync().waiting == 0
    assert restrictions_at(desk) == [False]


def test_an_access_that_runs_out_is_renewed_without_a_word(desk: Desk, clock: FixedClock) -> None:
    restrict(desk)
    clock.instant += timedelta(minutes=20)
    desk.shown.clear()
    assert desk.sync().waiting == 0
    assert {each.phase for each in desk.shown} <= {Phase.SYNCING, Phase.CURRENT}


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (timedelta(minutes=6), 360),
        (timedelta(minutes=-6), -360),
        (timedelta(minutes=5), 0),
        (timedelta(0), 0),
    ],
)
def test_a_clock_that_is_wrong_is_told_by_how_much(
    make_desk: MakeDesk, clock: FixedClock, off: timedelta, told: int
) -> None:
    desk = make_desk("reception", None, FixedClock(clock.now() + off))
    status = desk.sync()
    assert (status.phase, status.clock_off_s) == (Phase.CURRENT, told)
    desk.clock.instant = clock.now()  # type: ignore[attr-defined]  # the one given above
    assert desk.sync().clock_off_s == 0


def test_a_run_that_is_asked_for_in_the_middle_of_another_makes_it_go_once_more(
    desk: Desk, line: Line, server: LoopbackServer
) -> None:
    times = iter([True])

    def meanwhile(path: str) -> None:
        if path == "/sync/round" and next(times, False):
            desk.engine.run()
            server.add_patients("bob")

    line.before = meanwhile
    desk.engine.run()
    assert line.asked.count("/sync/round") == 2
    assert desk.patients.count("").number == 2


def test_an_engine_that_is_told_to_stop_ends_at_its_next_step(make_desk: MakeDesk, line: Line) -> None:
    desk = make_desk("reception", line)
    line.before = lambda path: desk.engine.stop() if path.endswith("/1") else None
    desk.engine.run()
    held = desk.mirror.held().snapshot
    assert held is not None
    # The part after the first is fetched while that is being written.
    assert held.done in ({0}, {0, 1})
    line.asked.clear()
    desk.engine.run()
    assert line.asked == []


def test_what_is_recorded_is_counted_at_once(desk: Desk) -> None:
    restrict(desk)
    assert desk.engine.status.waiting == 0
    desk.engine.note_pending()
    assert desk.engine.status.waiting == 1
    assert desk.shown[-1] == desk.engine.status


def test_a_full_disk_stops_the_sync_in_words_and_loses_nothing(desk: Desk, server: LoopbackServer) -> None:
    restrict(desk)
    server.add_patients(*(f"p{number}" for number in range(400)))
    with desk.database.write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 4}").fetchone()
    cursor = desk.mirror.held().cursor
    for _ in range(2):
        status = desk.sync()
        assert (status.phase, status.code) == (Phase.STUCK, "cache.disk_full")
        in_words(status)
        assert desk.mirror.held().cursor == cursor
        assert desk.patients.count("").number == 1
    assert restrictions_at(desk) == [True]
    desk.reopen()
    assert desk.sync().phase is Phase.CURRENT
    assert desk.patients.count("").number == 401
    assert restrictions_at(desk) == [False]
    assert desk.patients.contact_count(ANN) == 1
