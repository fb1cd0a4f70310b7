"""What a desk says beforehand about who would get a campaign is what the server then does."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.desktop.local import audience
from primoro_campaigns.desktop.local.practice import Practice
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.delivery.plan import Planned
from primoro_campaigns.server.campaign.sending import sending
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.desk import Desk
from tests.fakes.loopback_server import LoopbackServer
from tests.server.practice import add_contact, add_patient, add_permission
from tests.server.sender import CONTENT, add_practice, approve, configure, consent_service, save
from tests.server.sender import lines as ledger

NAMES = ("fresh", "yesterday", "twice", "lately", "rested", "booked", "soft", "never")


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def server(
    tmp_path: Path, _migrated_file: Path, clock: FixedClock, mail: MailCatcher
) -> Iterator[LoopbackServer]:
    """Eight patients, each with another past."""
    made = LoopbackServer(tmp_path / "server", _migrated_file, clock)
    try:
        with made.database.write() as uow:
            add_practice(uow, smtp_port=mail.port)
            uow.changes.touched(Room.LOCATION, "loc-1", [EVERYWHERE])
            people(uow)
        made.add_user("manager", Role.MANAGER)
        yield made
    finally:
        made.close()


def people(uow: UnitOfWork) -> None:
    now, day = uow.now, timedelta(days=1)
    for name in NAMES:
        booked_on = (now - 3 * day).date() if name == "booked" else None
        add_patient(uow, name, last_booked_on=booked_on)
        if name == "soft":
            add_permission(uow, name, state=PermissionState.UNKNOWN, soft_opt_in=True)
        elif name != "never":
            add_permission(uow, name)
    for number, (name, days, category) in enumerate(
        (
            ("yesterday", 1, Purpose.PROMOTIONS),
            ("twice", 2, Purpose.NEWSLETTERS),
            ("twice", 3, Purpose.NEWSLETTERS),
            ("lately", 26, Purpose.PROMOTIONS),
            ("rested", 40, Purpose.PROMOTIONS),
        )
    ):
        add_contact(uow, name, now - days * day, id=f"contact-{number}", category=category.value)
        uow.changes.touched(Room.CONTACT, f"contact-{number}", ["loc-1"])
    for name in NAMES:
        uow.changes.touched(Room.PATIENT, name, ["loc-1"])
        uow.changes.touched(Room.PERMISSION, f"{name}:email:promotions", ["loc-1"])


SETTINGS: Mapping[str, Mapping[str, str]] = {
    "as delivered": {},
    "no soft opt-in": {"soft_opt_in_allowed": "false"},
    "a rest of three months": {"reset_months_promotions": "3"},
    "no rest": {"reset_months_promotions": "0"},
    "two in a week": {"reset_months_promotions": "0", "most_in_7_days": "2"},
    "no limits": {"reset_months_promotions": "0", "most_in_7_days": "0", "most_in_90_days": "0"},
    "no mail server": {"smtp_host": ""},
}
"""What the practice decided."""


@pytest.mark.parametrize("name", SETTINGS)
def test_the_review_at_the_desk_is_what_the_server_does(
    server: LoopbackServer, clock: FixedClock, tmp_path: Path, name: str
) -> None:
    content = replace(CONTENT, purpose=Purpose.PROMOTIONS)
    campaigns, worker = assemble(server.database, consent_service(), Carriers(server.key))
    with server.database.write() as uow:
        configure(uow, **SETTINGS[name])
    worker.work()
    server.start()
    desk = Desk("manager", tmp_path / "desk", server.address, clock, sign_in=server.signed_in)
    try:
        desk.sync()
        with server.database.read() as connection:
            assert Practice(desk.database).policy() == sending(connection).policy
        said = at_the_desk(desk, content)
    finally:
        desk.close()
        server.stop()
    with server.database.write() as uow:
        save(campaigns, uow, content)
        approve(campaigns, uow, content)
    worker.work()
    worker.stop()
    assert said == at_the_server(server)
    assert set(said) == set(NAMES)


def test_a_setting_that_changes_reaches_the_desk(
    server: LoopbackServer, clock: FixedClock, tmp_path: Path
) -> None:
    _, worker = assemble(server.database, consent_service(), Carriers(server.key))
    worker.work()
    server.start()
    desk = Desk("manager", tmp_path / "desk", server.address, clock, sign_in=server.signed_in)
    try:
        desk.sync()
        assert at_the_desk(desk, CONTENT)["lately"] == Refusal.RESTING.value
        server.stop()
        with server.database.write() as uow:
            configure(uow, reset_months_promotions="0", hold_days="0")
        worker.work()
        server.start()
        desk.sync()
        assert at_the_desk(desk, CONTENT)["lately"] == Channel.EMAIL.value
        assert Practice(desk.database).policy().hold_days == 0
        seen = [room for changes in desk.heard for room in changes.rooms]
        assert Room.POLICY.value in seen, "whoever looks at a review hears of it"
    finally:
        desk.close()
        worker.stop()


def at_the_desk(desk: Desk, content: Content) -> dict[str, str]:
    """Of everybody: the channel, or the reason why not now."""
    now = desk.clock.now()
    answers = audience.review(desk.database, content, now.date(), now, ZoneInfo("Europe/London"), None)
    return {
        str(each.cleared.patient_id if isinstance(each, Planned) else each.patient_id): (
            each.cleared.channel.value if isinstance(each, Planned) else each.reason.value
        )
        for each in answers
    }


def at_the_server(server: LoopbackServer) -> dict[str, str]:
    """The same of the ledger. Who waits has no reason yet but the words for one."""
    waits = {
        "Waits: was written to or booked recently": Refusal.RESTING.value,
        "Waits: has had as many messages as we allow for now": Refusal.FREQUENCY_CAP.value,
    }
    return {
        name: waits[line.detail] if line.state == "planned" else line.reason or line.channel
        for name, line in ledger(server.database).items()
    }
