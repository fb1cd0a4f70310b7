"""Very many STOPs at once: each holds, each is answered once, and nobody else has to wait.

``PRIMORO_FLOOD_STOPS`` says how many (100); with 10,000 it takes its time.
"""

import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import ColumnElement, Table, func, select

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.consent.tables import consent_entry, permission, suppression
from primoro_campaigns.server.consent.verify import verify
from primoro_campaigns.server.delivery.providers.registry import ACCOUNTS
from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER, sign
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.loopback_server import LoopbackServer
from tests.server.practice import add_patient, add_permission

STOPS = int(os.environ.get("PRIMORO_FLOOD_STOPS", "100"))
AT_ONCE = 8
IMPATIENT = 5
"""Fewer than the database has connections: each of them waits with one."""
TOKEN, PATH, PUBLIC = "shared", "/hooks/sms/inbound", "https://practice.example"


def number(at: int) -> str:
    return f"+447400{at:06}"


@pytest.fixture
def server(migrated_database: str, tmp_path: Path, clock: FixedClock) -> Iterator[LoopbackServer]:
    """Its practice has a patient for every second number, who wants texts."""
    made = LoopbackServer(tmp_path / "server", tmp_path, clock, migrated_database)
    with closing(made):
        prepare(made)
        made.start()
        yield made


def prepare(made: LoopbackServer) -> None:
    made.add_practice()
    with made.database.write() as uow:
        settings = {
            "public_address": PUBLIC,
            "sender_name": "Bridge Street Dental",
            "sms_gateway": "twilio",
            "twilio.base_address": "http://127.0.0.1:1",
            "twilio.account_sid": "AC-demo",
            "twilio.auth_token": TOKEN,
            "sms_from": "+447700900999",
        }
        organisation.configure(uow.connection, made.key, settings, ACCOUNTS)
        for at in range(0, STOPS, 2):
            add_patient(uow, f"p{at}", mobile_e164=number(at), mobile_state="ok")
            add_permission(uow, f"p{at}", Channel.SMS, Purpose.PROMOTIONS, PermissionState.OPTED_IN)


def test_a_flood_of_stops_is_heard_to_the_last(server: LoopbackServer) -> None:
    def say_stop(at: int) -> tuple[bool, bool]:
        """The gateway delivers each twice. Returns which of the two were answered with words."""
        fields = {"MessageSid": f"SM{at:032x}", "From": number(at), "To": "+447700900999", "Body": "Stop"}
        heads = {HEADER: sign(TOKEN, f"{PUBLIC}{PATH}", fields.items())}
        with requests.Session() as line:
            answers = [
                line.post(f"{server.address}{PATH}", data=fields, headers=heads, timeout=60) for _ in range(2)
            ]
        assert [each.status_code for each in answers] == [200, 200]
        first, second = ("you will get no more texts" in each.text for each in answers)
        return first, second

    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        flood = [pool.submit(say_stop, at) for at in range(STOPS)]
        health = requests.get(f"{server.address}/api/v1/health", timeout=60)
        confirmed = Counter(each.result() for each in flood)
    took = time.monotonic() - begun
    assert health.status_code == 200
    assert confirmed == {(True, False): STOPS}, "each once"
    with server.database.read() as connection:

        def count(table: Table, *conditions: ColumnElement[bool]) -> int:
            statement = select(func.count()).select_from(table).where(*conditions)
            return int(connection.execute(statement).scalar_one())

        holders = STOPS // 2 + STOPS % 2
        assert count(suppression) == STOPS
        assert count(consent_entry, consent_entry.c.what == "suppressed") == STOPS
        assert count(patient, patient.c.mobile_suppressed) == holders
        assert count(permission, permission.c.state == "opted_out") == 2 * holders
        title = "The mobile number must not be used any more"
        assert count(contact, contact.c.title == title) == holders
        verdict = verify(connection, server.key.for_hashes)
    assert verdict.holds, verdict.problem
    # For whoever measures; the machine decides how long it takes.
    print(f"{STOPS} STOPs, each delivered twice: {took:.1f} s")  # noqa: T201


def test_a_gateway_that_does_not_wait_for_the_answer_is_heard_all_the_same(server: LoopbackServer) -> None:
    changed = threading.Condition()

    def wake(_seq: int) -> None:
        with changed:
            changed.notify_all()

    def heard() -> bool:
        with server.database.read() as connection:
            rows = connection.execute(select(func.count()).select_from(suppression))
            return int(rows.scalar_one()) == IMPATIENT

    def say_stop(at: int) -> socket.socket:
        fields = {"MessageSid": f"SM{at:032x}", "From": number(at), "To": "+447700900999", "Body": "Stop"}
        body = urlencode(fields)
        said = (
            f"POST {PATH} HTTP/1.1\r\nHost: practice.example\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"{HEADER}: {sign(TOKEN, f'{PUBLIC}{PATH}', fields.items())}\r\n\r\n{body}"
        )
        line = socket.create_connection(("127.0.0.1", server.port))
        line.sendall(said.encode())
        return line

    server.database.on_change(wake)
    # On SQLite nobody else can write now, so that none of them is answered.
    with server.database.write():
        lines = [say_stop(at) for at in range(IMPATIENT)]
        # Whoever came before has been read when this is answered.
        assert requests.get(f"{server.address}/api/v1/health", timeout=60).status_code == 200
        for line in lines:
            line.close()
    with changed:
        assert changed.wait_for(heard, 30)
