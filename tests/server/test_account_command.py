"""``primoro-campaigns server account``: where every recipient went, and whether all of it adds up."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.server import cli
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.tables import delivery
from tests.server.practice import add_patient, add_restriction
from tests.server.sender import CONTENT, KEY, add_practice, add_willing, approve, consent_service, save


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


@dataclass
class Office:
    """A practice that sends, and its administrator at the command line."""

    database: Database
    place: tuple[str, ...]

    def command(self, *words: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                status = cli.main([*words, *self.place])
            except SystemExit as end:
                status = int(str(end.code))
        return Said(status, out.getvalue(), err.getvalue())

    def send(self, content: Content = CONTENT, campaign_id: str = "c1", *, to_the_end: bool = True) -> None:
        campaigns, worker = assemble(self.database, consent_service(), Carriers(KEY))
        with self.database.write() as uow:
            save(campaigns, uow, content, campaign_id)
            if to_the_end:
                approve(campaigns, uow, content, campaign_id)
        worker.work()
        worker.stop()


@pytest.fixture
def office(database: Database, migrated_database: str, tmp_path: Path) -> Iterator[Office]:
    with MailCatcher() as mail:
        with database.write() as uow:
            add_practice(uow, smtp_port=mail.port)
            add_willing(uow, "ann", "bea", "cat")
            add_patient(uow, "dan")
            add_restriction(uow, "cat")
        yield Office(database, ("--data", str(tmp_path / "data"), "--database", migrated_database))


def test_the_account_for_programs(office: Office) -> None:
    office.send()
    said = office.command("account", "--campaign", "Spring offer", "--json")
    assert (said.status, said.err) == (0, "")
    account = json.loads(said.out)
    assert {key: account[key] for key in ("recipients", "sent", "failed", "skipped", "unknown")} == {
        "recipients": 4,
        "sent": 2,
        "failed": 0,
        "skipped": 2,
        "unknown": 0,
    }
    assert account["skipped_by_reason"] == {"restricted": 1, "unknown": 1}
    assert (account["campaign"], account["state"], account["balances"]) == ("Spring offer", "completed", True)


def test_the_account_in_words_whatever_the_capitals(office: Office) -> None:
    office.send()
    said = office.command("account", "--campaign", " spring  OFFER ")
    assert said == Said(
        0,
        "“Spring offer”: 4 recipients. 2 sent, 0 failed, 2 skipped, 0 not certain.\n"
        "  1 skipped: Asked for no messages of this kind\n"
        "  1 skipped: Has not said yes to this channel\n"
        "It adds up.\n",
        "",
    )


def test_a_campaign_that_is_not_there_or_was_not_sent(office: Office) -> None:
    office.send(to_the_end=False)
    missing = office.command("account", "--campaign", "Autumn")
    assert (missing.status, missing.out) == (1, "")
    assert "There is no campaign “Autumn”." in missing.err
    early = office.command("account", "--campaign", "Spring offer")
    assert (early.status, "has been sent yet" in early.err) == (1, True)
    nothing = office.command("account")
    assert (nothing.status, "--campaign NAME" in nothing.err) == (2, True)


def test_every_run_adds_up(office: Office) -> None:
    assert office.command("account", "verify") == Said(0, "0 runs, 0 add up.\n", "")
    office.send()
    office.send(replace(CONTENT, name="Summer offer"), "c2")
    assert office.command("account", "verify") == Said(0, "2 runs, 2 add up.\n", "")


def _lose_a_line(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(delete(delivery).where(delivery.c.patient_id == "dan"))


def _forget_a_reason(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(update(delivery).where(delivery.c.patient_id == "dan").values(reason=""))


def _leave_one_waiting(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(update(delivery).where(delivery.c.patient_id == "ann").values(state="planned"))


def _show_another_number(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(update(campaign).where(campaign.c.id == "c1").values(sent=7))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_lose_a_line, "4 recipients were frozen and the ledger has 3 lines."),
        (_forget_a_reason, "2 lines are skipped and 1 of them say why."),
        (_leave_one_waiting, "It is completed and 1 lines are still waiting."),
        (_show_another_number, "“sent” is shown as 7 and the ledger has 2."),
    ],
)
def test_what_does_not_add_up_is_told_by_run(
    office: Office, damage: Callable[[Database], None], words: str
) -> None:
    office.send()
    damage(office.database)
    office.send(replace(CONTENT, name="Summer offer"), "c2")
    said = office.command("account", "verify")
    assert said.status == 1
    first, *faults, last = said.out.splitlines()
    assert first.startswith("“Spring offer”, sent 03/03/2026 10:30 UTC (run ")
    assert f"  {words}" in faults
    assert last == "2 runs, 1 add up."
    shown = office.command("account", "--campaign", "Spring offer", "--json")
    assert (shown.status, json.loads(shown.out)["balances"]) == (1, False)
    assert words in json.loads(shown.out)["faults"]


def test_an_earlier_run_is_held_to_its_own_number(office: Office) -> None:
    office.send()
    with office.database.write() as uow:
        # The campaign's row speaks of its latest run alone.
        uow.connection.execute(update(campaign_run).values(recipients=9))
        row = dict(uow.connection.execute(campaign_run.select()).mappings().one())
        row |= {"id": "f" * 36, "state": "scheduled", "frozen_at": None, "recipients": None}
        uow.connection.execute(campaign_run.insert().values(row))
    said = office.command("account", "verify")
    assert (said.status, "9 recipients were frozen and the ledger has 4 lines." in said.out) == (1, True)
    assert "is shown as" not in said.out
