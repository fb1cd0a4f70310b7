"""The main job, played from end to end by two desktops and a server, with nobody at the keys.

The steps are those a practice goes through: data in, a no that holds, a campaign, its results, a patient who
unsubscribes, a telephone call. Each step checks what its user would see, and what really left the house.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from time import monotonic
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from primoro_campaigns.demo.cast import ANN, BEN, CARYS, UNKNOWN_CALLER
from primoro_campaigns.demo.played_desktop import PlayedDesktop
from primoro_campaigns.demo.practice_on_stage import (
    MANAGER,
    RECEPTION,
    add_people,
    sign_in,
    take_in,
    take_in_consents,
    write_files,
)
from primoro_campaigns.demo.report import Report
from primoro_campaigns.demo.stage import Stage

CAMPAIGN = "Autumn whitening offer"
SUBJECT = "{first_name|Hello}, a brighter smile this autumn"
EMAIL_BODY = (
    "Dear {first_name|patient},\n\n"
    "This autumn our hygiene team has an offer for patients of {practice_name}: "
    "20 per cent off whitening until the end of December.\n\n"
    "Call us on {practice_phone|our usual number} to book."
)
SMS_BODY = "{first_name|Hello}, 20 per cent off whitening at {practice_name} until the end of December."

_RESTRICTED = "Restricted: Product and service"
"""The banner of whoever said no; that somebody rests for a while stands there too."""

T = TypeVar("T")


def tell(stage: Stage, report: Report, patients: int) -> None:
    """Play steps 1 to 9 on ``stage``.

    Raises at the first thing that does not hold; ``report`` knows how far it came.
    """
    Story(stage, report, patients).tell()


def until(what: str, look: Callable[[], T | None], patience_s: float = 30.0) -> T:
    """Look again until there is something to see; for things that happen in other processes."""
    deadline = monotonic() + patience_s
    while True:
        seen = look()
        if seen is not None:
            return seen
        if monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {patience_s:.0f} s")


class Story:
    def __init__(self, stage: Stage, report: Report, patients: int) -> None:
        self.stage = stage
        self.report = report
        self.patients = patients
        self.passwords: dict[str, str] = {}

    def tell(self) -> None:
        self.data_comes_in()
        with self.stage.desktop(RECEPTION) as reception:
            self.receptionist_signs_in(reception)
            with self.stage.desktop(MANAGER) as office:
                self.patient_says_no(reception, office)
        self.draft_without_server()
        with self.stage.desktop(MANAGER) as office:
            self.manager_approves(office)
            self.server_sends(office)
            self.results_appear(office)
            self.patient_unsubscribes(office)
            self.phone_rings(office)

    # 1

    def data_comes_in(self) -> None:
        with self.report.step(
            1, "A practice's data comes into the central server from real-format files"
        ) as step:
            files, consents, patients = write_files(self.stage, self.patients)
            self.passwords = add_people(self.stage)
            self.stage.configure()
            taken = _outcomes(take_in(self.stage, files))
            step.equal("every patient of the files came in", taken["patient"].get("taken", 0), patients)
            again = _outcomes(take_in(self.stage, files))
            step.equal("the same files again change nothing", again["patient"], {"unchanged": patients})
            said = _outcomes(take_in_consents(self.stage, consents))
            step.equal("what they said came in, with its evidence", sum(said["patient"].values()), patients)
            self.stage.start_server()
            step.check("the server answers", self._health()["ok"] is True, f"{patients} patients")

    # 2

    def receptionist_signs_in(self, desk: PlayedDesktop) -> None:
        with self.report.step(
            2, "A receptionist signs in; the first sync fills the cache; patients are found"
        ) as step:
            sign_in(desk, RECEPTION, self.passwords[RECEPTION])
            desk.says("shell.status", "Up to date", patience_s=60)
            for typed in (ANN.family, ANN.born_on.strftime("%d/%m/%Y"), ANN.mobile, ANN.email):
                desk.write("patients.search", typed)
                desk.says("patients.count", r"^\d patients?$")
                desk.select_row("patients.table", ANN.family)
                step.check(
                    f"found by {'digits' if typed[0].isdigit() else 'letters'}",
                    True,
                    len(desk.rows("patients.table")),
                )
            desk.shot(self._picture("02-patients"))

    # 3

    def patient_says_no(self, desk: PlayedDesktop, office: PlayedDesktop) -> None:
        with self.report.step(
            3, "A patient asks for no more promotions; it holds at once, also offline"
        ) as step:
            sign_in(office, MANAGER, self.passwords[MANAGER])
            office.says("shell.status", "Up to date", patience_s=60)
            self._open_patient(office, ANN.family)
            office.open_tab("patient.tabs", "contacts")
            self._open_patient(desk, ANN.family)
            desk.open_tab("patient.tabs", "contacts")
            desk.click("patient.restrictions")
            desk.tick("restrictions.promotions")
            desk.shot(self._picture("03-restrictions"))
            began = monotonic()
            desk.click("restrictions.ok")
            step.check(
                "it is in force on this desk",
                True,
                desk.says("patient.banner", _RESTRICTED),
            )
            banner = office.says("patient.banner", _RESTRICTED, patience_s=10)
            step.check(
                "it shows on the other desk within two seconds",
                monotonic() - began < 2.0,
                f"{monotonic() - began:.2f} s",
            )
            office.shot(self._picture("03-other-desk"))
            step.check("the other desk says what is in force", bool(banner), banner)
            self.stage.stop_server()
            desk.says("shell.status", "(?i)offline", patience_s=60)
            self._open_patient(desk, BEN.family)
            desk.open_tab("patient.tabs", "contacts")
            desk.click("patient.restrictions")
            desk.tick("restrictions.newsletters")
            desk.click("restrictions.ok")
            step.check(
                "offline it holds at once", True, desk.says("patient.banner", "Restricted: Newsletters")
            )
            step.check("and waits to be sent", True, desk.says("shell.waiting", "1"))
            desk.shot(self._picture("03-offline"))

    # 4

    def draft_without_server(self) -> None:
        with self.report.step(
            4, "With the server stopped she drafts a campaign; it survives a restart and syncs"
        ) as step:
            with self.stage.desktop(RECEPTION) as desk:
                desk.says("shell.status", "(?i)offline", patience_s=60)
                desk.click("shell.campaigns")
                desk.click("campaigns.new")
                count = fill_composer(desk)
                step.check("the count is live", True, count)
                step.check(
                    "the SMS counter counts",
                    True,
                    desk.says("composer.sms_counter", r"\d+ (of 260 )?characters"),
                )
                desk.says("composer.saved", "(?i)saved")
                desk.shot(self._picture("04-composer"))
            with self.stage.desktop(RECEPTION) as desk:
                desk.click("shell.campaigns")
                desk.open_row("campaigns.table", CAMPAIGN)
                found = desk.says("composer.subject", re.escape(SUBJECT))
                step.equal("the draft survived the restart", found, SUBJECT)
                self.stage.start_server()
                desk.says("shell.status", "Up to date", patience_s=90)
                step.check(
                    "the draft went to the server by itself",
                    True,
                    desk.says("composer.saved", "also on the server", patience_s=60),
                )

    # 5

    def manager_approves(self, office: PlayedDesktop) -> None:
        with self.report.step(
            5, "A manager sees who would get it, who would not and why, and approves"
        ) as step:
            office.says("shell.status", "Up to date", patience_s=90)
            office.click("shell.campaigns")
            office.open_row("campaigns.table", CAMPAIGN)
            office.click("composer.review")
            would = office.says("review.would", r"[1-9]")
            would_not = office.says("review.would_not", r"[1-9]")
            reasons = office.rows("review.reasons")
            step.check("who would get it", True, would)
            step.check("who would not", True, would_not)
            step.check("and why", any("no messages of this kind" in row[0] for row in reasons), reasons)
            office.shot(self._picture("05-review"))
            office.click("review.when_now")
            office.click("review.approve")
            office.click("dialog.ok")
            office.says("results.state", "(?i)sending|completed|scheduled")

    # 6

    def server_sends(self, office: PlayedDesktop) -> None:
        with self.report.step(6, "The server sends to each patient once, and the account adds up") as step:
            office.says("results.state", "(?i)completed", patience_s=120)
            account = self._account()
            self.report.account = account
            numbers = {
                key: int(str(account[key])) for key in ("recipients", "sent", "failed", "skipped", "unknown")
            }
            step.equal(
                "recipients = sent + failed + skipped + unknown",
                numbers["recipients"],
                numbers["sent"] + numbers["failed"] + numbers["skipped"] + numbers["unknown"],
            )
            mails, texts = self._mails(), self.stage.texts.caught
            step.equal(
                "what left the house is what the account says", len(mails) + len(texts), numbers["sent"]
            )
            addresses = [str(mail["To"]) for mail in mails] + [text.to for text in texts]
            step.equal("nobody was written to twice", len(set(addresses)), len(addresses))
            step.check(
                "both channels were used",
                bool(mails) and bool(texts),
                f"{len(mails)} mails, {len(texts)} texts",
            )
            step.check(
                "who said no got nothing",
                ANN.email not in addresses and ANN.mobile_e164 not in addresses,
                "nothing",
            )
            step.check(
                "the unsubscribe headers are there",
                all(mail["List-Unsubscribe-Post"] for mail in mails),
                len(mails),
            )
            step.check(
                "no field was left unfilled", not any("{" in self._text(mail) for mail in mails), "none"
            )

    # 7

    def results_appear(self, office: PlayedDesktop) -> None:
        with self.report.step(
            7, "Results appear per patient; each send is in the patient's Contacts tab"
        ) as step:
            sent = self.report.account["sent"]
            step.check(
                "the account is on the desktop", True, office.says("results.account", rf"\b{sent} sent")
            )
            office.shot(self._picture("07-results"))
            self._open_patient(office, BEN.family)
            office.open_tab("patient.tabs", "contacts")
            office.select_row("patient.contacts.table", CAMPAIGN)
            office.shot(self._picture("07-contacts"))
            step.check("the send is a Contact entry", True, office.rows("patient.contacts.table")[0])

    # 8

    def patient_unsubscribes(self, office: PlayedDesktop) -> None:
        with self.report.step(
            8, "A patient unsubscribes on the page from the mail; the desktop shows it ticked"
        ) as step:
            mail = next(each for each in self._mails() if str(each["To"]).find(BEN.email) >= 0)
            link = self._unsubscribe_link(mail)
            shown = requests.get(link, timeout=10)
            step.equal("the page opens", shown.status_code, 200)
            step.check("opening it changes nothing", not self._is_restricted(office), "not ticked")
            action = re.search(r'<form[^>]*action="([^"]*)"', shown.text)
            target = (
                link
                if action is None or not action.group(1)
                else self.stage.address + urlsplit(action.group(1)).path
            )
            done = requests.post(target, data={"what": "everything"}, timeout=10)
            step.equal("the patient confirms", done.status_code, 200)
            banner = office.says("patient.banner", _RESTRICTED, patience_s=15)
            step.check("the desktop says so", True, banner)
            step.check("the tick is set", self._is_restricted(office), "ticked")
            office.select_row("patient.contacts.table", "unsubscribe", patience_s=10)
            office.shot(self._picture("08-unsubscribed"))

    # 9

    def phone_rings(self, office: PlayedDesktop) -> None:
        with self.report.step(
            9, "A phone call comes in, is matched by its number or waits, and is matched by hand"
        ) as step:
            now = datetime.now(UTC)
            known = {
                "provider_call_id": "call-1",
                "from_number": CARYS.mobile,
                "answered": True,
                "duration_s": 95,
            }
            unknown = {"provider_call_id": "call-2", "from_number": UNKNOWN_CALLER, "answered": False}
            for report, ago in ((known, 2), (unknown, 1)):
                report = {
                    "received_at": (now - timedelta(minutes=ago)).isoformat(),
                    "to_number": "+442079460000",
                    **report,
                }
                step.equal("the server took the call", self.stage.report_call(report), 200)
            office.click("shell.calls")
            office.select_row("calls.table", UNKNOWN_CALLER[-6:])
            office.shot(self._picture("09-calls"))
            office.write("calls.search_patient", BEN.family)
            office.select_row("calls.candidates", BEN.family)
            office.click("calls.match_add_number")
            step.check("it is matched by hand", True, office.says("calls.state", "^Matched"))
            office.shot(self._picture("09-matched"))
            self._open_patient(office, CARYS.family)
            office.open_tab("patient.tabs", "contacts")
            office.select_row("patient.contacts.table", "Phone call")
            step.check(
                "the known caller was matched by number", True, office.rows("patient.contacts.table")[0]
            )

    # What several steps do

    def _open_patient(self, desk: PlayedDesktop, family: str) -> None:
        desk.click("shell.patients")
        desk.write("patients.search", family)
        desk.says("patients.count", r"^\d patients?$")
        desk.open_row("patients.table", family)
        desk.says("patient.title", family)

    def _is_restricted(self, desk: PlayedDesktop) -> bool:
        desk.click("patient.restrictions")
        ticked = desk.is_ticked("restrictions.promotions")
        desk.click("restrictions.cancel")
        return ticked

    def _health(self) -> dict[str, object]:
        answer = requests.get(f"{self.stage.address}/api/v1/health", timeout=10)
        health: dict[str, object] = answer.json()
        return health

    def _account(self) -> dict[str, object]:
        """The run's account as the server counts it, ledger row by ledger row."""
        text = self.stage.command("server", "account", *self.stage.place(), "--campaign", CAMPAIGN, "--json")
        found: dict[str, object] = json.loads(text)
        return found

    def _mails(self) -> list[EmailMessage]:
        parser: BytesParser[EmailMessage] = BytesParser(policy=policy.default)
        return [
            parser.parsebytes(path.read_bytes()) for path in sorted((self.stage.out / "mail").glob("*.eml"))
        ]

    def _text(self, mail: EmailMessage) -> str:
        part = mail.get_body(("plain",))
        return str(mail["Subject"]) + ("" if part is None else str(part.get_content()))

    def _unsubscribe_link(self, mail: EmailMessage) -> str:
        found = re.search(r"<(https?://[^>]+)>", str(mail["List-Unsubscribe"]))
        assert found is not None
        return found.group(1)

    def _picture(self, name: str) -> Path:
        return self.stage.out / "screens" / f"{name}.png"


def fill_composer(desk: PlayedDesktop) -> str:
    """Write the story's campaign into an open composer. Returns the words of the live count."""
    desk.write("composer.name", CAMPAIGN)
    desk.choose("composer.reason", "Product and service information or promotions")
    desk.choose("composer.channel", "E-mail or SMS, whichever the patient prefers")
    desk.click("composer.audience.add")
    desk.choose("composer.rule.0.0.subject", "Kind of person")
    desk.choose("composer.rule.0.0.operator", "is a patient")
    desk.write("composer.subject", SUBJECT)
    desk.write("composer.email_body", EMAIL_BODY)
    desk.write("composer.sms_body", SMS_BODY)
    return desk.says("composer.audience.count", r"[1-9][\d,]* of [\d,]+ patients")


def _outcomes(report: dict[str, object]) -> dict[str, dict[str, int]]:
    """How many rows of each kind were taken, changed, unchanged, refused."""
    rows = report["rows"]
    assert isinstance(rows, list)
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        of_kind = counts.setdefault(row["kind"], {})
        of_kind[row["outcome"]] = of_kind.get(row["outcome"], 0) + 1
    return counts
