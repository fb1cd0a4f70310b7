"""Messages that are not certain: a desk names them, and what is decided there happens at the server, once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.desktop.sync.pending import PendingState
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.ids import CampaignId, DeliveryId
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.desk import Desk
from tests.fakes.loopback_server import LoopbackServer
from tests.server.sender import add_practice, add_willing, approve, consent_service, save

C1 = CampaignId("c1")
UNSURE = frozenset({DeliveryState.UNKNOWN})


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def server(
    tmp_path: Path, _migrated_file: Path, clock: FixedClock, mail: MailCatcher
) -> Iterator[LoopbackServer]:
    """Three patients were written to; the line broke after two of the letters, which did arrive."""
    made = LoopbackServer(tmp_path / "server", _migrated_file, clock)
    try:
        with made.database.write() as uow:
            add_practice(uow, smtp_port=mail.port)
            uow.changes.touched(Room.LOCATION, "loc-1", [EVERYWHERE])
            add_willing(uow, "ann", "bea", "cat")
            for each in ("ann", "bea", "cat"):
                uow.changes.touched(Room.PATIENT, each, ["loc-1"])
        made.add_user("owner", Role.OWNER)
        campaigns, worker = assemble(made.database, consent_service(), Carriers(made.key))
        with made.database.write() as uow:
            save(campaigns, uow)
            approve(campaigns, uow)
        mail.manners.die = lambda address: not address.startswith("cat")
        worker.work()
        worker.stop()
        mail.manners.die = lambda _address: False
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def desk(server: LoopbackServer, tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    made = Desk("owner", tmp_path / "desk", server.address, clock, sign_in=server.signed_in)
    made.sync()
    yield made
    made.close()


def unsure(desk: Desk) -> dict[str, DeliveryId]:
    return {str(each.patient_id): each.delivery_id for each in desk.campaigns.doubts(C1)}


def account(desk: Desk) -> dict[str, int]:
    found = desk.campaigns.get(C1)
    assert found is not None
    row = found.row
    parts = {"sent": row.sent, "failed": row.failed, "skipped": row.skipped, "unknown": row.unknown}
    waiting = row.planned + row.claimed
    assert row.recipients == sum(parts.values()) + waiting
    return {name: count for name, count in {**parts, "waiting": waiting}.items() if count}


def arrived(mail: MailCatcher) -> list[str]:
    return sorted(each.recipients[0].partition("@")[0] for each in mail.caught)


def test_each_is_decided_about_once_by_name(server: LoopbackServer, desk: Desk, mail: MailCatcher) -> None:
    assert account(desk) == {"sent": 1, "unknown": 2}
    lines = unsure(desk)
    assert set(lines) == {"ann", "bea"}
    server.stop()
    desk.outbox.decide_doubt(C1, [lines["ann"]], Choice.SENT)
    assert set(unsure(desk)) == {"bea"}, "decided here, though the server is away"
    decided = {each.patient_id: each.decided for each in desk.campaigns.results(C1, 9, states=UNSURE)}
    assert decided == {"ann": Choice.SENT, "bea": None}
    server.start()
    desk.sync()
    assert account(desk) == {"sent": 2, "unknown": 1}
    assert desk.outbox.events() == []
    desk.outbox.decide_doubt(C1, [lines["bea"]], Choice.AGAIN)
    desk.sync()
    mail.wait_for(4)
    # What the worker has in hand is written down before it stops.
    server.restart()
    desk.sync()
    assert account(desk) == {"sent": 3}
    assert unsure(desk) == {}
    assert arrived(mail) == ["ann", "bea", "bea", "cat"]


def test_who_comes_second_is_told_and_changes_nothing(desk: Desk, mail: MailCatcher) -> None:
    lines = unsure(desk)
    desk.outbox.decide_doubt(C1, list(lines.values()), Choice.SENT)
    desk.outbox.decide_doubt(C1, [lines["ann"]], Choice.AGAIN)
    desk.sync()
    (refused,) = desk.outbox.events()
    assert (refused.state, refused.code) == (PendingState.CONFLICT, "delivery.decided")
    assert account(desk) == {"sent": 3}
    desk.outbox.dismiss(refused.event_id)
    assert all(each.decided is None for each in desk.campaigns.results(C1, 9))
    assert len(mail.caught) == 3


def test_a_mail_server_that_is_asked_leaves_them_open(desk: Desk) -> None:
    lines = unsure(desk)
    desk.outbox.decide_doubt(C1, list(lines.values()), Choice.ASK)
    desk.sync()
    (refused,) = desk.outbox.events()
    assert refused.code == "delivery.nobody_to_ask"
    assert unsure(desk) == lines
