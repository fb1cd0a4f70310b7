"""``POST /hooks/calls``: only what the telephone provider signed, from now, and not too much of it."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from primoro_campaigns.server.http.signature import sign
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.hook import SIGNATURE, TIMESTAMP
from tests.server.call.conftest import NUMBER, Calls
from tests.server.outside import Telephone
from tests.server.sender import configure

REPORT = {
    "provider_call_id": "call-1",
    "received_at": "2026-03-03T10:28:00+00:00",
    "from_number": "07700 900123",
    "to_number": "+442079460000",
    "answered": True,
    "duration_s": 95,
}


def test_a_signed_report_is_taken(calls: Calls, telephone: Telephone) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    answer = telephone.tell(REPORT)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    shown = calls.shown("call-1")
    assert (shown.state, shown.answered, shown.duration_s) == ("auto_matched", True, 95)


def test_the_signature_is_what_the_provider_computes() -> None:
    """HMAC-SHA256, as ``openssl dgst -sha256 -hmac key`` gives it for ``1772533800.{}``."""
    expected = "96a79870311c8026df7c25df3dd1a4754256fdcfb6509cf0501bc5a14f7cb615"
    assert sign("key", "1772533800", b"{}") == expected


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: ""},
        {SIGNATURE: "0" * 64},
        {SIGNATURE: "é"},
        {TIMESTAMP: ""},
        {TIMESTAMP: "soon"},
        {TIMESTAMP: "²"},
        {TIMESTAMP: "9" * 40},
        {TIMESTAMP: "1772533801"},
    ],
)
def test_what_is_not_signed_is_refused(calls: Calls, telephone: Telephone, headers: dict[str, str]) -> None:
    answer = telephone.tell(REPORT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "hook.signature")
    assert calls.states() == {}


def test_another_secret_is_refused(calls: Calls, telephone: Telephone) -> None:
    assert telephone.tell(REPORT, secret="guessed").status_code == 403
    with calls.database.write() as uow:
        configure(uow, call_webhook_secret="")
    assert telephone.tell(REPORT, secret="").status_code == 403
    assert calls.states() == {}


def test_without_headers_or_organisation(client: TestClient) -> None:
    assert client.post("/hooks/calls", json=REPORT).status_code == 403


@pytest.mark.parametrize(("minutes", "status"), [(-6, 403), (-4, 200), (4, 200), (6, 403)])
def test_a_request_from_another_time_is_refused(
    calls: Calls, telephone: Telephone, minutes: int, status: int
) -> None:
    at = calls.database.clock.now() + timedelta(minutes=minutes)
    assert telephone.tell(REPORT, at=at).status_code == status
    assert len(calls.states()) == (1 if status == 200 else 0)


def test_a_request_that_somebody_recorded_changes_nothing(
    calls: Calls, telephone: Telephone, clock: FixedClock
) -> None:
    at = clock.now()
    assert telephone.tell(REPORT, at=at).status_code == 200
    before = calls.seq("call-1")
    assert telephone.tell(REPORT, at=at).status_code == 200
    assert calls.seq("call-1") == before
    clock.instant += timedelta(minutes=6)
    assert telephone.tell(REPORT, at=at).status_code == 403


def test_a_body_that_is_too_large_is_refused_before_it_is_read(calls: Calls, telephone: Telephone) -> None:
    answer = telephone.tell({**REPORT, "more": "x" * 20_000})
    assert (answer.status_code, answer.json()["code"]) == (413, "http.too_large")
    assert calls.states() == {}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"received_at": "2026-03-03T10:28:00"}, "received_at"),
        ({"received_at": "yesterday"}, "received_at"),
        ({"provider_call_id": ""}, "provider_call_id"),
        ({"provider_call_id": "a\x00b"}, "provider_call_id"),
        ({"from_number": "a\x00b"}, "from_number"),
        ({"from_number": "9" * 101}, "from_number"),
        ({"duration_s": -1}, "duration_s"),
        ({"duration_s": 10**12}, "duration_s"),
        ({"presentation": "secret"}, "presentation"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_by_field(
    calls: Calls, telephone: Telephone, wrong: dict[str, object], field: str
) -> None:
    answer = telephone.tell({**REPORT, **wrong})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["problems"]] == [field]
    assert "07700" not in answer.text
    assert calls.states() == {}


@pytest.mark.parametrize("body", ["no json", [1], None])
def test_a_body_that_is_no_report(telephone: Telephone, body: object) -> None:
    assert telephone.tell(body).status_code == 422
