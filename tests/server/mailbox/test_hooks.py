"""``POST /hooks/mail``: what the mail provider signed, once, whatever the order; domain.md EM7."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from primoro_campaigns.server.consent.tables import consent_entry
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.mailbox.service import take
from primoro_campaigns.wire.hook import SIGNATURE, TIMESTAMP
from tests.server.mailbox.conftest import Box
from tests.server.mailbox.mails import OURS, report
from tests.server.outside import SECRET, Provider, open_server
from tests.server.sender import configure, consent_service, lines


@pytest.fixture
def provider(box: Box, tmp_path: Path) -> Iterator[Provider]:
    with box.database.write() as uow:
        configure(uow, mail_webhook_secret=SECRET)
    with open_server(box.database, tmp_path) as client:
        yield Provider(client, box.database, "/hooks/mail")


def bounced(box: Box, who: str, event_id: str = "e1", **more: str) -> dict[str, str]:
    return {
        "event_id": event_id,
        "event": "bounced",
        "message_id": box.message_id(who),
        "recipient": f"{who}@example.com",
        "status": "5.1.1",
        **more,
    }


def state(box: Box) -> tuple[int, int]:
    """What changes with anything that is done."""
    with box.database.read() as connection:
        return latest(connection), len(connection.execute(select(consent_entry.c.id)).all())


def test_em7_a_bounce_that_the_provider_tells_takes_the_address_out(box: Box, provider: Provider) -> None:
    answer = provider.tell(bounced(box, "cat", message_id=f"<{box.message_id('cat')}>"))
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "ours": True})
    assert box.suppressed() == {"cat", "dan"}
    assert lines(box.database)["cat"].provider_status == "undelivered"
    assert box.said("cat")[0][1].startswith("Recorded because mail came back.")


def test_em7_a_complaint_that_the_provider_tells_ends_marketing(box: Box, provider: Provider) -> None:
    told = {"event_id": "e1", "event": "complained", "message_id": box.message_id("cat")}
    assert provider.tell(told).json()["ours"] is True
    assert {each[0] for each in box.opted_out()} == {"cat", "dan"}
    assert box.suppressed() == set()


def test_told_again_it_changes_nothing(box: Box, provider: Provider) -> None:
    told = bounced(box, "ann", status="4.4.1")
    for _ in range(3):
        assert provider.tell(told).json() == {"ok": True, "ours": True}
    assert [title for title, _ in box.said("ann")] == ["An e-mail came back"]
    before = state(box)
    again = bounced(box, "ann", "e2", status="4.4.1")
    provider.tell(again)
    assert state(box) == before, "each mail counts once, by whatever event"
    complained = {"event_id": "e3", "event": "complained", "message_id": box.message_id("bob")}
    provider.tell(complained)
    before = state(box)
    provider.tell(complained)
    assert state(box) == before


def test_a_mail_and_the_providers_word_about_it_count_once(box: Box, provider: Provider) -> None:
    full = {"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 mailbox full"}
    with box.database.write() as uow:
        take(uow, consent_service(), report(box.message_id("ann"), recipient="ann@example.com", **full))
    provider.tell(bounced(box, "ann", **full))
    assert [title for title, _ in box.said("ann")] == ["An e-mail came back"]


@pytest.mark.parametrize("order", [("soft", "hard"), ("hard", "soft")])
def test_whatever_the_order_the_hardest_word_stands(
    box: Box, provider: Provider, order: tuple[str, str]
) -> None:
    status = {"soft": "4.4.1", "hard": "5.1.1"}
    for number, each in enumerate(order):
        assert provider.tell(bounced(box, "ann", f"e{number}", status=status[each])).json()["ours"] is True
    assert box.suppressed() == {"ann"}


@pytest.mark.parametrize("who", ["", "someone@else.example"])
def test_an_address_that_we_did_not_write_to_is_not_taken_out(box: Box, provider: Provider, who: str) -> None:
    provider.tell(bounced(box, "ann", recipient=who))
    assert box.suppressed() == set()
    assert [title for title, _ in box.said("ann")] == ["An e-mail came back"]


@pytest.mark.parametrize("message_id", [OURS, "", "<>", "x", f"{'a' * 400}", "no-id-of-ours@x.example"])
def test_what_is_not_about_our_mail_changes_nothing(box: Box, provider: Provider, message_id: str) -> None:
    before = state(box)
    for event in ("bounced", "complained"):
        answer = provider.tell(bounced(box, "ann", event=event, message_id=message_id))
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "ours": False})
    assert state(box) == before
    assert provider.tell(bounced(box, "ann")).json()["ours"] is True, "its id was not used up"


@pytest.mark.parametrize(
    "headers",
    [{SIGNATURE: ""}, {SIGNATURE: "0" * 64}, {SIGNATURE: "é"}, {TIMESTAMP: ""}, {TIMESTAMP: "9" * 40}],
)
def test_what_is_not_signed_is_refused(box: Box, provider: Provider, headers: dict[str, str]) -> None:
    before = state(box)
    answer = provider.tell(bounced(box, "ann"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "hook.signature")
    assert state(box) == before


def test_another_secret_and_another_time_are_refused(box: Box, provider: Provider) -> None:
    before = state(box)
    now = box.clock.instant
    assert provider.tell(bounced(box, "ann"), secret="guessed").status_code == 403
    assert provider.tell(bounced(box, "ann"), at=now - timedelta(minutes=6)).status_code == 403
    with box.database.write() as uow:
        configure(uow, mail_webhook_secret="")
    assert provider.tell(bounced(box, "ann"), secret="").status_code == 403
    assert state(box) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "opened"},
        {"event_id": ""},
        {"event_id": "x" * 201},
        {"status": "5.1.1\r\nX: y"},
        {"diagnostic": "\x00"},
        {"message_id": 7},
        {"recipient": ["a"]},
    ],
)
def test_what_makes_no_sense_is_refused(box: Box, provider: Provider, wrong: dict[str, object]) -> None:
    before = state(box)
    assert provider.tell({**bounced(box, "ann"), **wrong}).status_code == 422
    assert provider.tell([]).status_code == 422
    assert provider.tell({"event_id": "e", "more": "x" * 20_000}).status_code == 413
    assert state(box) == before
