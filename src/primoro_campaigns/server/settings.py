"""What the server is told when it starts. What the organisation decides is in ``account/organisation.py``."""

from dataclasses import dataclass
from pathlib import Path

from primoro_campaigns.server.database.engine import sqlite_url

DATABASE_FILE = "primoro.db"
DEFAULT_PORT = 8787


@dataclass(frozen=True)
class ServerSettings:
    """``port`` 0 takes a free one. ``public_address`` is how patients and the desktops reach the server from
    outside, without a slash at the end; when it is given, a reverse proxy in front of the server is trusted
    to name the client. ``data_dir`` keeps the key and the prepared snapshots, and the database unless
    ``database_url`` names another.
    """

    data_dir: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    public_address: str = ""

    @property
    def snapshot_dir(self) -> Path:
        return self.data_dir / "snapshots"


def database_url(data_dir: Path) -> str:
    """The database of a server that was given only a folder."""
    return sqlite_url(data_dir / DATABASE_FILE)
