"""Who may change what about consent."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.consent.change import (
    OPENS,
    Evidence,
    EvidenceMissingError,
    NewerOptOutError,
    SourceCannotOptInError,
    StoppedError,
    require_opt_in,
    require_opt_out,
    what_is_missing,
)
from primoro_campaigns.domain.consent.model import Channel, ConsentSource
from primoro_campaigns.domain.errors import NotAllowedError
from tests.domain.standings import MOMENT

NOBODY: frozenset[Right] = frozenset()
OWNER = ROLE_RIGHTS[Role.OWNER]
RECEPTION = ROLE_RIGHTS[Role.RECEPTION]
ASKED = Evidence("the patient", MOMENT, "at reception", "2026-01")
OWN_ACTS = (ConsentSource.UNSUBSCRIBE_PAGE, ConsentSource.PREFERENCE_PAGE, ConsentSource.START_TEXT)


@pytest.mark.parametrize("source", [each for each in ConsentSource if each is not ConsentSource.STAFF])
def test_l06_opting_out_needs_nobody_s_leave(source: ConsentSource) -> None:
    require_opt_out(source, NOBODY)


def test_l06_every_role_at_the_desk_may_opt_a_patient_out() -> None:
    for role in Role:
        require_opt_out(ConsentSource.STAFF, ROLE_RIGHTS[role])
    with pytest.raises(NotAllowedError):
        require_opt_out(ConsentSource.STAFF, frozenset({Right.VIEW}))


def test_e07_opting_in_needs_more_right_than_opting_out() -> None:
    with pytest.raises(NotAllowedError):
        require_opt_in(ConsentSource.STAFF, RECEPTION, ASKED, Channel.EMAIL)
    require_opt_in(ConsentSource.STAFF, frozenset({Right.PERMIT}), ASKED, Channel.EMAIL)


@pytest.mark.parametrize(
    "evidence", [None, replace(ASKED, asked_by=" "), replace(ASKED, how=""), replace(ASKED, wording="")]
)
@pytest.mark.parametrize("source", [ConsentSource.STAFF, ConsentSource.IMPORT])
@pytest.mark.parametrize("channel", [None, Channel.EMAIL])
def test_l05_no_evidence_no_opting_in(
    evidence: Evidence | None, source: ConsentSource, channel: Channel | None
) -> None:
    with pytest.raises(EvidenceMissingError) as refused:
        require_opt_in(source, OWNER, evidence, channel)
    assert refused.value.code == "consent.evidence_missing"


def test_what_is_missing_is_said() -> None:
    assert what_is_missing(ASKED) == ()
    assert what_is_missing(replace(ASKED, how="", wording=" ")) == ("how", "in which words")
    assert "who asked, when, how and in which words" in EvidenceMissingError(what_is_missing(None)).title


@pytest.mark.parametrize(
    "source", [ConsentSource.STAFF, ConsentSource.IMPORT, ConsentSource.UNSUBSCRIBE_PAGE]
)
def test_l10_after_stop_not_even_the_owner_opts_in(source: ConsentSource) -> None:
    with pytest.raises(StoppedError) as refused:
        require_opt_in(source, OWNER, ASKED, Channel.SMS, stopped=True)
    assert "START" in refused.value.advice


def test_l10_start_from_that_number_opts_in_again() -> None:
    require_opt_in(ConsentSource.START_TEXT, NOBODY, None, Channel.SMS, stopped=True, opted_out_at=MOMENT)


def test_l10_stop_is_about_texts_alone() -> None:
    require_opt_in(ConsentSource.STAFF, OWNER, ASKED, Channel.EMAIL, stopped=True)
    require_opt_in(ConsentSource.STAFF, OWNER, ASKED, None, stopped=True)


@pytest.mark.parametrize("source", [each for each in ConsentSource if each not in OPENS])
def test_what_takes_consent_away_never_gives_it(source: ConsentSource) -> None:
    with pytest.raises(SourceCannotOptInError) as refused:
        require_opt_in(source, OWNER, ASKED, Channel.EMAIL)
    assert refused.value.title


@pytest.mark.parametrize("source", OWN_ACTS)
def test_l10_the_patient_s_own_act_needs_no_evidence_from_staff(source: ConsentSource) -> None:
    require_opt_in(source, NOBODY, None, Channel.EMAIL)


@pytest.mark.parametrize(("minutes", "refused"), [(-1, True), (0, False), (1, False)])
def test_a_withdrawal_after_the_request_wins(minutes: int, refused: bool) -> None:
    asked = replace(ASKED, asked_at=MOMENT + timedelta(minutes=minutes))
    if refused:
        with pytest.raises(NewerOptOutError):
            require_opt_in(ConsentSource.STAFF, OWNER, asked, Channel.EMAIL, opted_out_at=MOMENT)
    else:
        require_opt_in(ConsentSource.STAFF, OWNER, asked, Channel.EMAIL, opted_out_at=MOMENT)
