"""``python -m primoro_campaigns.demo.screenshots --out DIR``: every screen, light and dark, 1366 x 768.

The practice is the demo's; a campaign is drafted, reviewed, sent and read, so that each screen shows what it
shows on an
ordinary day. The empty screens are taken before the first sync has anything to show.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from primoro_campaigns.demo.cast import ANN, CARYS, UNKNOWN_CALLER
from primoro_campaigns.demo.played_desktop import PlayedDesktop
from primoro_campaigns.demo.practice_on_stage import MANAGER, open_practice
from primoro_campaigns.demo.stage import Stage
from primoro_campaigns.demo.story import CAMPAIGN, fill_composer

PATIENTS = 1000
"""Few enough for the campaign to leave in one batch: with more the rest waits for the next hour."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    given = parser.parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out: Path = given.out
    with tempfile.TemporaryDirectory(prefix="primoro-pictures-") as work:
        folder = Path(work)
        with Stage(folder, folder / "out") as stage:
            passwords = open_practice(stage, given.patients)
            with stage.desktop(MANAGER) as desk:
                Tour(stage, desk, out).go(passwords[MANAGER])
    sys.stdout.write(f"The pictures are in {out}.\n")
    return 0


class Tour:
    def __init__(self, stage: Stage, desk: PlayedDesktop, out: Path) -> None:
        self.stage = stage
        self.desk = desk
        self.out = out

    def go(self, password: str) -> None:
        desk = self.desk
        desk.sees("sign_in.username", patience_s=60)
        self.picture("01-sign-in")
        desk.write("sign_in.username", MANAGER)
        desk.write("sign_in.password", "not the password")
        desk.click("sign_in.submit")
        desk.says("sign_in.problem", r"\w")
        self.picture("02-sign-in-refused")
        desk.write("sign_in.password", password)
        desk.click("sign_in.submit")
        desk.sees("patients.search", patience_s=60)
        desk.says("shell.status", "Up to date", patience_s=90)
        self.patients()
        self.campaigns()
        self.calls()
        self.replies()
        self.offline()

    def patients(self) -> None:
        desk = self.desk
        self.picture("03-patients")
        desk.write("patients.search", "zzzzz")
        desk.says("patients.count", "(?i)no")
        self.picture("04-patients-none-found")
        desk.write("patients.search", ANN.family)
        desk.open_row("patients.table", ANN.family)
        desk.says("patient.title", ANN.family)
        self.picture("05-patient-details")
        desk.open_tab("patient.tabs", "contacts")
        desk.click("patient.restrictions")
        desk.tick("restrictions.promotions")
        self.picture("06-restrictions")
        desk.click("restrictions.ok")
        desk.says("patient.banner", "Restricted: Product and service")
        self.picture("07-patient-contacts")
        desk.open_tab("patient.tabs", "permissions")
        self.picture("08-patient-permissions")

    def campaigns(self) -> None:
        desk = self.desk
        desk.click("shell.campaigns")
        self.picture("09-campaigns-empty")
        desk.click("campaigns.new")
        desk.click("composer.review")
        self.picture("10-composer-problems")
        fill_composer(desk)
        desk.says("composer.saved", "(?i)saved")
        self.picture("11-composer")
        desk.says("composer.saved", "server", patience_s=60)
        desk.click("composer.review")
        desk.says("review.would", r"[1-9]")
        desk.select_row("review.people", "@")
        self.picture("12-review")
        desk.click("review.approve")
        self.picture("13-approve")
        desk.click("dialog.ok")
        desk.says("results.state", "(?i)completed", patience_s=180)
        self.picture("14-results")
        desk.click("shell.campaigns")
        desk.select_row("campaigns.table", CAMPAIGN)
        self.picture("15-campaigns")

    def calls(self) -> None:
        now = datetime.now(UTC).isoformat()
        for number, caller in (("1", CARYS.mobile), ("2", UNKNOWN_CALLER), ("3", "")):
            self.stage.report_call(
                {
                    "provider_call_id": f"picture-{number}",
                    "received_at": now,
                    "from_number": caller,
                    "to_number": "+442079460000",
                    "presentation": "available" if caller else "withheld",
                    "answered": number == "1",
                    "duration_s": 95 if number == "1" else 0,
                }
            )
        self.desk.click("shell.calls")
        self.desk.select_row("calls.table", UNKNOWN_CALLER[-6:])
        self.desk.write("calls.search_patient", ANN.family)
        self.desk.select_row("calls.candidates", ANN.family)
        self.picture("16-calls")

    def replies(self) -> None:
        number = f"+44{CARYS.mobile.replace(' ', '')[1:]}"
        page = f"{self.stage.address}/hooks/sms/inbound"
        for sender, words in (
            (UNKNOWN_CALLER, "Who is this?"),
            (number, "Please, no more offers. See you in May!"),
        ):
            self.stage.texts.reply(page, sender, "+447700900000", words)
        self.desk.click("shell.replies")
        self.desk.select_row("replies.table", CARYS.family)
        self.desk.says("replies.text", "no more offers")
        self.picture("19-replies")

    def offline(self) -> None:
        desk = self.desk
        self.stage.stop_server()
        desk.says("shell.status", "(?i)offline", patience_s=60)
        desk.click("shell.patients")
        desk.write("patients.search", CARYS.family)
        desk.open_row("patients.table", CARYS.family)
        desk.open_tab("patient.tabs", "contacts")
        desk.click("patient.restrictions")
        desk.tick("restrictions.newsletters")
        desk.click("restrictions.ok")
        desk.says("shell.waiting", "1")
        self.picture("17-offline")
        desk.click("shell.waiting")
        desk.sees("changes.table")
        self.picture("18-waiting-changes")

    def picture(self, name: str) -> None:
        self.desk.shots(self.out, name)


if __name__ == "__main__":
    sys.exit(main())
