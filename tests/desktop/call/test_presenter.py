"""Calls without widgets, over a real cache: what is listed, who may have rung, and what becomes of it."""

from collections.abc import Mapping

import pytest

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.call.listed import CallSource, Ends, ListedCall
from primoro_campaigns.desktop.call.people import Person
from primoro_campaigns.desktop.call.presenter import CallsPresenter, CallState, PeopleSource
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.room import PENDING, Room
from primoro_campaigns.desktop.routes import PatientRoute, PatientTab
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.call.model import MatchState
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CallId, EventId, PatientId
from tests.desktop.conftest import OpenReception
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception, a_call

FULL = PrimoroError("The disk is full.", "Make room, then try again.", "cache.disk_full")


class Shown:
    """What the presenter last showed."""

    def __init__(self) -> None:
        self.source: CallSource | None = None
        self.empty = ""
        self.numbers: Mapping[str, int] = {}
        self.state: CallState | None = None
        self.people_source: PeopleSource | None = None
        self.people_empty = ""
        self.cleared = 0
        self.refreshed = 0
        self.errors: list[PrimoroError] = []

    def show_calls(self, source: CallSource, empty: str) -> None:
        self.source, self.empty = source, empty

    def refresh_calls(self) -> None:
        self.refreshed += 1

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        self.numbers = numbers

    def show_call(self, state: CallState | None) -> None:
        self.state = state

    def show_people(self, source: PeopleSource, empty: str) -> None:
        self.people_source, self.people_empty = source, empty

    def refresh_people(self) -> None:
        pass

    def clear_search(self) -> None:
        self.cleared += 1

    def say_error(self, error: PrimoroError) -> None:
        self.errors.append(error)

    # What a test asks

    def calls(self) -> list[ListedCall]:
        assert self.source is not None
        rows = list(self.source.fetch(0, 100, None))
        assert len(rows) == self.source.count(), "the count and the rows tell the same"
        return rows

    def ids(self) -> list[str]:
        return [each.call.call_id for each in self.calls()]

    def listed(self, call_id: str) -> ListedCall:
        return next(each for each in self.calls() if each.call.call_id == call_id)

    def people(self) -> list[Person]:
        assert self.people_source is not None
        rows = list(self.people_source.fetch(0, 100, None))
        assert len(rows) == self.people_source.count()
        return rows

    def person(self, name: str) -> Person:
        return next(each for each in self.people() if name in each.name)

    @property
    def call(self) -> CallState:
        assert self.state is not None
        return self.state


class Desk:
    def __init__(self, reception: Reception, outbox: Outbox | None = None) -> None:
        self.reception = reception
        self.shown = Shown()
        context: Context = reception.context
        self.calls = CallsPresenter(
            self.shown,
            context.calls,
            context.patients,
            outbox or context.outbox,
            context.runner,
            context.navigator,
            context.person,
            Ends(context.practice, lambda number: late.as_dialled(number, "GB")),
            lambda campaign_id: f"Campaign {campaign_id}",
            context.today,
            context.notices.tell,
        )
        reception.changes.subscribe(lambda _changes: self.calls.refresh(), Room.CALL, Room.PATIENT, PENDING)
        self.calls.show()

    def look_at(self, call_id: str) -> CallState:
        if call_id not in self.shown.ids():
            self.calls.choose_filter("all")
        self.calls.select(self.shown.listed(call_id))
        return self.shown.call

    def choose(self, search: str, name: str) -> CallState:
        self.calls.search(search)
        self.calls.choose(self.shown.person(name))
        return self.shown.call

    def recorded(self) -> list[tuple[EventKind, dict[str, object]]]:
        return [(each.kind, dict(each.payload)) for each in self.reception.outbox.events()]


@pytest.fixture
def desk(reception: Reception) -> Desk:
    return Desk(reception)


def test_what_waits_is_listed_first_the_latest_on_top(desk: Desk) -> None:
    assert desk.shown.ids() == ["k1", "k2", "k5"]
    assert desk.shown.numbers == {"waiting": 3, "matched": 1, "withheld": 1, "ignored": 1, "all": 6}


@pytest.mark.parametrize(
    ("key", "ids"),
    [
        ("matched", ["k3"]),
        ("withheld", ["k4"]),
        ("ignored", ["k6"]),
        ("all", ["k1", "k2", "k3", "k4", "k5", "k6"]),
    ],
)
def test_filters(desk: Desk, key: str, ids: list[str]) -> None:
    desk.calls.choose_filter(key)
    assert desk.shown.ids() == ids


