"""Opening the server's database from the command line: the options ``--data`` and ``--database``, and what
they mean.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import ArgumentError, DatabaseError

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.migrate import upgrade_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey, find_or_make_key
from primoro_campaigns.server.settings import database_url
from primoro_campaigns.support.clock import Clock, SystemClock
from primoro_campaigns.support.paths import own_server_folder, private_folder


class DataFolderError(PrimoroError):
    status = 500

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be used for the server's data: {why}.",
            "Nothing was changed. Choose a folder that this user may write to.",
            "server.data_folder",
        )


class DatabaseAwayError(PrimoroError):
    status = 500

    def __init__(self) -> None:
        super().__init__(
            "The database cannot be opened.",
            "Nothing was changed. Check that the address after --database is right, "
            "that the database server runs, and that the disk is not full.",
            "server.database_away",
        )


@dataclass(frozen=True)
class Place:
    """Where a server keeps its things."""

    data_dir: Path
    database_url: str


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """``--data`` and ``--database``, also after a sub-command."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the folder of the server's data"
    )
    parser.add_argument(
        "--database",
        metavar="URL",
        default=argparse.SUPPRESS,
        help="a PostgreSQL database instead of the SQLite file in the data folder (postgresql://…)",
    )


def place_of(arguments: argparse.Namespace) -> Place:
    """What the options name; the data folder is made. Raises ``DataFolderError``."""
    given: Path | None = getattr(arguments, "data", None)
    try:
        folder = private_folder((given if given is not None else own_server_folder()).expanduser().absolute())
    except OSError as error:
        raise DataFolderError(given or Path("~"), error.strerror or "it cannot be made") from error
    return Place(folder, getattr(arguments, "database", None) or database_url(folder))


@contextmanager
def opened(place: Place, clock: Clock | None = None) -> Iterator[tuple[Database, ServerKey]]:
    """The database, migrated to this program's schema, and the key that belongs to it; closed at the end.

    Raises ``DatabaseTooNewError``, ``ServerKeyError``, ``DataFolderError``, ``DatabaseAwayError``.
    """
    try:
        key = find_or_make_key(place.data_dir)
    except OSError as error:
        raise DataFolderError(place.data_dir, error.strerror or "the key cannot be read") from error
    try:
        engine = open_engine(place.database_url)
    except ArgumentError:
        raise DatabaseAwayError from None
    database = Database(engine, clock if clock is not None else SystemClock())
    try:
        try:
            upgrade_engine(engine)
        except DatabaseError as error:
            raise DatabaseAwayError from error
        with database.read() as connection:
            organisation.check_key(connection, key)
        yield database, key
    finally:
        database.close()
