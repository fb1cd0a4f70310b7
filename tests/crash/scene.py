"""A practice on disk, the catchers its messages go to, and the account of both sides."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import func, insert, select

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.campaign.tables import campaign
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.providers.registry import ACCOUNTS
from primoro_campaigns.server.delivery.store import anybody_left
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.delivery.worker import Worker
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.opening import Place, opened
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.support.clock import Clock
from tests.server.practice import add_location, add_organisation
from tests.server.sender import CONTENT, PUBLIC, approve, save

BY_TEXT = replace(CONTENT, name="Spring texts", channel_policy=ChannelPolicy.SMS)
EVERYBODY = 100_000


@dataclass(frozen=True)
class Account:
    """A run's ledger as it stands: who is in which state, by patient id."""

    states: dict[str, str]

    def who(self, state: str) -> set[str]:
        return {patient_id for patient_id, each in self.states.items() if each == state}

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.states.values()))


@dataclass(frozen=True)
class Practice:
    place: Place
    database: Database
    key: ServerKey

    def worker(self, name: str = "") -> Worker:
        """A worker that sends for real; ``work`` and ``stop`` are the test's."""
        return assemble(self.database, ConsentService(self.key.for_hashes), Carriers(self.key), name=name)[1]


@contextmanager
def practice(
    place: Place,
    mail: MailCatcher,
    texts: TextCatcher,
    letters: int,
    by_text: int,
    clock: Clock | None = None,
) -> Iterator[Practice]:
    """An organisation whose patients each said yes to one channel: ``letters`` to e-mail, the rest to SMS."""
    with opened(place, clock) as (database, key):
        with database.write() as uow:
            add_organisation(uow)
            add_location(uow)
            values = {
                "public_address": PUBLIC,
                "sender_email": "hello@practice.example",
                "smtp_host": mail.host,
                "smtp_port": str(mail.port),
                "smtp_security": "none",
                "sms_gateway": "twilio",
                "twilio.base_address": texts.base_address,
                "twilio.account_sid": texts.account_sid,
                "twilio.auth_token": texts.auth_token,
                "sms_from": "+447700900999",
                # Nobody waits for the next batch.
                "selection_limit": str(EVERYBODY),
            }
            organisation.configure(uow.connection, key, values, ACCOUNTS)
            people = [(number, Channel.EMAIL) for number in range(letters)]
            people += [(number, Channel.SMS) for number in range(letters, letters + by_text)]
            uow.connection.execute(insert(patient), [_patient(number) for number, _ in people])
            uow.connection.execute(
                insert(permission),
                [
                    {
                        "id": f"p{number:05}:{channel}:{Purpose.PROMOTIONS}",
                        "patient_id": f"p{number:05}",
                        "channel": channel.value,
                        "purpose": Purpose.PROMOTIONS.value,
                        "state": PermissionState.OPTED_IN.value,
                        "changed_at": uow.now,
                        "source": ConsentSource.IMPORT.value,
                    }
                    for number, channel in people
                ],
            )
        yield Practice(place, database, key)


def _patient(number: int) -> dict[str, object]:
    return {
        "id": f"p{number:05}",
        "location_id": "loc-1",
        "given_name": "Ann",
        "family_name": f"Person {number}",
        "status": "active",
        "email": address_of(f"p{number:05}"),
        "email_state": "ok",
        "mobile_e164": number_of(f"p{number:05}"),
        "mobile_state": "ok",
    }


def address_of(patient_id: str) -> str:
    return f"{patient_id}@example.com"


def number_of(patient_id: str) -> str:
    return f"+4477009{patient_id[1:]}"


def approved(database: Database, *, by_text: bool) -> None:
    """The letters' campaign, and the texts' as well: to be sent at once, whatever the hour."""
    campaigns = CampaignService(lambda _uow, _run: None, anybody_left, lambda: None)
    with database.write() as uow:
        save(campaigns, uow, CONTENT, "letters")
        approve(campaigns, uow, CONTENT, "letters", outside_window=True)
        if by_text:
            save(campaigns, uow, BY_TEXT, "texts")
            approve(campaigns, uow, BY_TEXT, "texts", outside_window=True)


def account(database: Database, campaign_id: str) -> Account:
    """The ledger of a campaign.

    Fails when its account does not add up: ledger against campaign, and every settled line against the
    patient's Contacts tab.
    """
    with database.read() as connection:
        rows = connection.execute(
            select(delivery.c.patient_id, delivery.c.state).where(delivery.c.campaign_id == campaign_id)
        ).all()
        shown = connection.execute(select(campaign).where(campaign.c.id == campaign_id)).one()._mapping
        entries = connection.execute(
            select(contact.c.patient_id, contact.c.status).where(contact.c.campaign_id == campaign_id)
        ).all()
    states = {row.patient_id: row.state for row in rows}
    assert len(states) == len(rows), "a patient stands in the run twice"
    counted = Counter(states.values())
    assert {name: shown[name] for name in COUNTS if name != "recipients"} == {
        name: counted.get(name, 0) for name in COUNTS if name != "recipients"
    }
    assert shown["recipients"] == len(rows)
    expected = {(who, state) for who, state in states.items() if state in {"sent", "failed", "unknown"}}
    assert len(entries) == len(expected)
    assert {(row.patient_id, row.status) for row in entries} == expected
    return Account(states)


def done(database: Database, *campaign_ids: str) -> bool:
    statement = select(func.count()).where(
        campaign.c.id.in_(campaign_ids), campaign.c.state.in_(["completed", "failed", "cancelled"])
    )
    with database.read() as connection:
        return connection.execute(statement).scalar_one() == len(campaign_ids)


def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    """For what happens in another process. Raises ``TimeoutError``."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        pause.wait(0.02)


def letters_at(mail: MailCatcher) -> Counter[str]:
    """How many letters each address has."""
    return Counter(address for caught in mail.caught for address in caught.recipients)


def texts_at(texts: TextCatcher) -> Counter[str]:
    return Counter(caught.to for caught in texts.caught)


def place_in(folder: Path, url: str) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    return Place(folder, url)
