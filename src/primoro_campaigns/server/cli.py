"""``primoro-campaigns server …``: run the server, and what its administrator does from the command line."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.account import organisation, password, set_up, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.cli import add_audit_commands
from primoro_campaigns.server.delivery.cli import add_account_commands
from primoro_campaigns.server.delivery.providers.registry import ACCOUNTS
from primoro_campaigns.server.delivery.providers.signing.cli import add_signing_command
from primoro_campaigns.server.delivery.worker_cli import add_sending_commands
from primoro_campaigns.server.intake.cli import add_import_commands
from primoro_campaigns.server.main import run
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.server.settings import DEFAULT_PORT, ServerSettings
from primoro_campaigns.server.subject.cli import add_subject_commands

SET_UP_CODE_VARIABLE = "PRIMORO_SETUP_CODE"
"""Set by the desktop that starts its own server, so that nobody has to read the code from a console."""

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when it worked, 1 when it was refused (the words are on standard error), 2 for wrong
    options.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    command: Command = given.run
    try:
        return command(given)
    except PrimoroError as error:
        sys.stderr.write(f"{error.title}\n{error.advice}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="primoro-campaigns server", description="The central server of Primoro Campaigns."
    )
    add_place_options(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (127.0.0.1: this computer alone)"
    )
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="the port to listen on; 0 takes a free one"
    )
    parser.add_argument(
        "--public-address",
        default="",
        metavar="ADDRESS",
        help="how patients and other computers reach this server, for example https://campaigns.example.org",
    )
    parser.set_defaults(run=_run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    creating = commands.add_parser(
        "create-user", help="add a user, and the organisation if there is none yet"
    )
    add_place_options(creating)
    creating.add_argument("--username", required=True)
    creating.add_argument("--name", required=True, help="the name that colleagues see")
    creating.add_argument("--role", required=True, choices=[role.value for role in Role])
    creating.add_argument(
        "--location",
        action="append",
        default=[],
        metavar="NAME",
        help="where the user works, by name; again for more; left out: everywhere",
    )
    creating.add_argument(
        "--organisation", metavar="NAME", help="makes the organisation when there is none yet"
    )
    creating.add_argument("--location-name", metavar="NAME", help="the organisation's first location")
    creating.add_argument("--time-zone", default="Europe/London", metavar="ZONE")
    creating.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    creating.set_defaults(run=_create_user)
    configuring = commands.add_parser("configure", help="set what the organisation decides, or show it")
    add_place_options(configuring)
    configuring.add_argument("values", nargs="*", metavar="NAME=VALUE")
    configuring.add_argument(
        "--stdin",
        action="store_true",
        help="read further settings from standard input, one a line: secrets stay off the command line",
    )
    configuring.set_defaults(run=_configure)
    add_import_commands(commands)
    add_audit_commands(commands)
    add_subject_commands(commands)
    add_account_commands(commands)
    add_sending_commands(commands)
    add_signing_command(commands)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments)
    settings = ServerSettings(
        place.data_dir,
        place.database_url,
        arguments.host,
        arguments.port,
        arguments.public_address.rstrip("/"),
    )
    return run(settings, os.environ.get(SET_UP_CODE_VARIABLE))


def _create_user(arguments: argparse.Namespace) -> int:
    if arguments.password_stdin:
        secret = sys.stdin.readline().rstrip("\r\n")
    else:
        secret = getpass.getpass(f"Password for {arguments.username}: ")
        if getpass.getpass("Again: ") != secret:
            sys.stderr.write("The two passwords differ.\nNothing was changed. Try again.\n")
            return 1
    password_hash = password.hashed(secret)
    with opened(place_of(arguments)) as (database, key), database.write() as uow:
        if organisation.find(uow.connection) is None:
            if not arguments.organisation or not arguments.location_name:
                raise organisation.NoOrganisationError
            names = set_up.FirstNames(arguments.organisation, arguments.location_name, arguments.time_zone)
            set_up.make_organisation(uow, key, names)
        names_of = {row.id: row.name for row in user.locations(uow.connection, SERVER)}
        known = {name.casefold(): location_id for location_id, name in names_of.items()}
        unknown = [name for name in arguments.location if name.casefold() not in known]
        if unknown:
            raise NotFoundError(
                f"There is no location “{unknown[0]}”.",
                f"Nothing was changed. There are: {', '.join(sorted(names_of.values()))}.",
                "account.location_unknown",
            )
        row = user.add_user(
            uow,
            SERVER,
            name=arguments.username,
            display_name=arguments.name,
            role=Role(arguments.role),
            password_hash=password_hash,
            location_ids=[known[name.casefold()] for name in arguments.location] or None,
        )
    sys.stdout.write(f"Added the user {row.username}.\n")
    return 0


def _configure(arguments: argparse.Namespace) -> int:
    lines = sys.stdin.read().splitlines() if arguments.stdin else []
    pairs = [value.partition("=") for value in (*arguments.values, *lines) if value]
    wrong = [name for name, sign, _ in pairs if not sign]
    if wrong:
        raise organisation.SettingError(f"“{wrong[0]}” has no value: write {wrong[0]}=VALUE.")
    with opened(place_of(arguments)) as (database, key), database.write() as uow:
        values = {name: value for name, _, value in pairs}
        settings = organisation.configure(uow.connection, key, values, ACCOUNTS)
    for name, value in sorted(organisation.shown(settings, ACCOUNTS).items()):
        sys.stdout.write(f"{name}={value}\n")
    return 0
