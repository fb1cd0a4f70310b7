"""The account of every run, counted anew from the ledger, and what does not add up in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.delivery.account import Account
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.campaign.service import name_key
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.store import FrozenRun


class NoCampaignError(NotFoundError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no campaign “{name}”.",
            "Nothing was changed. Write the name as the list of campaigns shows it.",
            "campaign.missing",
        )


class NothingSentError(PrimoroError):
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Nothing of “{name}” has been sent yet.",
            "Nothing was changed. There is an account once it is approved and its time has come.",
            "campaign.nothing_sent",
        )


@dataclass(frozen=True)
class Audited:
    """One run and its account. ``faults`` says in words what does not add up; empty when all does."""

    run: FrozenRun
    account: Account
    faults: tuple[str, ...]


def latest(connection: Connection, name: str) -> Audited:
    """The latest run of the campaign of this name. Raises ``NoCampaignError``, ``NothingSentError``."""
    key = name_key(name)
    runs = store.frozen_runs(connection, key)
    if not runs:
        raise NothingSentError(name) if store.is_campaign(connection, key) else NoCampaignError(name)
    return _audited(connection, runs[-1])


def every(connection: Connection) -> list[Audited]:
    """Every run whose recipients were ever frozen."""
    return [_audited(connection, run) for run in store.frozen_runs(connection)]


def _audited(connection: Connection, run: FrozenRun) -> Audited:
    states = store.count_states(connection, run.id)
    reasons = store.count_skipped(connection, run.id)
    account = Account(
        recipients=run.recipients,
        planned=states.get(DeliveryState.PLANNED, 0),
        claimed=states.get(DeliveryState.CLAIMED, 0),
        sent=states.get(DeliveryState.SENT, 0),
        failed=states.get(DeliveryState.FAILED, 0),
        unknown=states.get(DeliveryState.UNKNOWN, 0),
        skipped=reasons,
    )
    faults = _faults(run, account, states.get(DeliveryState.SKIPPED, 0))
    if run.shown is not None:
        faults += _shown_wrongly(run.shown, store.count_campaign(connection, run.campaign_id))
    return Audited(run, account, tuple(faults))


def _faults(run: FrozenRun, account: Account, skipped: int) -> list[str]:
    faults = []
    lines = account.waiting + account.sent + account.failed + account.unknown + skipped
    if lines != run.recipients:
        faults.append(f"{run.recipients} recipients were frozen and the ledger has {lines} lines.")
    if account.skipped_in_all != skipped:
        faults.append(f"{skipped} lines are skipped and {account.skipped_in_all} of them say why.")
    if run.state == "completed" and not account.finished:
        faults.append(f"It is completed and {account.waiting} lines are still waiting.")
    return faults


def _shown_wrongly(shown: Mapping[str, int], lines: Mapping[DeliveryState, int]) -> list[str]:
    """What desktops are shown of a campaign and its lines do not say."""
    counted = {
        "recipients": sum(lines.values()),
        **{each.value: lines.get(each, 0) for each in DeliveryState},
    }
    return [
        f"“{name}” is shown as {number} and the ledger has {counted[name]}."
        for name, number in shown.items()
        if counted[name] != number
    ]


def reasons_of(account: Account) -> dict[Refusal, int]:
    """Why lines were skipped, the commonest first."""
    return dict(sorted(account.skipped.items(), key=lambda each: (-each[1], each[0])))
