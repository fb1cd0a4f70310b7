"""A patient who got a promotion by e-mail, and the link in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from primoro_campaigns.demo.catchers.mail import CaughtMail, MailCatcher
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.server.consent.tables import consent_entry, permission, restriction
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from tests.server.outside import open_server
from tests.server.sender import (
    CONTENT,
    KEY,
    PUBLIC,
    add_practice,
    add_willing,
    approve,
    consent_service,
    save,
)


@dataclass
class Reader:
    """Ann, with her mail program. ``path`` is where the link in her e-mail leads on the server."""

    database: Database
    client: TestClient
    mail: MailCatcher
    path: str = field(default="")

    def sent(self, content: Content = CONTENT, campaign_id: str = "c1") -> list[CaughtMail]:
        """Send a campaign to whoever may have it, for real. Returns what left the house."""
        before = len(self.mail.caught)
        campaigns, worker = assemble(self.database, consent_service(), Carriers(KEY))
        with self.database.write() as uow:
            save(campaigns, uow, content, campaign_id)
            approve(campaigns, uow, content, campaign_id)
        worker.work()
        worker.stop()
        return list(self.mail.caught[before:])

    def gets(self, content: Content = CONTENT, campaign_id: str = "c1") -> str:
        """Returns the path of the link in the campaign's e-mail, which is ``path`` from now on."""
        (caught,) = self.sent(content, campaign_id)
        found = re.search(rb"^List-Unsubscribe: <([^>]*)>", caught.content, re.MULTILINE)
        assert found is not None
        link = found.group(1).decode()
        assert link.startswith(f"{PUBLIC}/u/")
        self.path = urlsplit(link).path
        return self.path

    def press(self, what: str, path: str = "") -> Response:
        """One of the buttons of the page."""
        return self.client.post(path or self.path, data={"what": what})

    def restricted(self) -> dict[str, str]:
        """Purposes and where the restriction came from."""
        with self.database.read() as connection:
            rows = connection.execute(select(restriction).where(restriction.c.patient_id == "ann"))
            return {row.purpose: row.source for row in rows}

    def permissions(self) -> dict[tuple[str, str], tuple[str, str]]:
        """(channel, purpose): (state, source)."""
        with self.database.read() as connection:
            rows = connection.execute(select(permission).where(permission.c.patient_id == "ann"))
            return {(row.channel, row.purpose): (row.state, row.source) for row in rows}

    def entries(self) -> int:
        with self.database.read() as connection:
            return len(connection.execute(select(consent_entry.c.id)).all())

    def seq(self) -> int:
        with self.database.read() as connection:
            return latest(connection)


@pytest.fixture
def reader(database: Database, tmp_path: Path) -> Iterator[Reader]:
    with MailCatcher() as mail:
        with database.write() as uow:
            add_practice(uow, smtp_port=mail.port)
            add_willing(uow, "ann")
        with open_server(database, tmp_path) as client:
            ann = Reader(database, client, mail)
            ann.gets()
            yield ann
