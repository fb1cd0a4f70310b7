"""A practice whose campaign has gone out by e-mail, and what comes back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.mailbox import service
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.server.reply.tables import reply
from primoro_campaigns.support.clock import FixedClock
from tests.server.practice import add_patient, contacts_of
from tests.server.sender import CONTENT, KEY, add_practice, add_willing, approve, consent_service, save


@dataclass
class Box:
    """Ann, Bob and Cat each got the spring offer by e-mail; Dan, who got none, shares Cat's address."""

    database: Database
    clock: FixedClock
    post: MailCatcher

    def take(self, *mails: bytes) -> list[bool]:
        taken = []
        for raw in mails:
            with self.database.write() as uow:
                taken.append(service.take(uow, consent_service(), raw))
        return taken

    def message_id(self, who: str) -> str:
        """The Message-ID of the latest mail that left for this patient."""
        mails = [each for each in self.post.caught if each.recipients == (f"{who}@example.com",)]
        return str(message_from_bytes(mails[-1].content)["Message-ID"]).strip("<>")

    def send(self, campaign_id: str) -> None:
        """A campaign to everyone who may be written to."""
        campaigns, worker = assemble(self.database, consent_service(), Carriers(KEY))
        content = replace(CONTENT, name=campaign_id)
        with self.database.write() as uow:
            save(campaigns, uow, content, campaign_id)
            approve(campaigns, uow, content, campaign_id)
        worker.work()
        worker.stop()

    def suppressed(self) -> set[str]:
        with self.database.read() as connection:
            rows = connection.execute(select(patient.c.id).where(patient.c.email_suppressed))
            return set(rows.scalars())

    def opted_out(self) -> set[tuple[str, str, str, str]]:
        with self.database.read() as connection:
            rows = connection.execute(select(permission).where(permission.c.state == "opted_out")).all()
        return {(row.patient_id, row.channel, row.purpose, row.source) for row in rows}

    def replies(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(reply).order_by(reply.c.id)).all())

    def said(self, who: str) -> list[tuple[str, str]]:
        return [
            (line.title, line.detail) for line in contacts_of(self.database, who) if line.direction != "out"
        ]


@pytest.fixture
def box(database: Database, clock: FixedClock) -> Iterator[Box]:
    with MailCatcher() as post:
        made = Box(database, clock, post)
        with database.write() as uow:
            add_practice(uow, smtp_port=post.port)
            add_willing(uow, "ann", "bob", "cat")
        made.send("c1")
        with database.write() as uow:
            add_patient(uow, "dan", email="CAT@example.com", is_head_of_household=True)
        assert len(post.caught) == 3
        yield made
