"""kill -9 while messages leave, again and again: nobody is lost, nobody is written to twice (domain.md Q4).

``PRIMORO_KILLS`` says how often (30); with 200 it takes about ten minutes.
"""

import os
import random
from pathlib import Path

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.server.delivery.claiming import LINES_A_CLAIM
from primoro_campaigns.server.settings import database_url
from tests.crash import scene
from tests.fakes.server_process import ServerProcess

KILLS = int(os.environ.get("PRIMORO_KILLS", "30"))
LONGEST_WAIT = 35
"""Messages that come in between a start and its kill, at the most."""
SPARE = 2 * LINES_A_CLAIM
"""Messages that a kill takes out of the run besides, at the most."""
CAMPAIGNS = ("letters", "texts")


def test_a_killed_server_loses_nobody_and_writes_to_nobody_twice(tmp_path: Path) -> None:
    chance = random.Random(4)
    place = scene.place_in(tmp_path, database_url(tmp_path))
    kills_among_texts = KILLS // 4
    by_text = kills_among_texts * (LONGEST_WAIT + SPARE)
    letters = (KILLS - kills_among_texts) * (LONGEST_WAIT + SPARE)
    with (
        MailCatcher() as mail,
        TextCatcher() as texts,
        scene.practice(place, mail, texts, letters, by_text) as at,
    ):
        database = at.database
        scene.approved(database, by_text=True)
        in_doubt: set[str] = set()
        for kill in range(KILLS):
            server = ServerProcess(tmp_path).start()
            try:
                # The first one dies before anything was sent: most likely while it freezes its recipients.
                more = chance.randint(1, LONGEST_WAIT) if kill else 0
                if kill < KILLS - kills_among_texts:
                    mail.wait_for(len(mail.caught) + more)
                else:
                    texts.wait_for(len(texts.caught) + more)
            finally:
                server.kill()
            held = {who for name in CAMPAIGNS for who in scene.account(database, name).who("claimed")}
            assert len(held) <= LINES_A_CLAIM, f"kill {kill} left too much in doubt"
            in_doubt |= held
        with ServerProcess(tmp_path) as server:
            scene.wait_until(lambda: scene.done(database, *CAMPAIGNS))
            assert "does not balance" not in "".join(server.log)
        for name, count in (("letters", scene.letters_at(mail)), ("texts", scene.texts_at(texts))):
            account = scene.account(database, name)
            reach = scene.address_of if name == "letters" else scene.number_of
            assert max(count.values()) == 1, "somebody was written to twice"
            assert account.who("planned") | account.who("claimed") | account.who("failed") == set()
            missed = {who for who in account.who("sent") if not count[reach(who)]}
            assert missed == set(), "somebody is lost"
            arrived = {who for who in account.states if count[reach(who)]}
            assert arrived <= account.who("sent") | account.who("unknown")
            assert account.who("unknown") <= in_doubt
        assert in_doubt, "no kill met a message in flight: this test shows nothing"
