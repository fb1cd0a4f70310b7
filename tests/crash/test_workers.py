"""Several workers on one PostgreSQL: killed, frozen past their lease, and all at once."""

import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.server.delivery.claiming import LINES_A_CLAIM
from tests.crash import scene
from tests.crash.scene import Practice
from tests.crash.worker_process import WorkerProcess
from tests.postgresql import Postgresql

PATIENTS = 600
LEASE_S = 4.0
KILLS = 5


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def at(postgresql: Postgresql, tmp_path: Path, mail: MailCatcher) -> Iterator[Practice]:
    name = postgresql.create()
    place = scene.place_in(tmp_path, postgresql.url(name))
    with TextCatcher() as texts, scene.practice(place, mail, texts, PATIENTS, 0) as practice:
        scene.approved(practice.database, by_text=False)
        yield practice
    postgresql.drop(name)


def test_two_workers_share_a_run_and_one_dies_again_and_again(at: Practice, mail: MailCatcher) -> None:
    chance = random.Random(7)
    with WorkerProcess(at.place, LEASE_S):
        for _ in range(KILLS):
            dying = WorkerProcess(at.place, LEASE_S).start()
            try:
                mail.wait_for(min(len(mail.caught) + chance.randint(1, 60), PATIENTS - KILLS * LINES_A_CLAIM))
            finally:
                dying.kill()
        scene.wait_until(lambda: scene.done(at.database, "letters"))
    account = scene.account(at.database, "letters")
    count = scene.letters_at(mail)
    assert max(count.values()) == 1, "somebody was written to twice"
    assert set(account.counts) <= {"sent", "unknown"}
    assert len(account.who("unknown")) <= KILLS * LINES_A_CLAIM
    assert all(count[scene.address_of(who)] for who in account.who("sent")), "somebody is lost"


def test_a_worker_that_is_frozen_past_its_lease_lets_nothing_more_through(
    at: Practice, mail: MailCatcher
) -> None:
    frozen = WorkerProcess(at.place, LEASE_S).start()
    asleep = threading.Event()

    def freeze(_address: str) -> str | None:
        # In the middle of a claim, while some of its letters have not left.
        if len(mail.caught) >= 30 and not asleep.is_set():
            frozen.send(signal.SIGSTOP)
            asleep.set()
        return None

    mail.manners.refuse = freeze
    try:
        assert asleep.wait(60)
        with WorkerProcess(at.place, LEASE_S):
            scene.wait_until(lambda: scene.done(at.database, "letters"))
            before = scene.account(at.database, "letters")
            assert 0 < len(before.who("unknown")) <= LINES_A_CLAIM
            frozen.send(signal.SIGCONT)
            assert frozen.stop() == 0
    finally:
        frozen.kill()
    count = scene.letters_at(mail)
    assert max(count.values()) == 1
    # What was on the wire when it was frozen may have arrived; what was not, never left.
    arrived = {who for who in before.who("unknown") if count[scene.address_of(who)]}
    assert arrived < before.who("unknown")
    assert scene.account(at.database, "letters").states == before.states
