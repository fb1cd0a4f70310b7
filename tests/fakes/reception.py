"""A desk with a real cache of made-up patients, for tests of pages: no server, no sync engine.

What the engine would do is done by hand: ``say`` the status, ``bring`` rows from the server.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import cast

from primoro_campaigns.desktop.context import Audiences, Context
from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.calls import Calls
from primoro_campaigns.desktop.local.campaigns import Campaigns
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import Mirror
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.local.practice import Practice
from primoro_campaigns.desktop.local.providers import Providers
from primoro_campaigns.desktop.local.replies import Replies
from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.sync.rows import Answered, Cell, RowBatch, SnapshotHead
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.work.changes import Announcer
from primoro_campaigns.desktop.work.runner import Post, Running
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.ids import LocationId, UserId
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.ids import new_id
from tests.fakes.boards import Footsteps, NoticeBoard, StatusBoard
from tests.fakes.team_desk import TeamDesk
from tests.fakes.trial_desk import TrialDesk

KEY = "a5" * 32
HILLSIDE = "loc-hillside"
DENTIST = "dr-okafor"

Row = Mapping[str, Cell]


class Reception:
    """``context`` is what rooms are given. ``close`` it.

    ``runner`` does the jobs; ``post`` carries announcements to the screens' thread.
    """

    def __init__(
        self,
        folder: Path,
        clock: FixedClock,
        runner: Running,
        post: Post,
        rights: Iterable[Right] = ROLE_RIGHTS[Role.RECEPTION],
    ) -> None:
        self.clock = clock
        self.database = Database(folder / "cache.db", KEY)
        self.person = SignedInPerson(
            user_id=UserId("user-jo"),
            username="jo",
            display_name="Jo Bell",
            role=Role.RECEPTION,
            rights=frozenset(rights),
            all_locations=True,
            location_ids=(LocationId(HILLSIDE),),
            organisation_id="org",
            organisation_name="Hillside Dental Care",
            time_zone="Europe/London",
            country="GB",
        )
        self.status = StatusBoard()
        self.trials = TrialDesk()
        self.team = TeamDesk()
        self.footsteps = Footsteps()
        self.notices = NoticeBoard()
        self.changes = Announcer(post)
        self.mirror = Mirror(self.database, self.person.user_id)
        self.outbox = Outbox(self.database, self.person, clock, new_id, self.changes.announce)
        self._seq = 0
        self.context = Context(
            person=self.person,
            clock=clock,
            runner=runner,
            changes=self.changes,
            navigator=self.footsteps,
            notices=self.notices,
            patients=Patients(self.database, lambda: self.person.day_of(clock.now())),
            campaigns=Campaigns(self.database),
            calls=Calls(self.database),
            replies=Replies(self.database),
            practice=Practice(self.database),
            providers=Providers(self.database),
            trials=self.trials,
            team=self.team,
            outbox=self.outbox,
            audiences=cast("Audiences", None),
            sync=self.status,
            sync_now=lambda: None,
            new_id=new_id,
        )

    def close(self) -> None:
        self.database.close()

    # What the server would send

    def fill(self, rooms: Mapping[str, Sequence[Row]]) -> None:
        """A first copy."""
        head = SnapshotHead("snapshot", 0, len(rooms), sum(map(len, rooms.values())), "all")
        self.mirror.begin_snapshot(head, None)
        for number, (room, rows) in enumerate(rooms.items()):
            self.mirror.take_chunk(number, self._batch(room, rows), None)
        self.mirror.finish_snapshot(head, None)

    def bring(
        self,
        room: str = "",
        rows: Sequence[Row] = (),
        gone: Sequence[str] = (),
        answers: Sequence[Answered] = (),
    ) -> None:
        """One round: rows come or go, events are answered, and it is announced."""
        batches = [self._batch(room, rows, gone)] if room else []
        self.changes.announce(self.mirror.take_round(answers, batches, self._seq, complete=True))

    def refuse(self, title: str, advice: str) -> None:
        """The server says no to everything that waits here."""
        waiting = self.mirror.take_events(100)
        self.bring(answers=[Answered(each.event_id, "refused", title, advice, "test.no") for each in waiting])

    def offline(self) -> None:
        self.status.say(SyncStatus(phase=Phase.OFFLINE, offline_since=self.clock.now()))

    def online(self) -> None:
        self.status.say(SyncStatus(phase=Phase.CURRENT))

    def _batch(self, room: str, rows: Sequence[Row], gone: Sequence[str] = ()) -> RowBatch:
        columns = ("seq", *schema.COLUMNS[room])
        plain = []
        for row in rows:
            self._seq += 1
            strange = row.keys() - set(columns)
            if strange:
                raise KeyError(f"{room} has no {strange}")
            plain.append([self._seq, *(row.get(name) for name in columns[1:])])
        return RowBatch(room, columns, plain, gone)


def a_patient(patient_id: str, given: str, family: str, **more: Cell) -> Row:
    row: dict[str, Cell] = {
        "id": patient_id,
        "location_id": HILLSIDE,
        "external_id": None,
        "number": f"H-{patient_id}",
        "title": "",
        "given_name": given,
        "family_name": family,
        "born_on": "1984-05-04",
        "status": "active",
        "is_lead": False,
        "email": None,
        "email_state": "none",
        "email_suppressed": False,
        "mobile": None,
        "mobile_e164": None,
        "mobile_state": "none",
        "mobile_suppressed": False,
        "landline": None,
        "landline_e164": None,
        "address_line": "",
        "town": "",
        "postcode": "",
        "is_head_of_household": False,
        "has_unscheduled_treatment": False,
        "last_booked_on": None,
        "tags": "[]",
    }
    if "email" in more:
        row["email_state"] = "ok"
    if "mobile" in more:
        row["mobile_state"] = "ok"
        row["mobile_e164"] = "+44" + str(more["mobile"]).replace(" ", "")[1:]
    row.update(more)
    return row


def a_restriction(patient_id: str, purpose: str, since: datetime, source: str, by: str = "") -> Row:
    return {
        "id": f"{patient_id}:{purpose}",
        "patient_id": patient_id,
        "purpose": purpose,
        "since_at": instant_text(since),
        "source": source,
        "by_name": by,
    }


def a_permission(
    patient_id: str, channel: str, purpose: str, state: str, at: datetime, source: str = "staff", **more: Cell
) -> Row:
    row: dict[str, Cell] = {
        "id": f"{patient_id}:{channel}:{purpose}",
        "patient_id": patient_id,
        "channel": channel,
        "purpose": purpose,
        "state": state,
        "soft_opt_in": False,
        "changed_at": instant_text(at),
        "source": source,
        "by_name": "",
        "how": "",
        "wording": "",
    }
    row.update(more)
    return row


def a_contact(contact_id: str, patient_id: str, at: datetime, kind: str, title: str, **more: Cell) -> Row:
    return {
        "id": contact_id,
        "patient_id": patient_id,
        "at": instant_text(at),
        "kind": kind,
        "direction": "out",
        "category": "",
        "title": title,
        "detail": "",
        "status": "sent",
        "by_name": "",
        "campaign_id": None,
    } | more


def a_call(call_id: str, at: datetime, raw: str, e164: str | None, state: str, **more: Cell) -> Row:
    return {
        "id": call_id,
        "location_id": HILLSIDE,
        "received_at": instant_text(at),
        "from_raw": raw,
        "from_e164": e164,
        "to_e164": "+442079460000",
        "presentation": "available",
        "answered": True,
        "duration_s": 95,
        "state": state,
        "method": "",
        "patient_id": None,
        "matched_by_name": "",
        "matched_at": None,
        "candidates": "[]",
        "campaign_id": None,
    } | more


def a_policy(**more: Cell) -> Row:
    """What the practice decided about sending."""
    row: dict[str, Cell] = {
        "id": "org",
        "practice_name": "Hillside Dental Care",
        "soft_opt_in_allowed": False,
        "reset_months_promotions": 1,
        "reset_months_newsletters": 1,
        "most_in_7_days": 1,
        "most_in_90_days": 4,
        "hold_days": 7,
        "selection_limit": 500,
        "window_opens": "10:00:00",
        "window_closes": "18:00:00",
        "email_ready": True,
        "sms_takes_replies": True,
        "opt_out_link": "",
    }
    return row | more


def a_practice(now: datetime) -> Mapping[str, Sequence[Row]]:
    """Six patients one can follow, and what there is to see in their files."""
    day = timedelta(days=1)
    return {
        "location": [
            {
                "id": HILLSIDE,
                "name": "Hillside",
                "time_zone": "Europe/London",
                "phone": "020 7946 0000",
                "town": "Bath",
                "sms_ready": True,
            }
        ],
        "practitioner": [{"id": DENTIST, "name": "Dr Ngozi Okafor", "active": True}],
        "patient": [
            a_patient(
                "priya",
                "Priya",
                "Anand",
                title="Ms",
                email="priya.anand@example.org",
                mobile="07700 900101",
                address_line="4 Mill Lane",
                town="Bath",
                postcode="BA1 5QZ",
                practitioner_id=DENTIST,
                preferred_channel="email",
                last_visit_on=(now.date() - 90 * day).isoformat(),
                next_visit_on=(now.date() + 30 * day).isoformat(),
            ),
            a_patient(
                "zoe",
                "Zoë Marguerite Alexandrina",
                "Featherstonehaugh-Cholmondeley-Marjoribanks",
                title="Dr",
                born_on=None,
                email="zoe.marguerite.alexandrina.featherstonehaugh-cholmondeley@subdomain.example.org",
                mobile="07700 900102",
                landline="01225 496 0123",
                address_line="The Old Rectory and Coach House, Upper Stoke St Michael, near Wells",
                town="Newcastle upon Tyne",
                postcode="NE1 4XD",
            ),
            a_patient(
                "tom",
                "Tom",
                "Llywelyn",
                born_on=date(now.year - 9, 1, 2).isoformat(),
                mobile="07700 900103",
                mobile_suppressed=True,
                town="Bristol",
            ),
            a_patient(
                "mei",
                "Mei",
                "Llywelyn",
                mobile="07700 900103",
                mobile_suppressed=True,
                email="mei@example.org",
            ),
            a_patient("omar", "Omar", "Ndiaye", status="deceased", landline="01225 496 0999"),
            a_patient("ivy", "Ivy", "Quill", is_lead=True, email="not-an-address", email_state="invalid"),
        ],
        "restriction": [
            a_restriction("mei", "promotions", now - 3 * day, "unsubscribe_page"),
            a_restriction("zoe", "newsletters", now - 40 * day, "staff", "Sam Reed"),
        ],
        "permission": [
            a_permission(
                "priya",
                "email",
                "promotions",
                "opted_in",
                now - 200 * day,
                by_name="Sam Reed",
                how="The patient asked: ticked on the new-patient form",
                wording="I would like to hear about offers by e-mail. I can stop at any time.",
            ),
            a_permission("priya", "sms", "promotions", "opted_out", now - 20 * day, by_name="Sam Reed"),
            a_permission("mei", "sms", "promotions", "opted_out", now - 3 * day, "stop_text"),
            a_permission("mei", "sms", "newsletters", "opted_out", now - 3 * day, "stop_text"),
            a_permission("mei", "email", "promotions", "opted_out", now - 3 * day, "unsubscribe_page"),
        ],
        "contact": [
            a_contact(
                "c1",
                "priya",
                now - 2 * day,
                "email",
                "Autumn whitening offer",
                category="promotions",
                detail="Sent to priya.anand@example.org.",
                campaign_id="camp-1",
            ),
            a_contact(
                "c2",
                "priya",
                now - 5 * day,
                "phone",
                "Rang us",
                direction="in",
                status="received",
                detail="The call from 07700 900101 was matched by its number.",
            ),
            a_contact(
                "c3",
                "priya",
                now - 20 * day,
                "consent",
                "Said no to promotions by SMS",
                direction="none",
                status="recorded",
                category="promotions",
                by_name="Sam Reed",
                detail="Recorded at the practice by Sam Reed.",
            ),
            a_contact(
                "c4",
                "priya",
                now - 60 * day,
                "sms",
                "Your appointment",
                category="important",
                status="failed",
            ),
            a_contact(
                "c5",
                "priya",
                now - 61 * day,
                "sms",
                "Spring check-up",
                category="promotions",
                status="unknown",
            ),
            a_contact(
                "c6", "priya", now - 90 * day, "note", "Prefers mornings", direction="none", status="recorded"
            ),
        ],
        "call": [
            a_call(
                "k1",
                now - timedelta(minutes=4),
                "+447700900777",
                "+447700900777",
                "unmatched",
                answered=False,
                duration_s=0,
            ),
            a_call(
                "k2",
                now - timedelta(minutes=40),
                "07700 900103",
                "+447700900103",
                "ambiguous",
                candidates='[{"patient_id": "mei", "reason": "Head of the household."},'
                ' {"patient_id": "tom", "reason": "Has the latest change of an appointment."}]',
            ),
            a_call(
                "k3",
                now - timedelta(hours=3),
                "+447700900101",
                "+447700900101",
                "auto_matched",
                patient_id="priya",
                method="unique_number",
                matched_at=instant_text(now),
            ),
            a_call(
                "k4",
                now - timedelta(hours=5),
                "anonymous",
                None,
                "withheld",
                presentation="withheld",
                duration_s=3725,
            ),
            a_call("k5", now - timedelta(hours=26), "+447700900777", "+447700900777", "unmatched"),
            a_call(
                "k6",
                now - 3 * day,
                "+441225496000",
                "+441225496000",
                "ignored",
                matched_by_name="Sam Reed",
                matched_at=instant_text(now - 3 * day),
            ),
        ],
    }