def test_both_ends_of_a_call_are_written_as_people_dial_them(desk: Desk) -> None:
    desk.reception.bring(
        "call", [a_call("abroad", desk.reception.clock.now(), "x", "+16175550134", "unmatched")]
    )
    assert desk.shown.listed("k1").caller == "07700 900777"
    assert desk.shown.listed("k1").called == "020 7946 0000, Hillside"
    assert desk.shown.listed("abroad").caller == "+1 617-555-0134"


def test_a_call_tells_when_how_long_and_to_where(desk: Desk) -> None:
    missed = desk.look_at("k1")
    assert (missed.answer, missed.called) == ("3 Mar 2026, 10:26  ·  Missed", "To 020 7946 0000, Hillside")
    assert missed.campaign == ""
    assert desk.look_at("k4").answer.endswith("Answered, 1 h 2 min")
    row = a_call(
        "k9", desk.reception.clock.now(), "+447700900777", "+447700900777", "unmatched", campaign_id="c"
    )
    desk.reception.bring("call", [row])
    assert desk.look_at("k9").campaign == "Campaign: Campaign c"


def test_a_shared_number_names_its_holders_best_first_with_reasons(desk: Desk) -> None:
    desk.look_at("k2")
    first, second = desk.shown.people()
    assert (first.name, first.born, first.about) == (
        "Mei Llywelyn",
        "4 May 1984 (41)",
        "Head of the household.",
    )
    assert (second.name, second.about) == ("Tom Llywelyn", "Has the latest change of an appointment.")
    assert desk.shown.call.why_not_once == words.CHOOSE_FIRST, "nobody is chosen by itself"


def test_a_search_takes_the_place_of_the_likely_ones_until_it_is_cleared(desk: Desk) -> None:
    desk.look_at("k2")
    desk.calls.search("anand")
    (found,) = desk.shown.people()
    assert (found.name, found.about) == ("Priya Anand", "07700 900101 · Bath")
    desk.calls.search("nobody of that name")
    assert desk.shown.people() == []
    assert "nobody of that name" in desk.shown.people_empty
    desk.calls.search("")
    assert [each.name for each in desk.shown.people()] == ["Mei Llywelyn", "Tom Llywelyn"]


def test_what_is_out_of_the_ordinary_about_a_patient_stands_first(desk: Desk) -> None:
    desk.look_at("k1")
    desk.calls.search("ndiaye")
    assert desk.shown.person("Omar").about == "Deceased · 01225 496 0999"
    desk.calls.search("quill")
    assert desk.shown.person("Ivy").about == "Lead · No number on file"


@pytest.mark.parametrize(
    ("call_id", "told"),
    [("k1", "Nobody has this number"), ("k4", "did not show a number"), ("k3", "who it really was")],
)
def test_where_nobody_is_likely_one_is_told_what_to_do(desk: Desk, call_id: str, told: str) -> None:
    desk.look_at(call_id)
    assert desk.shown.people() == []
    assert told in desk.shown.people_empty


def test_matching_this_call_only(desk: Desk) -> None:
    desk.look_at("k1")
    chosen = desk.choose("anand", "Priya")
    assert (chosen.why_not_once, chosen.why_not_add) == ("", "")
    assert chosen.note == "Adding the number matches 1 other waiting call too."
    desk.calls.match(add_number=False)
    call = desk.shown.call
    assert (call.state_words, call.patient, call.waits) == ("Matched by hand", "Priya Anand", words.WAITING)
    assert call.decided == "Matched for this call only by Jo Bell, 3 Mar 2026, 10:30."
    assert not call.picker
    assert desk.shown.numbers["waiting"] == 2, "the other call from this number still waits"
    assert desk.recorded() == [
        (EventKind.MATCH_CALL, {"call_id": "k1", "patient_id": "priya", "add_number": False})
    ]
    assert desk.reception.notices.told == []


def test_adding_the_number_matches_the_other_calls_from_it_at_once(desk: Desk) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    desk.calls.match(add_number=True)
    assert desk.shown.call.decided.startswith("The number was added to the file by Jo Bell")
    assert desk.shown.numbers["waiting"] == 1
    assert desk.reception.notices.told == ["1 other call from this number is matched too."]
    assert desk.look_at("k5").patient == "Priya Anand"


