"""Where things live on this machine."""

from pathlib import Path

import platformdirs

_APP = "PrimoroCampaigns"


def data_folder() -> Path:
    """The person's own folder for data that must survive; made when missing, closed to other people."""
    return private_folder(Path(platformdirs.user_data_dir(_APP, appauthor=False)))


def log_folder() -> Path:
    """Where the programs write their logs."""
    return private_folder(Path(platformdirs.user_log_dir(_APP, appauthor=False)))


def own_server_folder() -> Path:
    """The data of the server when this computer is used as the server."""
    return private_folder(data_folder() / "server")


def private_folder(path: Path) -> Path:
    """``path``; when it is missing it is made, with its parents, for its owner's eyes alone. Raises
    ``OSError``.

    A folder that is there already keeps its mode: it may be shared on purpose.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
