"""The programs that the measurement of sending needs: unpacked and installed into a folder that git ignores.

Nothing is installed on the machine. What cannot be had is told, and left out.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".bench-cache"
PEERS = Path(__file__).parent / "peers"
START_SECONDS = 10


class MissingError(RuntimeError):
    """A program is not there and could not be had; the text says what it is."""


def postfix() -> Path:
    """The unpacked package with smtp-sink and smtp-source. Raises ``MissingError``."""
    folder = CACHE / "postfix"
    if not (folder / "usr/sbin/smtp-sink").exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise MissingError("smtp-sink and smtp-source come from Debian's package postfix")
        folder.mkdir(parents=True, exist_ok=True)
        _must("Debian's package postfix", ["apt-get", "download", "postfix"], folder)
        (package,) = folder.glob("postfix_*.deb")
        _must("Debian's package postfix", ["dpkg", "-x", str(package), "."], folder)
    return folder


def environment(folder: Path) -> Mapping[str, str]:
    """Where those programs find their libraries."""
    return {**os.environ, "LD_LIBRARY_PATH": str(folder / "usr/lib/postfix")}


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """Postfix's smtp-sink on a port of its own, for as long as the block lasts."""
    folder = postfix()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [str(folder / "usr/sbin/smtp-sink"), *(["-u", "nobody"] if os.geteuid() == 0 else [])]
    process = subprocess.Popen(
        [*command, f"127.0.0.1:{port}", "1000"], env=environment(folder), cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def smtp_source(port: int, count: int, size: int) -> float:
    """Seconds that C without rendering and without a ledger takes: the ceiling."""
    folder = postfix()
    command = [str(folder / "usr/sbin/smtp-source"), "-d", "-s", "5", "-m", str(count), "-l", str(size)]
    command += ["-f", "hello@practice.example", "-t", "p@example.com", f"127.0.0.1:{port}"]
    begin = time.perf_counter()
    subprocess.run(command, env=environment(folder), check=True, capture_output=True)
    return time.perf_counter() - begin


def nodemailer() -> list[str]:
    """The command, before its arguments. Raises ``MissingError``."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise MissingError("nodemailer needs node and npm")
    folder = CACHE / "nodemailer"
    if not (folder / "node_modules/nodemailer").exists():
        folder.mkdir(parents=True, exist_ok=True)
        _must(
            "nodemailer", [npm, "install", "--no-audit", "--no-fund", "--prefix", ".", "nodemailer"], folder
        )
    script = folder / "nodemailer.mjs"
    shutil.copyfile(PEERS / "nodemailer.mjs", script)
    return [node, str(script)]


def django_post_office() -> list[str]:
    """The command, before its arguments. Raises ``MissingError``."""
    folder = CACHE / "django-post-office"
    python = folder / "bin/python"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        _must("django-post-office", [str(python), "-m", "pip", "install", "-q", "django-post-office"], folder)
        (folder / "done").touch()
    return [str(python), str(PEERS / "django_post_office.py")]


def _must(what: str, command: list[str], folder: Path) -> None:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.stderr.write(result.stderr)
        raise MissingError(f"{what} could not be had")


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise MissingError("smtp-sink did not start")
