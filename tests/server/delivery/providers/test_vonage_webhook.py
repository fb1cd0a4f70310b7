"""A practice whose texts go through the second gateway: sent, reported on, stopped by the patient."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.doubts import NO_ANSWER
from primoro_campaigns.server.delivery.providers.vonage.signature import FRESH_FOR, is_genuine, sign
from primoro_campaigns.server.reply.tables import reply
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.delivery import DecideDoubt
from tests.fakes.vonage import SIGNATURE_SECRET, VonageCatcher, uuid_of, vonage_catcher
from tests.server.delivery.conftest import House
from tests.server.outside import open_server
from tests.server.practice import contacts_of
from tests.server.sender import CONTENT, MANAGER, add_willing, configure, lines, states


@pytest.fixture
def vonage(house: House) -> Iterator[VonageCatcher]:
    with vonage_catcher() as running:
        with house.database.write() as uow:
            configure(uow, **running.settings)
            add_willing(uow, "ann", "bea", channel=Channel.SMS)
        yield running


@dataclass
class Hooks:
    """The gateway, as it calls back."""

    client: TestClient
    database: Database

    def post(
        self, path: str, told: object, secret: str = SIGNATURE_SECRET, at: datetime | None = None
    ) -> Response:
        body = json.dumps(told).encode()
        token = sign(secret, body, at or self.database.clock.now())
        return self.client.post(f"/hooks/vonage/{path}", content=body, headers={"Authorization": token})

    def report(self, message: dict[str, str], name: str, status: str, **more: object) -> int:
        told = {"message_uuid": name, "client_ref": message["client_ref"], "to": message["to"]}
        return self.post("status", {**told, "status": status, "channel": "sms", **more}).status_code

    def text(self, body: str, sender: str, name: str = "in-1") -> int:
        told = {"message_uuid": name, "from": sender, "to": "447700900999", "text": body, "channel": "sms"}
        return self.post("inbound", told).status_code


@pytest.fixture
def hooks(house: House, tmp_path: Path) -> Iterator[Hooks]:
    with open_server(house.database, tmp_path) as client:
        yield Hooks(client, house.database)


def number_of(database: Database, who: str) -> str:
    return str(lines(database)[who].address).removeprefix("+")


def test_a_campaign_goes_through_the_gateway_that_was_chosen(
    house: House, vonage: VonageCatcher, texts: TextCatcher, hooks: Hooks
) -> None:
    house.texted()
    house.worker.work()
    assert states(house.database) == {"ann": "sent", "bea": "sent"}
    assert texts.caught == ()
    rows = lines(house.database)
    assert {row.provider for row in rows.values()} == {"vonage"}
    first, name = dict(vonage.taken[0]), uuid_of(1)
    line = next(row for row in rows.values() if row.id == first["client_ref"])
    assert line.provider_message_id == name
    for status, kept in (("submitted", "sent"), ("delivered", "delivered"), ("submitted", "delivered")):
        assert hooks.report(first, name, status) == 204
        row = next(row for row in lines(house.database).values() if row.id == line.id)
        assert row.provider_status == kept
    assert hooks.report(first, "somebody-elses", "undeliverable") == 204
    assert {row.provider_status for row in lines(house.database).values()} == {"delivered", "accepted"}


def test_a_stop_holds_before_the_next_text(house: House, vonage: VonageCatcher, hooks: Hooks) -> None:
    with house.database.write() as uow:
        configure(uow, most_in_7_days="0", most_in_90_days="0", reset_months_promotions="0")
    house.texted()
    house.worker.work()
    ann, bea = (number_of(house.database, who) for who in ("ann", "bea"))
    assert hooks.text("Stop.", ann) == 204
    house.approved(replace(CONTENT, name="Second", channel_policy=ChannelPolicy.SMS), "c2")
    house.worker.work()
    assert sorted(message["to"] for message in vonage.taken) == sorted([ann, bea, bea])
    latest = lines(house.database)["ann"]
    assert (latest.campaign_id, latest.state, latest.reason) == ("c2", "skipped", "opted_out")
    assert "The text said “Stop.”." in contacts_of(house.database, "ann")[1].detail
    # The gateway cannot answer, and delivers again what it already brought.
    assert hooks.text("START", ann, "in-2") == 204
    assert hooks.text("Stop.", ann, "in-1") == 204
    assert not is_suppressed(house, ann)


def test_help_waits_for_a_person_where_the_gateway_takes_no_answer(
    house: House, vonage: VonageCatcher, hooks: Hooks
) -> None:
    assert vonage.taken == []
    assert hooks.text("HELP", "447700900777", "in-1") == 204
    assert hooks.text("what is this?", "447700900777", "in-2") == 204
    with house.database.read() as connection:
        said = connection.execute(select(reply.c.text).order_by(reply.c.id)).scalars().all()
    assert said == ["HELP", "what is this?"]


def test_s7_a_number_the_gateway_may_not_send_to_is_ours_too(
    house: House, vonage: VonageCatcher, hooks: Hooks
) -> None:
    house.texted()
    house.worker.work()
    page = "https://developer.vonage.com/api-errors/messages#1050"
    message = dict(vonage.taken[0])
    hooks.report(message, uuid_of(1), "rejected", error={"type": page, "title": "1050"})
    assert is_suppressed(house, message["to"])
    assert not is_suppressed(house, dict(vonage.taken[1])["to"])


def test_a_doubt_is_put_to_the_gateway_that_had_the_text_alone(
    house: House, vonage: VonageCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    """The first gateway would say that it has no such text, which is true and not the answer."""
    vonage.die = lambda _number: True
    house.texted()
    house.worker.work()
    assert set(states(house.database).values()) == {"unknown"}
    with house.database.write() as uow:
        configure(uow, sms_gateway="twilio")
        ids = [row.id for row in lines(house.database).values()]
        asked = DecideDoubt(campaign_id="c1", line_ids=ids, choice=Choice.ASK)
        house.worker.doubts.decide(uow, MANAGER, asked)
    clock.instant += timedelta(minutes=1)
    house.worker.work()
    assert texts.caught == ()
    assert {(row.state, row.detail) for row in lines(house.database).values()} == {("unknown", NO_ANSWER)}


def is_suppressed(house: House, number: str) -> bool:
    with house.database.write() as uow:
        return house.consent.is_suppressed(uow, AddressKind.MOBILE, f"+{number}")


@pytest.mark.parametrize("path", ["status", "inbound"])
def test_only_with_the_gateways_signature(
    house: House, vonage: VonageCatcher, hooks: Hooks, path: str
) -> None:
    assert vonage.taken == []
    told = {"message_uuid": "m", "from": "447700900123", "text": "STOP", "status": "delivered"}
    long_ago = hooks.database.clock.now() - FRESH_FOR - timedelta(seconds=1)
    for refused in (
        hooks.post(path, told, "guessed"),
        hooks.post(path, told, at=long_ago),
        hooks.client.post(f"/hooks/vonage/{path}", json=told),
        hooks.client.post(f"/hooks/vonage/{path}", json=told, headers={"Authorization": "Bearer a.b.c"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "hook.signature")
    assert not is_suppressed(house, "447700900123")


def test_a_practice_without_the_gateway_hears_nobody(house: House, hooks: Hooks) -> None:
    told = {"message_uuid": "m", "from": "447700900123", "text": "STOP"}
    assert hooks.post("inbound", told, secret="").status_code == 403
    assert not is_suppressed(house, "447700900123")


def test_a_signature_is_good_for_its_own_body_alone(clock: FixedClock) -> None:
    now = clock.now()
    token = sign(SIGNATURE_SECRET, b"one", now)
    assert is_genuine(SIGNATURE_SECRET, b"one", token, now)
    assert not is_genuine(SIGNATURE_SECRET, b"two", token, now)
    assert not is_genuine("other", b"one", token, now)


def test_a_token_that_names_another_algorithm_is_refused(clock: FixedClock) -> None:
    """“none”, and a claim that was left out or has another type, however well the rest is signed."""
    now = clock.now()
    hashed = sha256(b"one").hexdigest()
    good: dict[str, object] = {"iat": int(now.timestamp()), "payload_hash": hashed}
    assert is_genuine(SIGNATURE_SECRET, b"one", made("HS256", good), now)
    assert not is_genuine(SIGNATURE_SECRET, b"one", made("none", good), now)
    assert not is_genuine(SIGNATURE_SECRET, b"one", made("HS256", {"iat": good["iat"]}), now)
    assert not is_genuine(SIGNATURE_SECRET, b"one", made("HS256", {"payload_hash": hashed}), now)
    assert not is_genuine(SIGNATURE_SECRET, b"one", made("HS256", {**good, "iat": 10**30}), now)
    assert not is_genuine(SIGNATURE_SECRET, b"one", made("HS256", {**good, "iat": "soon"}), now)


def made(algorithm: str, claims: dict[str, object]) -> str:
    """A token of these claims, signed as the gateway would."""
    parts = [json.dumps(part).encode() for part in ({"alg": algorithm}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = hmac.new(SIGNATURE_SECRET.encode(), signed, sha256).digest()
    return f"Bearer {signed.decode()}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"from": 1, "text": []}', b"\xff"])
def test_odd_bodies_do_no_harm(house: House, vonage: VonageCatcher, hooks: Hooks, body: bytes) -> None:
    assert vonage.taken == []
    signed = {"Authorization": sign(SIGNATURE_SECRET, body, hooks.database.clock.now())}
    for path in ("status", "inbound"):
        answer = hooks.client.post(f"/hooks/vonage/{path}", content=body, headers=signed)
        assert answer.status_code == 204
    assert states(house.database) == {}
    assert hooks.client.post("/hooks/vonage/inbound", content=b"x" * 70_000).status_code == 413
