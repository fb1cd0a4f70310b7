"""Bring a database to the schema this program knows."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.database.engine import open_engine

_SCRIPTS = Path(__file__).parent / "migrations"


class DatabaseTooNewError(PrimoroError):
    """The database was written by a newer program; going on could lose what it does not know of."""

    def __init__(self) -> None:
        super().__init__(
            "This database was made by a newer version of Primoro Campaigns.",
            "Nothing was changed. Install the newer version on this server and start it again.",
            "database.too_new",
        )


def upgrade(url: str) -> None:
    """Create or migrate the schema at ``url``.

    Raises ``DatabaseTooNewError`` for a revision this program does not know.
    """
    engine = open_engine(url, pool_size=1)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> None:
    """The same on an open engine."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
            raise DatabaseTooNewError
        with connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
