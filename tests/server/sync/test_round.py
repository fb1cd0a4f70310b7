"""Events: each once, each answered for good, whatever the network does."""

import logging
import threading
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, JsonValue
from sqlalchemy import func, insert, select

from primoro_campaigns.domain.errors import ConflictError, NotAllowedError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.main import ROOMS
from primoro_campaigns.server.sync.round import Handler
from primoro_campaigns.server.sync.tables import event_answer
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.sync import Answer, Event, EventKind, Round
from tests.server.sync.conftest import Practice, person
from tests.strict import LogWatch


class Wish(BaseModel):
    """The payload of the tests' events: add this practitioner, or come to grief."""

    practitioner_id: str = "oak"
    grief: str = ""


def fulfil(uow: UnitOfWork, _actor: Actor, _event: Event, wish: Wish) -> None:
    """Writes first and refuses after, so that a refusal that leaves something behind shows."""
    uow.connection.execute(
        insert(ROOMS[Room.PRACTITIONER]).values(id=wish.practitioner_id, name="Dr Oak", active=True)
    )
    uow.changes.touched(Room.PRACTITIONER, wish.practitioner_id, [EVERYWHERE])
    if wish.grief == "refused":
        raise NotAllowedError("You may not.", "Nothing was changed.", "test.refused")
    if wish.grief == "conflict":
        raise ConflictError("It changed.", "Look again.", "test.conflict")


HANDLERS = {EventKind.MATCH_CALL: Handler(Wish, fulfil)}


def event(kind: str = EventKind.MATCH_CALL, *, event_id: str = "", **payload: JsonValue) -> Event:
    return Event(
        id=event_id or new_id(), kind=kind, made_at=datetime(1970, 1, 1, tzinfo=UTC), payload=payload
    )


def send(practice: Practice, *events: Event) -> list[Answer]:
    answer = practice.rounds(HANDLERS).answer(person(), Round(device_id="d1", cursor=0, events=list(events)))
    return answer.answers


def practitioners(database: Database) -> int:
    with database.read() as connection:
        table = ROOMS[Room.PRACTITIONER]
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def seq(database: Database) -> int:
    with database.read() as connection:
        return latest(connection)


def test_an_event_is_applied_and_its_effect_comes_down_in_the_same_round(practice: Practice) -> None:
    asked = event()
    answer = practice.rounds(HANDLERS).answer(person(), Round(device_id="d1", cursor=0, events=[asked]))
    assert [(each.event_id, each.outcome) for each in answer.answers] == [(asked.id, "applied")]
    assert [batch.room for batch in answer.batches] == ["practitioner"]


def test_a_repeated_event_gets_its_first_answer_and_has_no_second_effect(practice: Practice) -> None:
    asked = event()
    first = send(practice, asked)
    assert send(practice, asked, asked) == [*first, *first]
    assert practitioners(practice.database) == 1
    assert seq(practice.database) == 1


@pytest.mark.parametrize("grief", ["refused", "conflict"])
def test_a_refusal_is_told_in_words_kept_for_good_and_undoes_everything(
    practice: Practice, grief: str
) -> None:
    refused = event(grief=grief)
    (answer,) = send(practice, refused)
    assert (answer.outcome, answer.code) == (grief, f"test.{grief}")
    assert answer.title
    assert answer.advice
    assert practitioners(practice.database) == 0
    assert seq(practice.database) == 0
    again = refused.model_copy(update={"payload": {}})
    assert send(practice, again) == [answer]
    assert practitioners(practice.database) == 0


def test_a_refused_event_does_not_hold_up_the_next(practice: Practice) -> None:
    answers = send(practice, event(grief="refused"), event(), event(practitioner_id="elm"))
    assert [answer.outcome for answer in answers] == ["refused", "applied", "applied"]
    assert practitioners(practice.database) == 2


def test_an_unknown_kind_needs_a_newer_server(practice: Practice) -> None:
    (answer,) = send(practice, event("holiday.book"))
    assert (answer.outcome, answer.code) == ("refused", "sync.unknown_kind")
    assert "newer server" in answer.advice


def test_a_malformed_payload_is_refused_and_its_values_are_not_logged(
    practice: Practice, expect_log: LogWatch, caplog: pytest.LogCaptureFixture
) -> None:
    with expect_log("primoro_campaigns.server.sync", logging.WARNING, "payload is malformed"):
        (answer,) = send(practice, event(grief={"name": "Mrs Secret"}))
    assert (answer.outcome, answer.code) == ("refused", "sync.payload")
    assert "Secret" not in caplog.text


def test_what_the_database_refuses_does_not_hold_up_the_next(
    practice: Practice, expect_log: LogWatch, caplog: pytest.LogCaptureFixture
) -> None:
    with expect_log("primoro_campaigns.server.sync", logging.ERROR, "refused an event"):
        answers = send(practice, event(), event(), event(practitioner_id="elm"))
    assert [answer.outcome for answer in answers] == ["applied", "refused", "applied"]
    assert answers[1].code == "sync.not_stored"
    assert "Dr Oak" not in caplog.text


def test_the_same_event_at_once_from_two_connections_is_applied_once(practice: Practice) -> None:
    asked = event()
    gate = threading.Barrier(4)
    found: list[Answer] = []

    def knock() -> None:
        gate.wait()
        found.extend(send(practice, asked))

    threads = [threading.Thread(target=knock) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Answer(event_id=asked.id, outcome="applied")] * 4
    assert practitioners(practice.database) == 1
    assert seq(practice.database) == 1


def test_answers_are_kept_with_who_asked_and_when(practice: Practice) -> None:
    asked = event()
    send(practice, asked)
    with practice.database.read() as connection:
        (row,) = connection.execute(select(event_answer)).all()
    assert (row.event_id, row.user_id, row.device_id, row.kind) == (asked.id, "user-1", "d1", "call.match")
    assert row.received_at == practice.database.clock.now()