def test_a_call_that_was_matched_stays_in_the_list_until_another_filter(desk: Desk) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    desk.calls.match(add_number=False)
    desk.look_at("k5")
    assert desk.shown.ids() == ["k1", "k2", "k5"], "nothing vanishes under one's hands"
    desk.calls.choose_filter("waiting")
    desk.calls.select(None)
    desk.look_at("k2")
    assert desk.shown.ids() == ["k2", "k5"]


def test_not_a_patient(desk: Desk) -> None:
    desk.look_at("k1")
    desk.calls.ignore()
    call = desk.shown.call
    assert (call.state, call.state_words, call.patient) == (MatchState.IGNORED, "Not a patient", "")
    assert not call.picker
    assert desk.recorded() == [(EventKind.IGNORE_CALL, {"call_id": "k1"})]


def test_a_withheld_number_can_only_be_matched_for_this_call(desk: Desk) -> None:
    desk.look_at("k4")
    call = desk.choose("anand", "Priya")
    assert call.why_not_add == call.note == words.NO_NUMBER
    desk.calls.match(add_number=True)
    assert desk.recorded() == []
    desk.calls.match(add_number=False)
    assert desk.shown.call.patient == "Priya Anand"
    assert desk.shown.call.caller == "Number withheld"


def test_an_internal_number_cannot_be_added_to_a_file(desk: Desk) -> None:
    desk.reception.bring("call", [a_call("short", desk.reception.clock.now(), "101", None, "unmatched")])
    desk.look_at("short")
    call = desk.choose("anand", "Priya")
    assert "“101”" in call.why_not_add
    assert call.why_not_once == ""


def test_the_programs_own_match_can_be_put_right(desk: Desk) -> None:
    call = desk.look_at("k3")
    assert (call.state_words, call.patient) == ("Matched", "Priya Anand")
    assert call.can_put_right
    assert not call.picker
    desk.calls.put_right()
    assert desk.shown.call.picker
    desk.choose("quill", "Ivy")
    desk.calls.match(add_number=False)
    assert desk.shown.call.patient == "Ivy Quill"
    assert not desk.shown.call.can_put_right


@pytest.mark.parametrize("state", ["matched_by_hand", "lead_created", "ignored"])
def test_what_a_person_has_decided_is_settled(desk: Desk, state: str) -> None:
    row = a_call(
        "done", desk.reception.clock.now(), "+447700900101", "+447700900101", state, patient_id="priya"
    )
    desk.reception.bring("call", [row])
    call = desk.look_at("done")
    assert not call.picker
    assert not call.can_put_right


def test_without_the_right_nothing_can_be_matched_and_the_reason_is_given(
    open_reception: OpenReception, runner: InlineRunner
) -> None:
    desk = Desk(open_reception(runner, lambda function: function(), rights=[Right.VIEW]))
    desk.look_at("k2")
    call = desk.choose("", "Mei")
    assert {call.why_not_once, call.why_not_add, call.why_not_ignore, call.note} == {words.MAY_NOT_MATCH}
    desk.calls.match(add_number=False)
    desk.calls.ignore()
    assert desk.recorded() == []
    assert not desk.look_at("k3").can_put_right


def test_a_candidate_out_of_sight_cannot_be_chosen(desk: Desk) -> None:
    row = a_call(
        "far",
        desk.reception.clock.now(),
        "+447700900101",
        "+447700900101",
        "ambiguous",
        candidates='[{"patient_id": "elsewhere", "reason": "Head of the household."}]',
    )
    desk.reception.bring("call", [row])
    desk.look_at("far")
    call = desk.choose("", words.NOT_SEEN)
    assert call.why_not_once == call.why_not_add == call.note == words.OUT_OF_SIGHT
    desk.calls.match(add_number=False)
    assert desk.recorded() == []


def test_the_file_of_a_matched_caller_can_be_opened(desk: Desk) -> None:
    assert desk.look_at("k3").why_not_open == ""
    desk.calls.open_patient()
    assert desk.reception.footsteps.gone == [PatientRoute(PatientId("priya"), PatientTab.CONTACTS)]


