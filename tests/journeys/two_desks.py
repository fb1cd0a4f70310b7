"""Two workstations and their server, whatever the network and the people do to them."""

import json
import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import insert, select

from primoro_campaigns.desktop.sync.pending import EventKind, PendingState
from primoro_campaigns.desktop.sync.status import Phase
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.campaign.model import Timing
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.ids import CallId, CampaignId, EventId, PatientId
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.campaign.tables import campaign
from primoro_campaigns.server.consent import store as consent_store
from primoro_campaigns.server.consent.rebuild import rebuild
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeService, run_import
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.server.sync.tables import event_answer
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import content_from_json, content_to_json
from tests.conftest import NOW
from tests.fakes.desk import Desk
from tests.fakes.line import Fate, Line
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.server_rows import held, sums, visible
from tests.journeys.consent_account import ConsentAccount, Subject
from tests.journeys.draft_account import DraftAccount
from tests.server.practice import add_location
from tests.server.sender import CONTENT, add_practice

PLACES = {"loc-1": "Bridge Street", "loc-2": "High Street"}
PEOPLE = ("ann", "bob")
CAMPAIGNS = (CampaignId("c-spring"), CampaignId("c-autumn"))
SCHEDULED = NOW + timedelta(days=40)

REQUESTS = ("submit", "approve", "pause", "resume", "cancel")

MEANWHILE = ("nothing", "nothing", "says no", "moves")

desks = st.integers(0, 1)
people = st.sampled_from(PEOPLE)
some = st.integers(0, len(PEOPLE) - 1)
places = st.sampled_from(sorted(PLACES))
channels = st.sampled_from([None, None, Channel.EMAIL, Channel.SMS])
campaigns = st.sampled_from(CAMPAIGNS)
fates = st.sampled_from([Fate.FINE, Fate.FINE, Fate.CUT, Fate.LOST, Fate.TWICE])


class DeskClock:
    """A workstation's clock, wrong by as much as it likes."""

    def __init__(self, true: FixedClock, off: timedelta) -> None:
        self._true = true
        self._off = off

    def now(self) -> datetime:
        return self._true.now() + self._off


class Town(Protocol):
    """Where a practice can be opened: one at a time, with nothing of the one before."""

    def open(self, clock: FixedClock) -> LoopbackServer: ...

    def folder(self) -> Path:
        """A fresh one, for a workstation."""
        ...

    def close(self) -> None: ...


@dataclass
class Seat:
    """A desk and what a test knows of it.

    ``known`` are the withdrawals and ``versions`` the drafts that its cache holds.
    """

    desk: Desk
    line: Line
    places: frozenset[str] | None
    known: set[int] = field(default_factory=set)
    versions: set[int] = field(default_factory=set)
    recorded: dict[EventId, EventKind] = field(default_factory=dict)
    taken_back: set[EventId] = field(default_factory=set)
    looked_at: set[EventId] = field(default_factory=set)


