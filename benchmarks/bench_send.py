"""Personalised e-mail into Postfix's smtp-sink: ours, with its ledger, against what others send with.

Text and HTML, about 5 kB, two links and a way out, headers to unsubscribe; the same words for all, sent in
turns so that a slow moment hits everybody. ``PRIMORO_BENCH_MESSAGES`` says how many (20,000),
``PRIMORO_BENCH_ROUNDS`` how often (3).

What a crash leaves behind is not the same, and belongs to each figure:

- ours: a row a patient; a claim of at most 20 is on disk (SQLite, synchronous=FULL) before they leave, and
  each outcome after it. The gate is asked again about each patient in the claim.
- nodemailer: nothing is written down.
- django-post-office: a row a message (SQLite as Django opens it); what was sent is marked after the batch.
- smtp-source: nothing is written down, nothing is rendered: the ceiling of the wire.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import send_peers
from benchmarks.measure import Measurement
from benchmarks.send_ours import MESSAGE
from primoro_campaigns.domain.message.email import Practice, compose

SIZE = 5000


def run() -> Iterable[Measurement]:
    count = int(os.environ.get("PRIMORO_BENCH_MESSAGES", "20000"))
    rounds = int(os.environ.get("PRIMORO_BENCH_ROUNDS", "3"))
    folder = Path(tempfile.mkdtemp(prefix="primoro-send-"))
    try:
        with send_peers.sink() as port:
            yield from _compare(folder, port, count, rounds)
            yield _memory(folder, port)
    except send_peers.MissingError as error:
        sys.stderr.write(f"Nothing can be measured: {error}.\n")
    finally:
        shutil.rmtree(folder)


def _compare(folder: Path, port: int, count: int, rounds: int) -> Iterable[Measurement]:
    words = folder / "message.json"
    words.write_text(json.dumps(_words()), "utf-8")
    senders: dict[str, Callable[[int], float]] = {"ours": lambda turn: _ours(folder / str(turn), port, count)}
    senders["smtp-source"] = lambda _turn: send_peers.smtp_source(port, count, SIZE)
    for name, find in (
        ("nodemailer", send_peers.nodemailer),
        ("django-post-office", send_peers.django_post_office),
    ):
        try:
            command = find()
        except send_peers.MissingError as error:
            sys.stderr.write(f"{name} is left out: {error}.\n")
            continue
        senders[name] = partial(_peer, command, words, port, count, folder / name)
    took: dict[str, list[float]] = {name: [] for name in senders}
    for turn in range(rounds):
        for name, send in senders.items():
            took[name].append(send(turn))
    ours = count / median(took["ours"])
    for name, seconds in took.items():
        if name != "ours":
            yield Measurement(f"send, against {name}", ours, count / median(seconds), "msg/s", count)


def _words() -> dict[str, str]:
    def said(text: str) -> str:
        named = text.replace("{first_name|patient}", "{name}").replace("{first_name|Hello}", "{name}")
        return named.replace("{practice_name}", "Bridge Street")

    parts = compose(said(MESSAGE.subject), said(MESSAGE.email_body), Practice("Bridge Street"), "", "{url}")
    return {"subject": parts.subject, "text": parts.text, "html": parts.html}


def _ours(folder: Path, port: int, count: int) -> float:
    return _told(_command(folder, port, count), count)["send_s"]


def _command(folder: Path, port: int, count: int, *more: str) -> list[str]:
    where = ["--data", str(folder), "--port", str(port), "--count", str(count)]
    return [sys.executable, "-m", "benchmarks.send_ours", *where, *more]


def _peer(command: list[str], words: Path, port: int, count: int, folder: Path, turn: int) -> float:
    place = folder / str(turn)
    place.mkdir(parents=True)
    return _told([*command, str(words), str(port), str(count), str(place)], count)["send_s"]


def _told(command: list[str], count: int | None) -> dict[str, float]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if count is not None and told["sent"] != count:
        raise RuntimeError(f"{told['sent']} of {count} were sent")
    return told


def _memory(folder: Path, port: int) -> Measurement:
    """The most memory the sender takes with 100,000 recipients, and with 1,000, in megabytes."""
    many, few = (
        _told(_command(folder / f"memory-{count}", port, count, "--most", "1000"), None)["memory_mb"]
        for count in (100_000, 1000)
    )
    return Measurement("memory, 100,000 recipients", many, few, "MB", 100_000)
