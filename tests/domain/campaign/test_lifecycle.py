"""The table of legal moves."""

import pytest

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.campaign.lifecycle import ACT_RIGHTS, ACT_WORDS, Act, NotNowError, acts, move
from primoro_campaigns.domain.campaign.model import Kind, State

ONCE, ON = Kind.ONE_OFF, Kind.ONGOING


@pytest.mark.parametrize(
    ("state", "act", "kind", "begun", "expected"),
    [
        (State.DRAFT, Act.SUBMIT, ONCE, False, State.PENDING_APPROVAL),
        (State.PENDING_APPROVAL, Act.SEND_BACK, ONCE, False, State.DRAFT),
        (State.PENDING_APPROVAL, Act.APPROVE, ONCE, False, State.SCHEDULED),
        (State.PENDING_APPROVAL, Act.APPROVE, Kind.NEWSLETTER, False, State.SCHEDULED),
        (State.PENDING_APPROVAL, Act.APPROVE, ON, False, State.LIVE),
        (State.PENDING_APPROVAL, Act.APPROVE, Kind.JOURNEY, False, State.LIVE),
        (State.SCHEDULED, Act.START, ONCE, False, State.SENDING),
        (State.SCHEDULED, Act.PAUSE, ONCE, False, State.PAUSED),
        (State.SENDING, Act.PAUSE, ONCE, True, State.PAUSED),
        (State.LIVE, Act.PAUSE, ON, True, State.PAUSED),
        (State.PAUSED, Act.RESUME, ONCE, False, State.SCHEDULED),
        (State.PAUSED, Act.RESUME, ONCE, True, State.SENDING),
        (State.PAUSED, Act.RESUME, ON, True, State.LIVE),
        (State.PAUSED, Act.COMPLETE, ON, True, State.COMPLETED),
        (State.SENDING, Act.COMPLETE, ONCE, True, State.COMPLETED),
        (State.SENDING, Act.CANCEL, ONCE, True, State.CANCELLED),
        (State.LIVE, Act.COMPLETE, ON, True, State.COMPLETED),
        (State.SENDING, Act.FAIL, ONCE, True, State.FAILED),
        (State.COMPLETED, Act.EDIT, ONCE, True, State.DRAFT),
    ],
)
def test_legal_moves(state: State, act: Act, kind: Kind, begun: bool, expected: State) -> None:
    assert move(state, act, kind, begun=begun) is expected


@pytest.mark.parametrize("state", [State.PENDING_APPROVAL, State.SCHEDULED, State.PAUSED])
def test_a38_an_edit_takes_the_approval_away(state: State) -> None:
    assert move(state, Act.EDIT) is State.DRAFT


@pytest.mark.parametrize(
    ("state", "act", "kind", "begun"),
    [
        (State.DRAFT, Act.APPROVE, ONCE, False),
        (State.DRAFT, Act.START, ONCE, False),
        (State.PENDING_APPROVAL, Act.START, ONCE, False),
        (State.SCHEDULED, Act.RESUME, ONCE, False),
        (State.SENDING, Act.EDIT, ONCE, True),
        (State.PAUSED, Act.EDIT, ONCE, True),
        (State.PAUSED, Act.START, ONCE, True),
        (State.LIVE, Act.EDIT, ON, True),
        (State.SCHEDULED, Act.START, ON, False),
        (State.LIVE, Act.PAUSE, ONCE, False),
        (State.COMPLETED, Act.START, ONCE, True),
    ],
)
def test_other_moves_are_refused_in_words(state: State, act: Act, kind: Kind, begun: bool) -> None:
    with pytest.raises(NotNowError) as refused:
        move(state, act, kind, begun=begun)
    assert refused.value.code == "campaign.not_now"
    assert refused.value.title.endswith(f"cannot be {ACT_WORDS[act]}.")
    assert refused.value.advice


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("begun", [True, False])
def test_what_is_offered_is_exactly_what_is_taken(kind: Kind, begun: bool) -> None:
    for state in State:
        for act in Act:
            if act in acts(state, kind, begun=begun):
                assert isinstance(move(state, act, kind, begun=begun), State)
            else:
                with pytest.raises(NotNowError):
                    move(state, act, kind, begun=begun)


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_sent_that_was_not_approved(kind: Kind) -> None:
    """Every way into a sending state leads through an approval; sending again is one too, and what is sent
    again was approved as it is.
    """
    going = {State.SCHEDULED, State.SENDING, State.LIVE}
    for begun in (True, False):
        for state in State:
            for act in acts(state, kind, begun=begun):
                if move(state, act, kind, begun=begun) in going and state not in going | {State.PAUSED}:
                    assert (state, act) in {
                        (State.PENDING_APPROVAL, Act.APPROVE),
                        (State.COMPLETED, Act.RESEND),
                    }
                    assert ACT_RIGHTS[act] is Right.APPROVE


@pytest.mark.parametrize("state", [State.CANCELLED, State.FAILED])
@pytest.mark.parametrize("kind", list(Kind))
def test_cancelled_and_failed_are_the_end(state: State, kind: Kind) -> None:
    assert acts(state, kind) == frozenset()


def test_every_act_has_words_and_a_person_s_act_a_right() -> None:
    assert set(ACT_WORDS) == set(Act)
    assert set(Act) - set(ACT_RIGHTS) == {Act.START, Act.COMPLETE, Act.FAIL}
    reception = {act for act, right in ACT_RIGHTS.items() if right in ROLE_RIGHTS[Role.RECEPTION]}
    assert reception == {Act.SUBMIT, Act.EDIT}