def test_the_file_of_a_patient_out_of_sight_cannot_be_opened(desk: Desk) -> None:
    desk.reception.bring("patient", gone=["priya"])
    call = desk.look_at("k3")
    assert call.patient == words.NOT_SEEN
    assert call.why_not_open == words.OUT_OF_SIGHT_FILE
    desk.calls.open_patient()
    assert desk.reception.footsteps.gone == []


def test_what_the_server_refused_is_told_until_it_was_read(desk: Desk) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    desk.calls.match(add_number=False)
    desk.reception.refuse("This call is already marked “Not a patient”.", "Nothing was changed.")
    call = desk.shown.call
    assert call.state_words == "Not matched", "the server's answer counts again"
    assert call.picker
    (refused,) = call.refused
    assert refused.title == "This call is already marked “Not a patient”."
    assert desk.look_at("k5").refused == (), "it is told at the call it is about"
    desk.look_at("k1")
    desk.calls.dismiss(refused)
    assert desk.shown.call.refused == ()


def test_another_desk_decides_about_the_call_one_looks_at(desk: Desk) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    row = a_call(
        "k1",
        desk.reception.clock.now(),
        "+447700900777",
        "+447700900777",
        "ignored",
        matched_by_name="Sam Reed",
    )
    desk.reception.bring("call", [row])
    assert desk.shown.call.decided == "Marked as not from a patient by Sam Reed."
    assert not desk.shown.call.picker
    assert "k1" in desk.shown.ids(), "the call one looks at stays listed"
    desk.look_at("k2")
    assert desk.shown.ids() == ["k2", "k5"]


def test_a_call_that_has_gone_is_not_shown_any_more(desk: Desk) -> None:
    desk.look_at("k1")
    desk.reception.bring("call", gone=["k1"])
    assert desk.shown.state is None
    assert desk.shown.numbers["all"] == 5


def test_another_call_starts_afresh(desk: Desk) -> None:
    desk.look_at("k3")
    desk.calls.put_right()
    desk.choose("quill", "Ivy")
    cleared = desk.shown.cleared
    desk.look_at("k2")
    assert desk.shown.cleared == cleared + 1
    assert desk.shown.call.why_not_once == words.CHOOSE_FIRST
    assert [each.name for each in desk.shown.people()] == ["Mei Llywelyn", "Tom Llywelyn"]
    assert not desk.look_at("k3").picker


def test_pressing_twice_records_once(desk: Desk, runner: InlineRunner) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    runner.holding = True
    desk.calls.match(add_number=True)
    assert desk.shown.call.why_not_add == words.ONE_MOMENT
    desk.calls.match(add_number=True)
    desk.calls.ignore()
    runner.release()
    assert [kind for kind, _ in desk.recorded()] == [EventKind.MATCH_CALL]


def test_what_was_done_is_kept_though_one_looks_elsewhere_meanwhile(desk: Desk, runner: InlineRunner) -> None:
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    runner.holding = True
    desk.calls.match(add_number=False)
    desk.calls.select(None)
    runner.release()
    assert desk.shown.state is None
    assert desk.look_at("k1").patient == "Priya Anand"


def test_what_could_not_be_recorded_is_said_and_can_be_tried_again(reception: Reception) -> None:
    class FullDisk(Outbox):
        full = True

        def match_call(self, call_id: CallId, patient_id: PatientId, add_number: bool = False) -> EventId:
            if self.full:
                raise FULL
            return reception.outbox.match_call(call_id, patient_id, add_number)

    outbox = FullDisk(
        reception.database, reception.person, reception.clock, lambda: "e", reception.changes.announce
    )
    desk = Desk(reception, outbox)
    desk.look_at("k1")
    desk.choose("anand", "Priya")
    desk.calls.match(add_number=False)
    assert desk.shown.errors == [FULL]
    assert desk.shown.call.why_not_once == ""
    outbox.full = False
    desk.calls.match(add_number=False)
    assert desk.shown.call.patient == "Priya Anand"


def test_late_answers_of_the_call_before_do_not_show(desk: Desk, runner: InlineRunner) -> None:
    runner.holding = True
    desk.look_at("k1")
    desk.look_at("k2")
    runner.release()
    assert desk.shown.call.call_id == "k2"


def test_late_answers_do_not_show_a_call_that_was_left(desk: Desk, runner: InlineRunner) -> None:
    runner.holding = True
    desk.look_at("k1")
    desk.calls.select(None)
    runner.release()
    assert desk.shown.state is None
