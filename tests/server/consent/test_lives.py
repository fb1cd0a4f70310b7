"""Nobody who may not be written to is written to, however lives go: judged at the provider by an oracle."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from primoro_campaigns.domain.consent import rules
from primoro_campaigns.domain.consent.model import ConsentSource, PermissionState, Refusal
from primoro_campaigns.domain.consent.rules import Cleared, Refused, Standing
from primoro_campaigns.domain.delivery import plan
from primoro_campaigns.domain.patient.model import PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import claiming
from primoro_campaigns.server.intake.batch import Run
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome
from primoro_campaigns.server.intake.service import IntakeService
from primoro_campaigns.server.patient.tables import patient
from tests.server.consent.lives import Lives

SHARES, STEPS = 4, 5_000
"""20,000 steps in all, each share in a database of its own."""

STEPS_TO_CATCH = 2_500

Sabotage = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def lives(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lives]:
    template: Path = request.getfixturevalue("_migrated_file")
    shutil.copyfile(template, tmp_path / "lives.db")
    playing = Lives(f"sqlite:///{tmp_path / 'lives.db'}", seed=request.param)
    yield playing
    playing.close()


@pytest.mark.parametrize("lives", range(SHARES), indirect=True)
def test_l08_l13_random_lives_and_not_one_message_too_many(lives: Lives) -> None:
    for _ in range(STEPS):
        lives.step()
    assert len(lives.oracle.sent) > 200, "hardly anybody was written to"
    assert lives.hops() >= 2, "hardly a message went on to another channel"
    assert lives.verdict().holds


def without(name: str, *reasons: Refusal) -> Sabotage:
    """The gate's own question ``name`` does not know these reasons."""

    def break_it(patch: pytest.MonkeyPatch) -> None:
        asked = getattr(rules, name)

        def blind(*arguments: object) -> Refusal | None:
            found: Refusal | None = asked(*arguments)
            return None if found in reasons else found

        patch.setattr(rules, name, blind)

    return break_it


def believing(**believed: object) -> Sabotage:
    """The gate takes the channel to stand like this, whatever is on record."""

    def break_it(patch: pytest.MonkeyPatch) -> None:
        asked = rules._about_the_channel

        def blind(standing: Standing, marketing: bool) -> Refusal | None:
            return asked(replace(standing, **believed), marketing)  # type: ignore[arg-type]  # fields by name

        patch.setattr(rules, "_about_the_channel", blind)

    return break_it


def take_unknown_for_yes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rules, "_soft_opt_in_holds", lambda _standing: True)


def claim_without_asking(patch: pytest.MonkeyPatch) -> None:
    """The claim takes it that what was planned may still be sent."""

    def wave_through(
        standing: Standing, moment: datetime, today: date, policy: FrequencyPolicy
    ) -> Cleared | Refused:
        fine = replace(
            standing,
            status=PatientStatus.ACTIVE,
            permission=PermissionState.OPTED_IN,
            restrictions=frozenset(),
            suppressed=False,
            booked=False,
            resting_until=None,
            sent_last_7_days=0,
            sent_last_90_days=0,
        )
        return rules.clear(fine, moment, today, policy)

    patch.setattr(claiming, "clear", wave_through)


def write_to_everyone_at_an_address(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "_of_household", lambda household, *_rest: iter([answer for _, answer in household]))
    patch.setattr(claiming.Claiming, "_again", lambda *_arguments: False)


def let_imports_revive_a_no(patch: pytest.MonkeyPatch) -> None:
    """What was said before is gone before the import is taken in."""
    take = IntakeService.take

    def overwriting(
        service: IntakeService, uow: UnitOfWork, run: Run, batch: Sequence[Incoming]
    ) -> list[RowOutcome]:
        for each in batch:
            external_id = each.content["external_id"] if isinstance(each.content, dict) else ""
            ours = select(patient.c.id).where(patient.c.external_id == external_id)
            for table in (permission, restriction):
                uow.connection.execute(delete(table).where(table.c.patient_id.in_(ours)))
        return take(service, uow, run, batch)

    patch.setattr(IntakeService, "take", overwriting)


def let_an_old_yes_win(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ConsentService, "_refuse_outdated", lambda *_arguments: None)


def forget_the_erased(patch: pytest.MonkeyPatch) -> None:
    suppress = ConsentService.suppress

    def forgetful(service: ConsentService, *arguments: object, source: ConsentSource, why: str = "") -> int:
        if source is ConsentSource.ERASURE:
            return 0
        return suppress(service, *arguments, source=source, why=why)  # type: ignore[arg-type]  # handed on as they came

    patch.setattr(ConsentService, "suppress", forgetful)


SABOTAGES: dict[str, Sabotage] = {
    "restrictions are overlooked": without("_about_the_person", Refusal.RESTRICTED),
    "the dead are written to": without("_about_the_person", Refusal.DECEASED, Refusal.ARCHIVED),
    "children are written to": without("_about_the_person", Refusal.UNDER_18),
    "opting out is overlooked": believing(permission=PermissionState.OPTED_IN),
    "suppressed addresses are used": believing(suppressed=False),
    "not known counts as yes": take_unknown_for_yes,
    "who rests is written to": without("_for_now", Refusal.RESTING),
    "the caps are overlooked": without("_for_now", Refusal.FREQUENCY_CAP),
    "who booked is written to": without("_for_now", Refusal.BOOKED),
    "the claim does not ask again": claim_without_asking,
    "everyone at an address is written to": write_to_everyone_at_an_address,
    "an import revives a no": let_imports_revive_a_no,
    "an old yes wins over a newer no": let_an_old_yes_win,
    "erasure forgets the no": forget_the_erased,
}


@pytest.mark.parametrize("broken", SABOTAGES)
@pytest.mark.parametrize("lives", [1], indirect=True)
def test_a_broken_gate_is_caught(lives: Lives, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    SABOTAGES[broken](monkeypatch)

    def play() -> None:
        for _ in range(STEPS_TO_CATCH):
            lives.step()

    with pytest.raises(AssertionError, match=r"Message\("):
        play()
