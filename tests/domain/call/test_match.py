"""Whose call it was."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.call.match import (
    Caller,
    CallSettledError,
    Holder,
    Match,
    NumberHiddenError,
    match,
    method_by_hand,
    read_caller,
    rematch,
    require_open,
)
from primoro_campaigns.domain.call.model import WAITING, MatchMethod, MatchState, Presentation
from primoro_campaigns.domain.ids import PatientId
from tests.domain.standings import MOMENT

KNOWN = Caller("+447700900123", withheld=False)
ANN, BOB, CAT = Holder(PatientId("ann")), Holder(PatientId("bob")), Holder(PatientId("cat"))

callers = st.builds(Caller, st.none() | st.just("+447700900123"), st.booleans())
moments = st.none() | st.integers(0, 100).map(lambda days: MOMENT - timedelta(days=days))
holders = st.lists(
    st.builds(
        Holder,
        st.sampled_from([PatientId("ann"), PatientId("bob"), PatientId("cat"), PatientId("dan")]),
        st.booleans(),
        st.booleans(),
        moments,
        moments,
    ),
    max_size=5,
)


def test_t1_a_number_in_one_file_matches() -> None:
    assert match(KNOWN, [ANN], MOMENT) == Match(
        MatchState.AUTO_MATCHED, ANN.patient_id, MatchMethod.UNIQUE_NUMBER
    )


def test_t1_twice_in_one_file_is_still_one_file() -> None:
    assert match(KNOWN, [ANN, ANN], MOMENT).patient_id == "ann"


def test_t2_in_no_file_it_waits_and_matches_once_it_is_added_to_one() -> None:
    assert match(KNOWN, [], MOMENT) == Match(MatchState.UNMATCHED)
    again = rematch(MatchState.UNMATCHED, KNOWN, [ANN], MOMENT)
    assert again is not None
    assert again.state is MatchState.AUTO_MATCHED


def test_t3_a_shared_number_is_credited_to_nobody() -> None:
    found = match(KNOWN, [ANN, BOB], MOMENT)
    assert (found.state, found.patient_id, found.method) == (MatchState.AMBIGUOUS, None, None)
    assert {each.patient_id for each in found.suggestions} == {"ann", "bob"}


@pytest.mark.parametrize(
    ("raw", "presentation"),
    [
        ("+447700900123", Presentation.WITHHELD),
        ("+447700900123", Presentation.UNAVAILABLE),
        ("", Presentation.AVAILABLE),
        ("Anonymous", Presentation.AVAILABLE),
        ("sip:anonymous@anonymous.invalid", Presentation.AVAILABLE),
        ("RESTRICTED", Presentation.AVAILABLE),
        ("0000000000", Presentation.AVAILABLE),
        ("+266696687", Presentation.AVAILABLE),
        ("+7378742833", Presentation.AVAILABLE),
    ],
)
def test_t4_withheld_never_matches(raw: str, presentation: Presentation) -> None:
    caller = read_caller(raw, presentation)
    assert caller == Caller(None, withheld=True)
    assert match(caller, [ANN], MOMENT) == Match(MatchState.WITHHELD)


@pytest.mark.parametrize(
    "raw",
    [
        "07700 900123",
        "+44 7700 900123",
        "0044 7700 900123",
        "+44 (0)7700 900123",
        "+447700900123",
        "sip:+447700900123@trunk.example;user=phone",
        "tel:+447700900123",
        '"Ann" <sip:+447700900123@trunk.example>',
    ],
)
def test_t11_one_number_however_it_arrives(raw: str) -> None:
    assert read_caller(raw) == KNOWN


def test_an_internal_number_is_not_withheld_and_matches_nobody() -> None:
    caller = read_caller("204")
    assert caller == Caller(None, withheld=False)
    assert match(caller, [ANN], MOMENT) == Match(MatchState.UNMATCHED)


@pytest.mark.parametrize("state", [each for each in MatchState if each not in WAITING])
def test_t9_t10_a_later_pass_leaves_what_is_settled(state: MatchState) -> None:
    assert rematch(state, KNOWN, [BOB], MOMENT) is None


def test_suggestions_are_ranked_with_reasons() -> None:
    ago = MOMENT - timedelta(days=5)
    listed = Holder(PatientId("d"), on_campaign_list=True)
    messaged = Holder(PatientId("c"), last_messaged_at=ago)
    head = Holder(PatientId("b"), is_head=True)
    booked = Holder(PatientId("a"), appointment_changed_at=ago)
    nobody = Holder(PatientId("0"), last_messaged_at=MOMENT - timedelta(days=31))

    found = match(KNOWN, [nobody, booked, head, messaged, listed], MOMENT).suggestions

    assert [each.patient_id for each in found] == ["d", "c", "b", "a", "0"]
    assert [len(each.reasons) for each in found] == [1, 1, 1, 1, 0]
    assert found[1].reasons == ("The only one we wrote to in the last 30 days.",)


def test_a_sign_that_several_share_is_no_sign() -> None:
    both = [Holder(PatientId(each), on_campaign_list=True, last_messaged_at=MOMENT) for each in ("b", "a")]
    found = match(KNOWN, both, MOMENT).suggestions
    assert [(each.patient_id, each.reasons) for each in found] == [("a", ()), ("b", ())]


@given(callers, holders)
def test_a_patient_is_named_only_for_a_number_in_exactly_one_file(
    caller: Caller, found: list[Holder]
) -> None:
    answer = match(caller, found, MOMENT)
    files = {each.patient_id for each in found}
    assert (answer.patient_id is not None) == (
        not caller.withheld and caller.e164 is not None and len(files) == 1
    )
    assert (answer.state is MatchState.AUTO_MATCHED) == (answer.patient_id is not None)
    if answer.state is MatchState.AMBIGUOUS:
        assert sorted(each.patient_id for each in answer.suggestions) == sorted(files)


@pytest.mark.parametrize("state", list(MatchState))
def test_the_first_decision_by_hand_stands(state: MatchState) -> None:
    if state in (MatchState.MATCHED_BY_HAND, MatchState.LEAD_CREATED, MatchState.IGNORED):
        with pytest.raises(CallSettledError):
            require_open(state)
    else:
        require_open(state)


def test_how_a_match_by_hand_is_recorded() -> None:
    assert method_by_hand(KNOWN, add_number=True) is MatchMethod.NUMBER_ADDED_TO_FILE
    assert method_by_hand(KNOWN, add_number=False) is MatchMethod.MANUAL_ONCE
    hidden = Caller(None, withheld=True)
    assert method_by_hand(hidden, add_number=False) is MatchMethod.MANUAL_ONCE
    with pytest.raises(NumberHiddenError):
        method_by_hand(hidden, add_number=True)


@given(st.text(max_size=40))
def test_anything_can_come_as_a_caller(raw: str) -> None:
    caller = read_caller(raw)
    assert not (caller.withheld and caller.e164)