class TwoDesks(RuleBasedStateMachine):
    """Reception or a deputy at one location, the manager everywhere; or the manager at two computers."""

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.town = town
        self.clock = FixedClock(NOW)
        self.account = ConsentAccount()
        self.drafts = DraftAccount()
        self.ids: dict[str, PatientId] = {}
        self.homes: dict[str, str] = {}
        self.seats: list[Seat] = []
        self.imports = 0
        self.words = 0

    @initialize(
        who=st.sampled_from(["reception", "deputy", "manager"]),
        hours_off=st.tuples(st.sampled_from([0, 0, 2, -2]), st.sampled_from([0, 0, 2, -2])),
    )
    def open_the_practice(self, who: str, hours_off: tuple[int, int]) -> None:
        self.server = self.town.open(self.clock)
        self.consent = ConsentService(self.server.key.for_hashes)
        self.intake = IntakeService(self.consent)
        with self.server.database.write() as uow:
            add_practice(uow)
            add_location(uow, "loc-2", name=PLACES["loc-2"])
            for location_id in PLACES:
                uow.changes.touched(Room.LOCATION, location_id, [EVERYWHERE])
        self.server.add_user("reception", Role.RECEPTION, ["loc-1"])
        self.server.add_user("deputy", Role.MANAGER, ["loc-1"])
        self.server.add_user("manager", Role.MANAGER)
        for name in PEOPLE:
            self._import(name, "loc-1")
        self.server.start()
        for name, off in zip((who, "manager"), hours_off, strict=True):
            line = Line()
            folder = self.town.folder()
            clock = DeskClock(self.clock, timedelta(hours=off))
            desk = Desk(name, folder, self.server.address, clock, line, self.server.signed_in)
            self.seats.append(Seat(desk, line, None if name == "manager" else frozenset({"loc-1"})))
        for seat in self.seats:
            self._sync(seat)

    # The network and the machines. A desk that does not sync is as good as offline.

    @rule(at=desks, fates=st.lists(fates, max_size=3))
    def sync(self, at: int, fates: list[Fate]) -> None:
        self._tick()
        self.seats[at].line.fates.extend(fates)
        self._sync(self.seats[at])
        self.seats[at].line.fates.clear()

    @rule(what=st.sampled_from(["desk 0", "desk 1", "server"]), minutes=st.sampled_from([0, 1, 20, 90]))
    def switch_off_and_on(self, what: str, minutes: int) -> None:
        self.clock.instant += timedelta(minutes=minutes)
        if what == "server":
            self.server.restart()
        else:
            self.seats[int(what[-1])].desk.reopen()

    # Consent, at the desks and at home.

    @rule(at=desks, who=some, channel=channels, no=st.booleans(), meanwhile=st.sampled_from(MEANWHILE))
    def say_yes_or_no_at_a_desk(
        self, at: int, who: int, channel: Channel | None, no: bool, meanwhile: str
    ) -> None:
        """About one channel or, by a restriction, about all of them; and what the desk hears of later."""
        self._tick()
        seat = self.seats[at]
        patient_id, purpose = self._shown(seat, who), Purpose.PROMOTIONS
        if channel is None:
            event_id = seat.desk.outbox.restrict(patient_id, purpose, no, "Rang and asked.")
        else:
            state = PermissionState.OPTED_OUT if no else PermissionState.OPTED_IN
            event_id = seat.desk.outbox.permit(patient_id, channel, purpose, state, "Rang", "May we?")
        subject = Subject(patient_id, purpose, channel)
        if no:
            seat.known.add(self.account.no(subject, event_id))
        else:
            self.account.yes(subject, seat.known, event_id)
        seat.recorded[event_id] = EventKind.RESTRICT if channel is None else EventKind.PERMIT
        assert (subject in _stopped_at(seat.desk, patient_id)) is no
        name = next(name for name, each in self.ids.items() if each == patient_id)
        if meanwhile == "says no":
            self._on_the_page(name, channel, no=True)
        elif meanwhile == "moves":
            self._import(name, "loc-2" if self.homes[name] == "loc-1" else "loc-1")

    @rule(name=people, channel=channels, no=st.booleans())
    def use_the_page_behind_a_link(self, name: str, channel: Channel | None, no: bool) -> None:
        self._tick()
        self._on_the_page(name, channel, no)

    def _on_the_page(self, name: str, channel: Channel | None, no: bool) -> None:
        patient_id, source = self.ids[name], ConsentSource.UNSUBSCRIBE_PAGE
        purpose = Purpose.PROMOTIONS
        with self.server.database.write() as uow:
            if channel is not None:
                state = PermissionState.OPTED_OUT if no else PermissionState.OPTED_IN
                self.consent.permit(uow, SERVER, patient_id, channel, purpose, state, source=source)
            elif no:
                self.consent.restrict(uow, SERVER, patient_id, purpose, source=source)
            else:
                self.consent.lift(uow, SERVER, patient_id, purpose, why="", source=source)
        subject = Subject(patient_id, purpose, channel)
        if no:
            self.account.no(subject)
        else:
            self.account.yes(subject, self.account.at_server(self._outcomes()))

    # Patients, as the practice-management system tells them, and calls.

    @rule(name=people, place=places)
    def import_a_patient(self, name: str, place: str) -> None:
        self._tick()
        self._import(name, place)

    @rule(place=places, at=desks, who=some, how=st.sampled_from(["ignore", "once", "number"]))
    def a_call_comes_in(self, place: str, at: int, who: int, how: str) -> None:
        """And somebody looks at the one before."""
        self._tick()
        self.words += 1
        call_id = f"call-{self.words}"
        with self.server.database.write() as uow:
            uow.connection.execute(insert(call).values(**_call(call_id, place, uow)))
            uow.changes.touched(Room.CALL, call_id, [place])
        seat = self.seats[at]
        calls = seat.desk.calls.page(1)
        if calls:
            self._say_who_called(seat, calls[0].call_id, self._shown(seat, who), how)

    # Campaigns.

    @rule(at=desks, which=campaigns, act=st.sampled_from(["save", "save", "delete", *REQUESTS]))
    def work_on_a_campaign(self, at: int, which: CampaignId, act: str) -> None:
        self._tick()
        seat = self.seats[at]
        standing = seat.desk.campaigns.get(which)
        if act in REQUESTS and standing is not None and not standing.row.fingerprint:
            # One asks for what the server has.
            self._sync(seat)
            standing = seat.desk.campaigns.get(which)
        if act == "save" or standing is None:
            self._save(seat, which, 0 if standing is None else standing.base_revision)
        elif act == "delete":
            self._delete(seat, which, standing.base_revision)
        else:
            self._ask_for(seat, which, act, standing.row.fingerprint)

    # What was refused.

    @rule(at=desks, again=st.booleans())
    def look_at_a_refusal(self, at: int, again: bool) -> None:
        seat = self.seats[at]
        refused = [
            each
            for each in seat.desk.outbox.events()
            if each.state in (PendingState.REFUSED, PendingState.CONFLICT)
        ]
        # One about consent would be a new word of the person's, which the account does not hear.
        if not refused or refused[0].kind in (EventKind.RESTRICT, EventKind.PERMIT):
            return
        event_id = refused[0].event_id
        seat.looked_at.add(event_id)
        if again:
            fresh = seat.desk.outbox.retry(event_id)
            assert fresh is not None
            seat.recorded[fresh] = refused[0].kind
            if refused[0].kind is EventKind.DRAFT_SAVE:
                content = json.dumps(refused[0].payload["content"])
                which = CampaignId(str(refused[0].payload["campaign_id"]))
                self.drafts.stroke(fresh, which, _version(content), seat.versions)
        else:
            seat.desk.outbox.dismiss(event_id)

    # The end, which may also come in the middle.

    @rule()
    def everybody_syncs(self) -> None:
        self._settle()

    def teardown(self) -> None:
        try:
            if self.seats and sys.exc_info()[0] is None:
                self._settle()
        finally:
            for seat in self.seats:
                seat.desk.close()
            self.town.close()

    def _settle(self) -> None:
        self._tick()
        for seat in self.seats:
            seat.line.fates.clear()
        for _ in range(2):
            for seat in self.seats:
                self._sync(seat)
        outcomes = self._outcomes()
        for seat in self.seats:
            status = seat.desk.engine.status
            assert (status.phase, status.waiting) == (Phase.CURRENT, 0), status
            self._same_rows(seat)
            self._nothing_lost(seat, outcomes)
        wrong = [*self.account.wrong(self._stopped(), outcomes)]
        assert not wrong, wrong
        with self.server.database.write() as uow:
            assert rebuild(uow) == (0, 0)
        self._each_draft_once()

    def _same_rows(self, seat: Seat) -> None:
        ours, theirs = held(seat.desk.database), visible(self.server.database, seat.places)
        for room in Room:
            assert ours[room] == theirs[room], room
        checks = {each.room: (each.count, each.seq_sum) for each in seat.desk.mirror.checks()}
        assert checks == sums(self.server.database, seat.places)

    def _nothing_lost(self, seat: Seat, outcomes: dict[str, str]) -> None:
        left = {each.event_id: each for each in seat.desk.outbox.events()}
        for event_id, kind in seat.recorded.items():
            if event_id in seat.taken_back:
                assert event_id not in outcomes, "what was taken back before it was sent arrived"
                continue
            assert event_id in outcomes, f"{kind} is lost"
            told = outcomes[event_id] != "applied" and event_id not in seat.looked_at
            assert (event_id in left) is told, f"{kind} {outcomes[event_id]}"
            assert not told or left[event_id].title

    def _each_draft_once(self) -> None:
        with self.server.database.read() as connection:
            rows = connection.execute(select(campaign)).all()
            answers = connection.execute(select(event_answer.c.event_id, event_answer.c.code)).all()
        present = {_version(row.content) for row in rows}
        lost = [*self.drafts.lost(present, {each.event_id: each.code for each in answers})]
        assert not lost, lost
        copies = [row for row in rows if row.id not in CAMPAIGNS]
        assert len(copies) == sum(each.code == "campaign.both_kept" for each in answers)

    def _shown(self, seat: Seat, number: int) -> PatientId:
        """One of the patients that the desk shows; one more is let in if it shows none."""
        rows = seat.desk.patients.search("", 10)
        if not rows:
            self._import(PEOPLE[0], "loc-1")
            return self.ids[PEOPLE[0]]
        return rows[number % len(rows)].patient_id

    def _save(self, seat: Seat, which: CampaignId, base: int) -> None:
        self.words += 1
        places = () if seat.places is None else tuple(sorted(seat.places))
        content = replace(
            CONTENT, name=str(which), subject=f"Version {self.words} of it", location_ids=places
        )
        event_id = seat.desk.outbox.save_draft(which, base, content_to_json(content))
        self.drafts.stroke(event_id, which, self.words, seat.versions)
        seat.versions.add(self.words)
        seat.recorded[event_id] = EventKind.DRAFT_SAVE

    def _delete(self, seat: Seat, which: CampaignId, base: int) -> None:
        waiting = {
            each.event_id: each.state
            for each in seat.desk.outbox.events()
            if each.payload.get("campaign_id") == which
        }
        event_id = seat.desk.outbox.delete_draft(which, base)
        left = {each.event_id for each in seat.desk.outbox.events()}
        for gone in waiting.keys() - left:
            if waiting[gone] is PendingState.WAITING:
                seat.taken_back.add(gone)
            else:
                seat.looked_at.add(gone)
        if event_id is not None:
            self.drafts.stroke(event_id, which, None, seat.versions)
            seat.recorded[event_id] = EventKind.DRAFT_DELETE
        assert seat.desk.campaigns.get(which) is None

    def _ask_for(self, seat: Seat, which: CampaignId, act: str, seen: str) -> None:
        outbox = seat.desk.outbox
        match act:
            case "submit":
                event_id = outbox.submit(which, seen)
            case "approve":
                event_id = outbox.approve(which, seen, Timing.SCHEDULED, SCHEDULED)
            case "pause":
                event_id = outbox.pause(which)
            case "resume":
                event_id = outbox.resume(which)
            case _:
                event_id = outbox.cancel(which)
        seat.recorded[event_id] = EventKind(f"campaign.{act}")

    def _say_who_called(self, seat: Seat, call_id: CallId, patient_id: PatientId, how: str) -> None:
        if how == "ignore":
            event_id, kind = seat.desk.outbox.ignore_call(call_id), EventKind.IGNORE_CALL
        else:
            event_id = seat.desk.outbox.match_call(call_id, patient_id, how == "number")
            kind = EventKind.MATCH_CALL
        seat.recorded[event_id] = kind
        shown = seat.desk.calls.get(call_id)
        assert shown is not None
        assert shown.pending

    def _sync(self, seat: Seat) -> None:
        if seat.desk.sync().phase is Phase.CURRENT:
            seat.known |= self.account.at_server(self._outcomes())
            seat.versions |= {_version(each[0]) for each in _contents(seat.desk)}

    def _stopped(self) -> set[Subject]:
        with self.server.database.read() as connection:
            restricted = [
                Subject(PatientId(each.patient_id), each.purpose)
                for each in consent_store.restrictions(connection)
            ]
            out = [
                Subject(PatientId(each.patient_id), each.purpose, each.channel)
                for each in consent_store.permissions(connection)
                if each.state is PermissionState.OPTED_OUT
            ]
        return {*restricted, *out}

    def _outcomes(self) -> dict[str, str]:
        with self.server.database.read() as connection:
            rows = connection.execute(select(event_answer.c.event_id, event_answer.c.outcome)).all()
        return {row.event_id: row.outcome for row in rows}

    def _import(self, name: str, place: str) -> None:
        self.imports += 1
        self.homes[name] = place
        row = {
            "kind": "patient",
            "external_id": name,
            "given_name": name.title(),
            "family_name": f"Ash {self.imports}",
            "email": f"{name}@example.com",
            "mobile": "07700 900123",
            "location": PLACES[place],
        }
        run_import(
            self.server.database,
            self.intake,
            SERVER,
            iter([Incoming("pms", 1, row)]),
            source="pms",
            door="test",
        )
        with self.server.database.read() as connection:
            found = connection.execute(select(patient.c.id).where(patient.c.external_id == name))
            self.ids[name] = PatientId(found.scalar_one())

    def _tick(self) -> None:
        self.clock.instant += timedelta(seconds=1)


def _stopped_at(desk: Desk, patient_id: PatientId) -> set[Subject]:
    """What the screens of a desk say that this patient does not want."""
    restricted = {Subject(patient_id, row.purpose) for row in desk.patients.restrictions(patient_id)}
    out = {
        Subject(patient_id, row.purpose, row.channel)
        for row in desk.patients.permissions(patient_id)
        if row.state is PermissionState.OPTED_OUT
    }
    return restricted | out


def _contents(desk: Desk) -> list[tuple[str]]:
    with desk.database.read() as connection:
        return connection.execute("SELECT content FROM campaign").fetchall()


def _version(content: str) -> int:
    return int(content_from_json(content).subject.split()[1])


def _call(call_id: str, place: str, uow: UnitOfWork) -> dict[str, object]:
    return {
        "id": call_id,
        "location_id": place,
        "received_at": uow.now,
        "from_raw": "07700 900123",
        "from_e164": "+447700900123",
        "presentation": "available",
        "state": "unmatched",
        "provider_call_id": call_id,
    }
