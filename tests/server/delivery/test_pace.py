"""So many messages of a campaign a day, the rest on the days after."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.server.delivery.claiming import Verdicts
from primoro_campaigns.server.delivery.queue.store import ToClaim
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import add_permission
from tests.server.sender import CONTENT, MANAGER, add_willing, configure, lines, shown, states

FRIDAY = date(2026, 3, 27)
"""Summer time begins on the Sunday after it."""
PACED = replace(CONTENT, most_a_day=4)


def at(clock: FixedClock, day: date, hour: int = 11, minute: int = 0) -> None:
    clock.instant = datetime.combine(day, time(hour, minute), UTC)


def begin(house: House, clock: FixedClock, number: int, content: Content = PACED) -> None:
    at(clock, FRIDAY)
    with house.database.write() as uow:
        configure(uow, reset_months_promotions="0", most_in_7_days="0", most_in_90_days="0")
        add_willing(uow, *(f"p{each:02}" for each in range(number)))
    house.approved(content)


def test_forty_a_day_and_the_rest_on_the_days_after(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    begin(house, clock, 10)
    sent = []
    for ahead in range(4):
        for hour in (11, 14, 16):
            at(clock, FRIDAY + timedelta(days=ahead), hour)
            house.worker.work()
        sent.append(len(mail.caught))
    assert sent == [4, 8, 10, 10]
    assert shown(house.database).state == "completed"


def test_closed_days_do_not_count(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, closed_weekdays="sat, sun")
    begin(house, clock, 6)
    sent = []
    for ahead in range(4):
        at(clock, FRIDAY + timedelta(days=ahead))
        house.worker.work()
        sent.append(len(mail.caught))
    assert sent == [4, 4, 4, 6]


def test_a_pause_of_days_does_not_let_them_all_go_at_once(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    begin(house, clock, 10)
    house.worker.work()
    with house.database.write() as uow:
        house.campaigns.pause(uow, MANAGER, "c1")
    at(clock, FRIDAY + timedelta(days=6))
    with house.database.write() as uow:
        house.campaigns.resume(uow, MANAGER, "c1")
    house.worker.work()
    assert len(mail.caught) == 8


def test_both_channels_share_the_day(
    house: House, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    """Half of them fall back to a text; a day has four messages all the same."""
    mail.manners.refuse = lambda address: "550 5.1.1 No" if address[1:3] in {"00", "02", "04"} else None
    begin(house, clock, 8, replace(PACED, channel_policy=ChannelPolicy.EMAIL_SMS))
    with house.database.write() as uow:
        for each in range(8):
            add_permission(uow, f"p{each:02}", Channel.SMS)
    sent = []
    for ahead in range(3):
        at(clock, FRIDAY + timedelta(days=ahead))
        house.worker.work()
        sent.append(len(mail.caught) + len(texts.caught))
    assert sent == [4, 8, 8]
    assert Counter(states(house.database).values()) == {"sent": 8}


def test_midnight_is_the_practice_s(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    """In summer the practice's day begins at 23:00 UTC."""
    with house.database.write() as uow:
        configure(uow, window_opens="00:00", window_closes="23:59")
    begin(house, clock, 12)
    house.worker.work()
    monday = FRIDAY + timedelta(days=3)
    at(clock, monday, 22, 50)
    house.worker.work()
    before = len(mail.caught)
    at(clock, monday, 23, 1)
    house.worker.work()
    assert (before, len(mail.caught)) == (8, 12)


def test_what_waits_says_when(house: House, clock: FixedClock) -> None:
    begin(house, clock, 10)
    house.worker.work()
    waits = Counter(
        line.not_before.date() for line in lines(house.database).values() if line.state == "planned"
    )
    assert waits == {FRIDAY + timedelta(days=1): 4, FRIDAY + timedelta(days=2): 2}


@pytest.mark.parametrize(("left", "kept"), [(0, 0), (2, 2), (5, 3)])
def test_another_worker_that_was_quicker_leaves_only_the_rest_of_the_day(left: int, kept: int) -> None:
    tomorrow = datetime(2026, 3, 28, 10, tzinfo=UTC)
    verdicts = Verdicts(rows=[ToClaim(f"line-{each}", "", None, "") for each in range(3)])
    verdicts.keep_to(left, tomorrow)
    assert [row.line_id for row in verdicts.rows] == [f"line-{each}" for each in range(kept)]
    assert set(verdicts.waiting) == {f"line-{each}" for each in range(kept, 3)}
