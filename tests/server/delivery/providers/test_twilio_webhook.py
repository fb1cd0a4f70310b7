"""The text gateway's webhook: reports of messages, and what patients text to us (domain.md S4 to S7, L23)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from primoro_campaigns.demo.catchers.texts import CaughtText, TextCatcher
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.consent.tables import permission, suppression
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER
from primoro_campaigns.server.delivery.texts import inbound
from primoro_campaigns.server.delivery.texts.inbound import PatientText
from primoro_campaigns.server.delivery.texts.tables import inbound_text
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.outside import Gateway, open_server
from tests.server.practice import add_contact, add_location, add_patient, contacts_of
from tests.server.sender import add_practice, add_willing, configure, consent_service, lines

NUMBER = "+447700900123"
STOPPED = "Bridge Street Dental: you will get no more texts from us. Reply START to get them again."


@pytest.fixture
def gateway(database: Database, tmp_path: Path) -> Iterator[Gateway]:
    """Cat and Dan share a number; Eve has one of her own, at another location."""
    with database.write() as uow:
        add_practice(uow, sms_base_address="http://127.0.0.1:1")
        add_location(uow, "loc-2", name="High Street", phone="020 7946 0002")
        for who in ("cat", "dan"):
            add_patient(uow, who, mobile_e164=NUMBER, mobile_state="ok")
        add_patient(uow, "eve", mobile_e164="+447700900124", mobile_state="ok", location_id="loc-2")
    with open_server(database, tmp_path) as client:
        yield Gateway(client)


def suppressed(database: Database) -> dict[str, bool]:
    with database.read() as connection:
        rows = connection.execute(select(patient.c.id, patient.c.mobile_suppressed))
        return {row.id: bool(row.mobile_suppressed) for row in rows}


def said(database: Database, patient_id: str) -> list[tuple[str, str, str]]:
    return [(line.kind, line.title, line.detail) for line in contacts_of(database, patient_id)]


def test_stop_holds_for_the_number_and_is_confirmed_once(database: Database, gateway: Gateway) -> None:
    assert gateway.text("Stop.") == STOPPED
    assert suppressed(database) == {"cat": True, "dan": True, "eve": False}
    with database.read() as connection:
        permissions = connection.execute(select(permission)).all()
    assert {(row.patient_id, row.channel, row.state, row.source) for row in permissions} == {
        (who, "sms", "opted_out", "stop_text") for who in ("cat", "dan")
    }
    for who in ("cat", "dan"):
        first = contacts_of(database, who)[0]
        assert (first.kind, first.direction, first.title) == (
            "consent",
            "in",
            "The mobile number must not be used any more",
        )
        assert first.detail == ("Recorded by a STOP text. The text said “Stop.”. 2 files hold this number.")
    before = said(database, "cat")
    assert gateway.text("STOP") == ""
    assert gateway.text("HELP") == ""
    assert said(database, "cat")[: len(before)] == before


@pytest.mark.parametrize("words", ["stop ", "stop all", "UNSUBSCRIBE", "Cancel", "quit!", "OPT-OUT"])
def test_s4_every_keyword_stops(database: Database, gateway: Gateway, words: str) -> None:
    assert gateway.text(words) == STOPPED
    assert suppressed(database)["cat"]


def test_s4_only_the_whole_text_is_a_keyword(database: Database, gateway: Gateway) -> None:
    assert gateway.text("please stop by at 3") == ""
    assert suppressed(database) == {"cat": False, "dan": False, "eve": False}
    for who in ("cat", "dan"):
        assert said(database, who) == [("sms", "Text from a shared number", "please stop by at 3")]
        (line,) = contacts_of(database, who)
        assert (line.direction, line.status) == ("in", "received")
    assert gateway.text("Can I come on Monday?", "+447700900124") == ""
    assert said(database, "eve") == [("sms", "Text from the patient", "Can I come on Monday?")]


def test_a_stop_from_a_number_in_no_file_is_kept_for_whoever_gets_it(
    database: Database, gateway: Gateway
) -> None:
    assert gateway.text("STOP", "+447700900777") == STOPPED
    with database.read() as connection:
        assert len(connection.execute(select(suppression)).all()) == 1
    assert gateway.text("hello", "+447700900778") == ""


def test_stops_that_arrive_at_the_same_moment_are_all_heard(database: Database, gateway: Gateway) -> None:
    consent = consent_service()
    together = Barrier(4)

    def stop(number: int) -> str:
        together.wait()
        with database.write() as uow:
            return inbound.take_text(uow, consent, PatientText(f"SM{number}", NUMBER, "STOP"))

    with ThreadPoolExecutor(4) as threads:
        assert STOPPED in list(threads.map(stop, range(4)))
    assert gateway.text("STOP") == ""
    assert suppressed(database)["cat"]
    assert [line.title for line in contacts_of(database, "dan")].count(
        "The mobile number must not be used any more"
    ) == 1


@pytest.mark.parametrize("words", ["START", "unstop"])
def test_start_from_the_number_brings_it_back(database: Database, gateway: Gateway, words: str) -> None:
    gateway.text("STOP")
    assert gateway.text(words) == ""
    assert suppressed(database) == {"cat": False, "dan": False, "eve": False}
    assert contacts_of(database, "dan")[-1].title.startswith("Said yes to")
    assert gateway.text("STOP") == STOPPED


def test_a_start_that_takes_nothing_back_is_read_by_a_person(database: Database, gateway: Gateway) -> None:
    assert gateway.text("START") == ""
    assert said(database, "cat") == [("sms", "Text from a shared number", "START")]


def test_help_says_who_we_are_and_how_to_reach_us(database: Database, gateway: Gateway) -> None:
    assert gateway.text("help?", "+447700900124") == (
        "Bridge Street Dental. Ring us: High Street 020 7946 0002. Reply STOP to opt out of texts."
    )
    assert said(database, "eve") == [("sms", "Text from the patient", "help?")]
    assert gateway.text("HELP", NUMBER) == "Bridge Street Dental. Reply STOP to opt out of texts."
    with database.write() as uow:
        configure(uow, sender_name="Tooth & <Gum>")
    assert gateway.text("HELP", "+447700900777").startswith("Tooth &amp; &lt;Gum&gt;. Ring us: High Street")


def test_a_text_that_the_gateway_delivers_again_acts_once(database: Database, gateway: Gateway) -> None:
    assert gateway.text("STOP", sid="SM1") == STOPPED
    assert gateway.text("START", sid="SM2") == ""
    assert gateway.text("STOP", sid="SM1") == ""
    assert not suppressed(database)["cat"]
    gateway.text("hello", sid="SM3")
    before = said(database, "cat")
    assert gateway.text("hello", sid="SM3") == ""
    assert said(database, "cat") == before


def test_texts_are_remembered_for_a_while(database: Database, gateway: Gateway, clock: FixedClock) -> None:
    gateway.text("hello", sid="SM1")
    clock.instant += inbound.REMEMBERED_FOR
    gateway.text("hello", sid="SM2")
    clock.instant += timedelta(seconds=1)
    with database.write() as uow:
        inbound.forget(uow)
    with database.read() as connection:
        assert connection.execute(select(inbound_text.c.message_sid)).scalars().all() == ["SM2"]


@pytest.mark.parametrize(
    ("category", "days", "stops"),
    [(Purpose.IMPORTANT, 1, False), (Purpose.IMPORTANT, 8, True), (Purpose.PROMOTIONS, 1, True)],
)
def test_s5_cancel_after_a_service_message_is_about_the_appointment(
    database: Database, gateway: Gateway, category: Purpose, days: int, stops: bool
) -> None:
    now = database.clock.now()
    with database.write() as uow:
        add_contact(uow, "cat", now - timedelta(days=30), kind="sms")
        add_contact(uow, "dan", now - timedelta(days=days), kind="sms", category=category.value)
        add_contact(uow, "cat", now, kind="sms", status="failed")
    assert gateway.text("Cancel") == (STOPPED if stops else "")
    assert suppressed(database)["cat"] is stops
    assert gateway.text("STOP", "+447700900124") == STOPPED


def test_keywords_that_the_gateway_answers_itself_are_not_answered_twice(
    database: Database, gateway: Gateway
) -> None:
    assert gateway.text("ARRET", OptOutType="STOP") == ""
    assert suppressed(database)["cat"]
    assert gateway.text("OUI", OptOutType="START") == ""
    assert not suppressed(database)["cat"]
    assert gateway.text("AIDE", OptOutType="HELP") == ""
    assert said(database, "cat")[-1] == ("sms", "Text from a shared number", "AIDE")


@pytest.mark.parametrize("sender", ["", "22000", "Alerts"])
def test_a_text_from_no_telephone_is_left(database: Database, gateway: Gateway, sender: str) -> None:
    assert gateway.text("STOP", sender) == ""
    with database.read() as connection:
        assert connection.execute(select(suppression)).all() == []


def test_odd_characters_do_no_harm(database: Database, gateway: Gateway) -> None:
    gateway.text("a\x00b\U0001f642" + "x" * 2000, "+447700900124")
    assert said(database, "eve")[0][2] == "ab\U0001f642" + "x" * 997


@pytest.mark.parametrize("path", ["/hooks/sms/inbound", "/hooks/sms/status?line=x"])
def test_only_with_the_gateways_signature(database: Database, gateway: Gateway, path: str) -> None:
    fields = {"MessageSid": "SM1", "From": NUMBER, "To": "+447700900999", "Body": "STOP"}
    for refused in (
        gateway.post(path, fields, token="guessed"),
        gateway.client.post(path, data=fields),
        gateway.client.post(path, data=fields, headers={HEADER: ""}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "hook.signature")
    with database.write() as uow:
        configure(uow, sms_gateway="", **{"twilio.auth_token": ""})
    assert gateway.post(path, fields, token="").status_code == 403
    assert suppressed(database) == {"cat": False, "dan": False, "eve": False}


def test_a_signature_is_good_for_its_own_fields_and_address_alone(gateway: Gateway) -> None:
    fields = {"MessageSid": "SM1", "From": NUMBER, "Body": "hello"}
    good = gateway.post("/hooks/sms/inbound", fields)
    assert good.status_code == 200
    signature = {HEADER: good.request.headers[HEADER]}
    changed = {**fields, "Body": "STOP"}
    assert gateway.client.post("/hooks/sms/inbound", data=changed, headers=signature).status_code == 403
    assert gateway.client.post("/hooks/sms/status", data=fields, headers=signature).status_code == 403


def test_a_body_that_is_too_large_is_refused(gateway: Gateway) -> None:
    assert gateway.client.post("/hooks/sms/inbound", data={"Body": "x" * 70_000}).status_code == 413


@dataclass
class Texted:
    """Ann was texted a promotion; ``caught`` is what the gateway got."""

    house: House
    caught: CaughtText
    gateway: Gateway

    def report(self, status: str, **more: str) -> int:
        # The address that delivery wrote into the message is the one that the server answers.
        address = urlsplit(self.caught.status_callback)
        fields = {"MessageSid": self.caught.sid, "MessageStatus": status, "To": self.caught.to, **more}
        return self.gateway.post(f"{address.path}?{address.query}", fields).status_code

    @property
    def status(self) -> str:
        return str(lines(self.house.database)["ann"].provider_status)


@pytest.fixture
def texted(house: House, texts: TextCatcher, tmp_path: Path) -> Iterator[Texted]:
    with house.database.write() as uow:
        add_willing(uow, "ann", channel=Channel.SMS)
    house.texted()
    house.worker.work()
    (caught,) = texts.caught
    with open_server(house.database, tmp_path) as client:
        yield Texted(house, caught, Gateway(client))


def test_reports_reach_the_line_and_an_older_one_does_not_undo_a_later(texted: Texted) -> None:
    assert texted.status == "queued"
    for status, shown in (("delivered", "delivered"), ("sent", "delivered"), ("read", "read")):
        assert texted.report(status) == 204
        assert texted.status == shown


def test_s7_an_opt_out_that_the_gateway_knows_is_ours_too(texted: Texted) -> None:
    assert texted.report("failed", ErrorCode="21610") == 204
    assert suppressed(texted.house.database)["ann"]
    assert any("The text gateway reported it." in line[2] for line in said(texted.house.database, "ann"))


def test_a_report_about_somebody_elses_message_changes_nothing(texted: Texted) -> None:
    line = lines(texted.house.database)["ann"]
    fields = {
        "MessageSid": "SM-other",
        "MessageStatus": "delivered",
        "ErrorCode": "21610",
        "To": texted.caught.to,
    }
    for path in (f"/hooks/sms/status?line={line.id}", "/hooks/sms/status?line=none", "/hooks/sms/status"):
        assert texted.gateway.post(path, fields).status_code == 204
    assert texted.status == "queued"
    assert not suppressed(texted.house.database)["ann"]
