"""The server as a process: it starts, serves, tells what is wrong, and stops at once."""

import io
import os
import socket
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy import text

from primoro_campaigns.server import cli
from primoro_campaigns.server.database.engine import open_engine, sqlite_url
from primoro_campaigns.server.settings import database_url
from tests.fakes.server_process import ServerDiedError, ServerProcess
from tests.server.desk import PASSWORD

TIMEOUT_S = 30


@dataclass(frozen=True)
class Told:
    status: int
    out: str
    err: str


def command(data_dir: Path, *arguments: str, given: str = "") -> Told:
    """A command of the administrator, run within this process: it is quicker."""
    out, err, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(given)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            status = cli.main([*arguments, "--data", str(data_dir)])
    finally:
        sys.stdin = before
    return Told(status, out.getvalue(), err.getvalue())


def create_user(data_dir: Path, username: str = "anna", *more: str) -> Told:
    return command(
        data_dir,
        *("create-user", "--username", username, "--name", "Anna Ash", "--role", "administrator"),
        "--password-stdin",
        *more,
        given=f"{PASSWORD}\n",
    )


FIRST = ("--organisation", "Riverside Dental", "--location-name", "High Street")


def sign_in(server: ServerProcess, username: str = "anna") -> dict[str, str]:
    answer = requests.post(
        f"{server.address}/api/v1/session",
        json={"username": username, "password": PASSWORD, "device_id": "d1", "device_name": "Reception"},
        timeout=TIMEOUT_S,
    )
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_a_server_starts_serves_and_stops(server_database: str, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with ServerProcess(data_dir, server_database) as server:
        assert server.set_up_code is not None
        health = requests.get(f"{server.address}/api/v1/health", timeout=TIMEOUT_S).json()
        assert (health["ok"], health["needs_set_up"]) == (True, True)
        done = requests.post(
            f"{server.address}/api/v1/set-up",
            json={
                "code": server.set_up_code,
                "organisation_name": "Riverside Dental",
                "location_name": "High Street",
                "display_name": "Anna Ash",
                "username": "anna",
                "password": PASSWORD,
            },
            timeout=TIMEOUT_S,
        )
        assert done.status_code == 204, done.text
        headers = sign_in(server)
        made = requests.post(
            f"{server.address}/api/v1/sync/snapshot", headers=headers, timeout=TIMEOUT_S
        ).json()
        chunk = requests.get(
            f"{server.address}/api/v1/sync/snapshot/{made['snapshot_id']}/0",
            headers=headers,
            timeout=TIMEOUT_S,
        ).json()
        assert (chunk["room"], len(chunk["rows"])) == ("location", 1)
        with requests.get(
            f"{server.address}/api/v1/sync/events?after=0", headers=headers, stream=True, timeout=TIMEOUT_S
        ) as stream:
            lines = stream.iter_lines()
            assert any(line.startswith(b'data: {"seq": ') for line in lines)
            assert server.stop() == 0  # an open stream does not hold it up: it would be killed in the end
            list(lines)
        server.start()
        assert requests.get(f"{server.address}/api/v1/me", headers=headers, timeout=TIMEOUT_S).ok
        log = "".join(server.log)
    assert PASSWORD not in log
    assert headers["Authorization"] not in log
    assert '"level": "ERROR"' not in log
    if os.name == "posix":
        assert (data_dir / "server.key").stat().st_mode & 0o077 == 0


def test_a_desktop_that_starts_its_own_server_chooses_the_code(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "data", environment={"PRIMORO_SETUP_CODE": "WXYZ-2345"}) as server:
        assert server.set_up_code is None
        done = requests.post(
            f"{server.address}/api/v1/set-up",
            json={
                "code": "WXYZ-2345",
                "organisation_name": "Riverside Dental",
                "location_name": "High Street",
                "display_name": "Anna Ash",
                "username": "anna",
                "password": PASSWORD,
            },
            timeout=TIMEOUT_S,
        )
        assert done.status_code == 204


def test_a_killed_server_comes_back_with_what_it_had(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    assert create_user(data_dir, "anna", *FIRST).status == 0
    server = ServerProcess(data_dir).start()
    headers = sign_in(server)
    server.kill()
    with server:
        assert server.set_up_code is None
        assert requests.get(f"{server.address}/api/v1/me", headers=headers, timeout=TIMEOUT_S).ok


def test_a_second_server_on_one_file_is_told_in_words_and_harms_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    create_user(data_dir, "anna", *FIRST)
    with ServerProcess(data_dir) as server:
        with pytest.raises(
            ServerDiedError, match=r"Another server already works with .*\nNothing was changed"
        ):
            ServerProcess(data_dir).start()
        assert requests.get(f"{server.address}/api/v1/health", timeout=TIMEOUT_S).ok
        assert create_user(data_dir, "bea").status == 0


def test_users_are_made_from_the_command_line(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    early = create_user(data_dir)
    assert (early.status, "has not been set up" in early.err) == (1, True)
    first = create_user(data_dir, "anna", *FIRST)
    assert (first.status, first.out) == (0, "Added the user anna.\n")
    second = create_user(data_dir, "ANNA")
    assert (second.status, "already used" in second.err) == (1, True)
    lost = create_user(data_dir, "bea", "--location", "Mill Lane")
    assert (lost.status, "There are: High Street." in lost.err) == (1, True)
    assert create_user(data_dir, "bea", "--location", "high street").status == 0


def test_settings_are_made_from_the_command_line(tmp_path: Path) -> None:
    create_user(tmp_path / "data", "anna", *FIRST)
    done = command(tmp_path / "data", "configure", "smtp_host=mail.example.org", "smtp_password=hunter2")
    assert done.status == 0
    assert "smtp_host=mail.example.org\n" in done.out
    assert "smtp_password=(set)\n" in done.out
    assert "hunter2" not in done.out + done.err
    for wrong, words in (("colour=blue", "There is no setting"), ("smtp_host", "has no value")):
        refused = command(tmp_path / "data", "configure", wrong)
        assert (refused.status, words in refused.err) == (1, True)


def test_a_taken_port_is_told_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ServerDiedError) as caught:
        ServerProcess(tmp_path / "data", port=taken.getsockname()[1]).start()
    assert "cannot listen on 127.0.0.1" in str(caught.value)
    assert "--port" in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_a_database_of_a_newer_program_is_told_in_words(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    create_user(data_dir, "anna", *FIRST)
    engine = open_engine(database_url(data_dir))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ServerDiedError, match=r"newer version of Primoro Campaigns\.\nNothing was changed"):
        ServerProcess(data_dir).start()


def test_a_lost_key_is_told_in_words(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    create_user(data_dir, "anna", *FIRST)
    (data_dir / "server.key").unlink()
    with pytest.raises(ServerDiedError, match="key does not belong to this database"):
        ServerProcess(data_dir).start()


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "nonsense", sqlite_url(Path("/nowhere/at/all.db"))]
)
def test_a_database_that_is_away_is_told_in_words(tmp_path: Path, url: str) -> None:
    with pytest.raises(ServerDiedError, match="The database cannot be opened") as caught:
        ServerProcess(tmp_path / "data", url).start()
    assert "Traceback" not in str(caught.value)


def test_a_folder_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ServerDiedError, match="cannot be used for the server's data"):
        ServerProcess(tmp_path / "data").start()


def test_a_broken_database_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "primoro.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(ServerDiedError, match="The database cannot be opened") as caught:
        ServerProcess(tmp_path).start()
    assert "Traceback" not in str(caught.value)
    assert (tmp_path / "primoro.db").read_bytes() == b"this is not a database" * 100
