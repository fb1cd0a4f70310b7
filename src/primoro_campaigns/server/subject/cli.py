"""``primoro-campaigns server patient``: what one person may ask of us."""

import argparse
import os
import sys
from pathlib import Path

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.delivery.leaving.wait import Leaving
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.server.subject import service

_KIND = {AddressKind.EMAIL: "e-mail address", AddressKind.MOBILE: "mobile number"}


class FolderError(PrimoroError):
    status = 500

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"The copy cannot be written to {folder}: {why}.",
            "Nothing was changed. Choose a folder that this user may write to.",
            "subject.folder",
        )


def add_subject_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``patient export`` and ``patient erase`` to the server's commands."""
    asking = commands.add_parser("patient", help="give one patient a copy of all their data, or erase it")
    acts = asking.add_subparsers(title="commands", metavar="COMMAND", required=True)
    exporting = acts.add_parser("export", help="write everything about one patient as JSON and PDF")
    add_place_options(exporting)
    exporting.add_argument("--patient", required=True, metavar="ID", help="the patient's id in this program")
    exporting.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the files")
    exporting.set_defaults(run=_export)
    erasing = acts.add_parser(
        "erase", help="erase everything about one patient; that they must not be written to is kept"
    )
    add_place_options(erasing)
    erasing.add_argument("--patient", required=True, metavar="ID", help="the patient's id in this program")
    erasing.add_argument("--yes", action="store_true", help="erase it; without this nothing is changed")
    erasing.set_defaults(run=_erase)


def _export(arguments: argparse.Namespace) -> int:
    folder: Path = arguments.out
    with opened(place_of(arguments)) as (database, _key), database.write() as uow:
        copy = service.copy_of(uow, SERVER, arguments.patient)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            written = [
                _write(folder / f"patient-{arguments.patient}.json", copy.as_json),
                _write(folder / f"patient-{arguments.patient}.pdf", copy.as_pdf),
            ]
        except OSError as error:
            raise FolderError(folder, error.strerror or "it cannot be written") from error
    for path in written:
        sys.stdout.write(f"{path}\n")
    return 0


def _write(path: Path, content: bytes) -> Path:
    # Nobody but this user reads it: it is all that is known about a person.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    return path


def _erase(arguments: argparse.Namespace) -> int:
    if not arguments.yes:
        sys.stderr.write(
            "Erasing cannot be undone.\nNothing was changed. To erase the patient's data, add --yes.\n"
        )
        return 1
    with opened(place_of(arguments)) as (database, key):
        consent = ConsentService(key.for_hashes, Leaving(database).wait)
        with database.write() as uow:
            erased = service.erase(uow, SERVER, consent, arguments.patient)
    sys.stdout.write("The patient's data was erased. Desktops lose it with their next sync.\n")
    for kind in erased.suppressed:
        sys.stdout.write(f"The {_KIND[kind]} will never be written to again.\n")
    for kind in erased.kept_open:
        sys.stdout.write(f"The {_KIND[kind]} is also in another patient's file and stays usable for them.\n")
    return 0
