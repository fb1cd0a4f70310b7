"""``primoro-campaigns server account``: where every recipient of a campaign went, and whether all adds up."""

import argparse
import json
import sys

from primoro_campaigns.domain.consent.model import REFUSAL_WORDS
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.accounts import Audited
from primoro_campaigns.server.opening import add_place_options, opened, place_of

BALANCES, DOES_NOT_BALANCE = 0, 1
"""Exit statuses."""


def add_account_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``account`` and ``account verify`` to the server's commands."""
    showing = commands.add_parser("account", help="show where every recipient of a campaign's last run went")
    add_place_options(showing)
    showing.add_argument("--campaign", metavar="NAME", help="the campaign's name")
    showing.add_argument("--json", action="store_true", help="for programs")
    showing.set_defaults(run=_show, refuse=showing.error)
    verifying = showing.add_subparsers(title="commands", metavar="COMMAND").add_parser(
        "verify", help="count every run anew from the ledger; exit status 1 when one does not add up"
    )
    add_place_options(verifying)
    verifying.set_defaults(run=_verify)


def _show(arguments: argparse.Namespace) -> int:
    if not arguments.campaign:
        arguments.refuse("give --campaign NAME, or the command verify")
    with opened(place_of(arguments)) as (database, _key), database.read() as connection:
        found = accounts.latest(connection, arguments.campaign)
    sys.stdout.write(f"{json.dumps(_as_json(found))}\n" if arguments.json else _in_words(found))
    return DOES_NOT_BALANCE if found.faults else BALANCES


def _verify(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments)) as (database, _key), database.read() as connection:
        runs = accounts.every(connection)
    wrong = [run for run in runs if run.faults]
    for run in wrong:
        sys.stdout.write(
            f"“{run.run.name}”, sent {run.run.frozen_at:%d/%m/%Y %H:%M} UTC (run {run.run.id}):\n"
        )
        sys.stdout.writelines(f"  {fault}\n" for fault in run.faults)
    sys.stdout.write(f"{len(runs):,} runs, {len(runs) - len(wrong):,} add up.\n")
    return DOES_NOT_BALANCE if wrong else BALANCES


def _as_json(found: Audited) -> dict[str, object]:
    account = found.account
    return {
        "campaign": found.run.name,
        "run": found.run.id,
        "state": found.run.state,
        "recipients": account.recipients,
        "planned": account.planned,
        "claimed": account.claimed,
        "sent": account.sent,
        "failed": account.failed,
        "skipped": account.skipped_in_all,
        "unknown": account.unknown,
        "skipped_by_reason": {reason.value: count for reason, count in accounts.reasons_of(account).items()},
        "balances": not found.faults,
        "faults": list(found.faults),
    }


def _in_words(found: Audited) -> str:
    account = found.account
    waiting = f", {account.waiting:,} waiting" if account.waiting else ""
    lines = [
        f"“{found.run.name}”: {account.recipients:,} recipients. {account.sent:,} sent, "
        f"{account.failed:,} failed, {account.skipped_in_all:,} skipped, "
        f"{account.unknown:,} not certain{waiting}.",
        *(
            f"  {count:,} skipped: {REFUSAL_WORDS[reason]}"
            for reason, count in accounts.reasons_of(account).items()
        ),
        *(found.faults or ("It adds up.",)),
    ]
    return "\n".join(lines) + "\n"
