"""What patients text in other words waits for a person, and a person says when it is dealt with."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.errors import NotAllowedError, NotFoundError
from primoro_campaigns.server.account.actor import SERVER, Actor
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.reply import service
from primoro_campaigns.server.reply.tables import reply
from primoro_campaigns.server.subject import service as subjects
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.sync import Event, EventKind, Round
from tests.server.desk import services
from tests.server.outside import Gateway, open_server
from tests.server.practice import actor, actor_with, add_contact, add_location, add_patient
from tests.server.sender import add_practice, configure, consent_service

ANN, SHARED, FAR, NOBODY = "+447700900101", "+447700900102", "+447700900103", "+447700900199"


@pytest.fixture
def gateway(database: Database, tmp_path: Path) -> Iterator[Gateway]:
    """Ann has a number of her own; Cat (head) and Dan share one; Eve and Fay do so across locations."""
    with database.write() as uow:
        add_practice(uow, sms_base_address="http://127.0.0.1:1")
        add_location(uow, "loc-2", name="High Street")
        add_patient(uow, "ann", mobile_e164=ANN, mobile_state="ok")
        add_patient(uow, "dan", mobile_e164=SHARED, mobile_state="ok", born_on=date(1950, 1, 1))
        add_patient(uow, "cat", mobile_e164=SHARED, mobile_state="ok", is_head_of_household=True)
        add_patient(uow, "eve", mobile_e164=FAR, mobile_state="ok")
        add_patient(uow, "fay", mobile_e164=FAR, mobile_state="ok", location_id="loc-2")
    with open_server(database, tmp_path) as client:
        yield Gateway(client)


def rows(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(reply).order_by(reply.c.id)).all())


def seen_from(database: Database, reply_id: str) -> dict[str, bool]:
    """The locations whose desks were told, and whether it is gone there."""
    with database.read() as connection:
        found = connection.execute(
            select(change.c.location_id, change.c.gone).where(
                change.c.room == "reply", change.c.entity_id == reply_id
            )
        )
        return {row.location_id: bool(row.gone) for row in found}


def mark(database: Database, who: Actor, reply_id: str, *, handled: bool = True) -> bool:
    with database.write() as uow:
        return service.mark(uow, who, reply_id, handled=handled)


def test_a_text_in_other_words_waits_unread(database: Database, gateway: Gateway, clock: FixedClock) -> None:
    assert gateway.text("No more adverts please \U0001f64f", ANN) == ""
    (row,) = rows(database)
    assert (row.channel, row.from_raw, row.from_address) == ("sms", ANN, ANN)
    assert (row.text, row.state, row.handled_by_name) == ("No more adverts please \U0001f64f", "unread", "")
    assert (json.loads(row.patient_ids), row.location_id) == (["ann"], "loc-1")
    assert row.received_at == clock.instant
    assert seen_from(database, row.id) == {"loc-1": False}


@pytest.mark.parametrize(
    ("sender", "patients", "location"),
    [
        (SHARED, ["cat", "dan"], "loc-1"),
        (FAR, ["eve", "fay"], "*"),
        (NOBODY, [], "*"),
    ],
)
def test_nothing_is_dropped_whoever_holds_the_number(
    database: Database, gateway: Gateway, sender: str, patients: list[str], location: str
) -> None:
    gateway.text("who is this?", sender)
    (row,) = rows(database)
    assert json.loads(row.patient_ids) == patients
    assert seen_from(database, row.id) == {location: False}


@pytest.mark.parametrize("sender", ["", "22000", "Alerts"])
def test_a_text_from_a_sender_without_a_number_waits_too(
    database: Database, gateway: Gateway, sender: str
) -> None:
    assert gateway.text("STOP", sender) == ""
    (row,) = rows(database)
    assert (row.from_raw, row.from_address, row.text, row.location_id) == (sender, "", "STOP", "*")


def test_a_text_without_words_says_so(database: Database, gateway: Gateway) -> None:
    gateway.text("  ", ANN, NumMedia="1")
    assert rows(database)[0].text.startswith("(A message without words.")


@pytest.mark.parametrize("words", ["STOP", "HELP", "stop all"])
def test_what_is_understood_is_no_work(database: Database, gateway: Gateway, words: str) -> None:
    gateway.text(words, ANN)
    assert rows(database) == []


def test_a_start_that_takes_nothing_back_and_words_after_a_stop_wait(
    database: Database, gateway: Gateway
) -> None:
    gateway.text("START", ANN)
    gateway.text("STOP", ANN)
    gateway.text("and thank you", ANN)
    gateway.text("START", ANN)
    assert [row.text for row in rows(database)] == ["START", "and thank you"]


def test_a_text_that_is_delivered_again_waits_once(database: Database, gateway: Gateway) -> None:
    for sender in (ANN, "22000"):
        for _ in range(2):
            gateway.text("hello", sender, sid=f"SM-{sender}")
    assert [row.from_raw for row in rows(database)] == [ANN, "22000"]


@pytest.mark.parametrize("word", ["CANCEL", "End", "quit.", "YES"])
def test_s5_after_a_service_message_appointment_words_wait_for_a_person(
    database: Database, gateway: Gateway, word: str
) -> None:
    with database.write() as uow:
        configure(uow, answer_days="3")
        at = uow.now - timedelta(days=2)
        add_contact(uow, "ann", at, kind="sms", category=Purpose.IMPORTANT.value, campaign_id="c7")
        at = uow.now - timedelta(days=4)
        add_contact(uow, "cat", at, kind="sms", category=Purpose.IMPORTANT.value)
    assert gateway.text(word, ANN) == ""
    (row,) = rows(database)
    assert (row.text, row.campaign_id) == (word, "c7")
    stops = word != "YES"
    assert bool(gateway.text(word, SHARED)) is stops, "longer ago than the practice says"
    assert len(rows(database)) == (1 if stops else 2)
    assert gateway.text("STOP", ANN) != "", "STOP always opts out"


def test_zero_days_makes_cancel_opt_out_always(database: Database, gateway: Gateway) -> None:
    with database.write() as uow:
        configure(uow, answer_days="0")
        add_contact(uow, "ann", uow.now, kind="sms", category=Purpose.IMPORTANT.value)
    assert gateway.text("CANCEL", ANN) != ""


def test_handled_says_who_and_when_and_the_first_one_stands(
    database: Database, gateway: Gateway, clock: FixedClock
) -> None:
    gateway.text("hello", ANN)
    reply_id = rows(database)[0].id
    assert mark(database, actor(name="Jo Bell"), reply_id)
    first = clock.instant
    clock.instant += timedelta(hours=1)
    assert not mark(database, actor(name="Sam Reed"), reply_id)
    (row,) = rows(database)
    assert (row.state, row.handled_by_name, row.handled_at) == ("handled", "Jo Bell", first)
    assert mark(database, actor(name="Sam Reed"), reply_id, handled=False)
    (row,) = rows(database)
    assert (row.state, row.handled_by_name, row.handled_at) == ("unread", "", None)
    assert not mark(database, actor(), reply_id, handled=False)


def test_only_who_may_write_a_no_down_and_sees_the_patient_takes_it_off_the_list(
    database: Database, gateway: Gateway
) -> None:
    gateway.text("hello", ANN)
    reply_id = rows(database)[0].id
    with pytest.raises(NotAllowedError):
        mark(database, actor_with(Right.VIEW, Right.MATCH_CALLS), reply_id)
    with pytest.raises(NotFoundError):
        mark(database, actor(Role.RECEPTION, "loc-2"), reply_id)
    with pytest.raises(NotFoundError):
        mark(database, actor(), "gone")
    assert rows(database)[0].state == "unread"
    gateway.text("hello", NOBODY)
    assert mark(database, actor(Role.RECEPTION, "loc-2"), rows(database)[1].id)


def test_a_desk_marks_it_in_a_round_and_every_desk_gets_the_row(
    database: Database, gateway: Gateway, tmp_path: Path
) -> None:
    gateway.text("hello", ANN)
    reply_id = rows(database)[0].id
    rounds = services(database, tmp_path).rounds
    for name in ("Jo Bell", "Sam Reed"):
        said = Event(
            id=new_id(),
            kind=EventKind.HANDLE_REPLY,
            made_at=database.clock.now(),
            payload={"reply_id": reply_id},
        )
        for _ in range(2):
            asked = Round(device_id="d1", cursor=0, events=[said], verify=True)
            answer = rounds.answer(actor(name=name), asked)
            assert [each.outcome for each in answer.answers] == ["applied"]
    (batch,) = [each for each in answer.batches if each.room == "reply"]
    row = dict(zip(batch.columns, batch.rows[0], strict=True))
    assert (row["state"], row["handled_by_name"]) == ("handled", "Jo Bell")
    assert answer.checks is not None
    assert [each.count for each in answer.checks if each.room == "reply"] == [1]


def test_erasure_takes_what_one_person_wrote_and_leaves_what_may_be_anothers(
    database: Database, gateway: Gateway
) -> None:
    for sender in (ANN, SHARED, NOBODY):
        gateway.text("my secret", sender)
    ann, shared, nobody = (row.id for row in rows(database))
    with database.write() as uow:
        copy = json.loads(subjects.copy_of(uow, SERVER, "ann").as_json)
    assert [each["text"] for each in copy["reply"]] == ["my secret"]
    with database.write() as uow:
        subjects.erase(uow, SERVER, consent_service(), "ann")
        subjects.erase(uow, SERVER, consent_service(), "cat")
    left = {row.id: json.loads(row.patient_ids) for row in rows(database)}
    assert left == {shared: ["dan"], nobody: []}
    assert seen_from(database, ann) == {"loc-1": True}
    with database.write() as uow:
        add_patient(uow, "gus", mobile_e164=NOBODY, mobile_state="ok")
        subjects.erase(uow, SERVER, consent_service(), "gus")
    assert set(left) - {row.id for row in rows(database)} == {nobody}, "from before the number was in a file"
