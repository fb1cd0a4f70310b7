"""Ongoing campaigns: on entry to the rules, once or each time, day by day (domain.md C22, C23, C33, 2.7)."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.audience.rule import DateFact, DaysOperator, DaysRule, Group
from primoro_campaigns.domain.campaign.lifecycle import NotNowError
from primoro_campaigns.domain.campaign.model import Content, Kind, Receives
from primoro_campaigns.domain.campaign.review import ContentRefusedError
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.campaign.tables import campaign_run
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import DraftSave
from tests.server.delivery.conftest import House
from tests.server.sender import AUTHOR, CONTENT, MANAGER, add_willing, approve, configure, save, shown

FIRST = date(2026, 3, 3)
"""A Tuesday in winter: the practice's clock is UTC."""


def seen(days: int, operator: DaysOperator = DaysOperator.EXACTLY_AGO) -> Group:
    return Group(members=(DaysRule(DateFact.LAST_VISIT, operator, days),))


ONCE = replace(CONTENT, kind=Kind.ONGOING, audience=seen(90))
OFTEN = replace(ONCE, receives=Receives.EVERY_TIME, cool_down_days=30)
WHILE = replace(OFTEN, audience=seen(90, DaysOperator.MORE_THAN_AGO))
"""Open-ended: fits day after day."""


class Practice:
    def __init__(self, house: House, clock: FixedClock, mail: MailCatcher) -> None:
        self.house, self.clock, self.mail = house, clock, mail
        self.on(FIRST)
        with house.database.write() as uow:
            configure(uow, reset_months_promotions="0", most_in_7_days="0", most_in_90_days="0")

    def on(self, day: date, hour: int = 10) -> None:
        self.clock.instant = datetime.combine(day, time(hour), UTC)

    def visited(self, who: str, day: date) -> None:
        with self.house.database.write() as uow:
            uow.connection.execute(update(patient).where(patient.c.id == who).values(last_visit_on=day))

    def patients(self, *names: str) -> None:
        with self.house.database.write() as uow:
            add_willing(uow, *names)

    def works(self, day: date, hour: int = 10) -> list[str]:
        """Whom the day's work writes to."""
        self.on(day, hour)
        before = len(self.mail.caught)
        self.house.worker.work()
        self.balances()
        return sorted(each.recipients[0].partition("@")[0] for each in self.mail.caught[before:])

    def balances(self) -> dict[str, int]:
        row = shown(self.house.database)
        counts = {name: getattr(row, name) for name in COUNTS}
        assert counts["recipients"] == sum(number for name, number in counts.items() if name != "recipients")
        with self.house.database.read() as connection:
            assert [each.faults for each in accounts.every(connection) if each.faults] == []
        return {name: number for name, number in counts.items() if number}


@pytest.fixture
def practice(house: House, clock: FixedClock, mail: MailCatcher) -> Practice:
    return Practice(house, clock, mail)


def after(days: int) -> date:
    return FIRST + timedelta(days=days)


def reasons(database: Database, who: str) -> list[str]:
    with database.read() as connection:
        statement = select(delivery.c.reason).where(delivery.c.patient_id == who).order_by(delivery.c.run_id)
        return list(connection.execute(statement).scalars())


def test_who_comes_to_fit_gets_it_on_that_day(practice: Practice) -> None:
    practice.patients("ann", "bea", "cat")
    practice.visited("ann", after(-90))
    practice.visited("bea", after(-88))
    practice.visited("cat", after(-10))
    practice.house.approved(ONCE)
    assert shown(practice.house.database).state == "live"
    assert practice.works(FIRST) == ["ann"]
    assert practice.works(FIRST, 15) == []
    assert practice.works(after(1)) == []
    assert practice.works(after(2)) == ["bea"]
    assert shown(practice.house.database).state == "live"
    assert practice.balances() == {"recipients": 2, "sent": 2}


def test_c32_going_live_writes_to_all_who_fit_now(practice: Practice) -> None:
    practice.patients("ann", "bea")
    practice.visited("ann", after(-100))
    practice.visited("bea", after(-200))
    practice.house.approved(WHILE)
    assert practice.works(FIRST) == ["ann", "bea"]


def test_c23_who_stays_in_the_rules_is_not_written_to_each_day(practice: Practice) -> None:
    practice.patients("ann")
    practice.visited("ann", after(-100))
    practice.house.approved(WHILE)
    written = [practice.works(after(day)) for day in range(40)]
    assert written == [["ann"], *[[]] * 39]


def test_a_patient_who_comes_to_fit_again_within_the_cool_down_is_not_written_to(practice: Practice) -> None:
    practice.patients("ann")
    practice.visited("ann", after(-90))
    practice.house.approved(OFTEN)
    assert practice.works(FIRST) == ["ann"]
    practice.visited("ann", after(-70))
    assert practice.works(after(1)) == []
    assert practice.works(after(20)) == []
    assert reasons(practice.house.database, "ann") == ["", "had_it"]
    assert practice.balances() == {"recipients": 2, "sent": 1, "skipped": 1}
    practice.visited("ann", after(-50))
    assert practice.works(after(21)) == []
    assert practice.works(after(40)) == ["ann"]
    assert practice.balances() == {"recipients": 3, "sent": 2, "skipped": 1}


def test_c22_once_is_ever_once(practice: Practice) -> None:
    practice.patients("ann")
    practice.visited("ann", after(-90))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == ["ann"]
    practice.visited("ann", after(-50))
    assert practice.works(after(1)) == []
    assert practice.works(after(40)) == []
    assert reasons(practice.house.database, "ann") == ["", "had_it"]


def test_who_could_not_be_reached_may_come_to_fit_once_more(practice: Practice) -> None:
    practice.patients("ann")
    practice.visited("ann", after(-90))
    practice.mail.manners.refuse = lambda _address: "550 5.1.1 No such mailbox"
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == []
    practice.mail.manners.refuse = lambda _address: None
    practice.visited("ann", after(-50))
    assert practice.works(after(1)) == []
    assert practice.works(after(40)) == ["ann"]
    assert practice.balances() == {"recipients": 2, "sent": 1, "failed": 1}


def test_q4_a_server_that_was_down_over_night_catches_up_and_repeats_nothing(practice: Practice) -> None:
    """Whoever fitted only yesterday is written to, if her hour is not a day past."""
    practice.patients("ann", "bea", "cat")
    for who, day in (("ann", -90), ("bea", -89), ("cat", -88)):
        practice.visited(who, after(day))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == ["ann"]
    practice.house.worker.stop()
    practice.house.worker = practice.house.successor()
    assert practice.works(after(2)) == ["bea", "cat"]
    assert practice.works(after(2), 11) == []
    practice.house.worker.stop()


def test_who_left_the_rules_and_came_back_over_a_closed_weekend_enters_again(practice: Practice) -> None:
    with practice.house.database.write() as uow:
        configure(uow, closed_weekdays="sat, sun")
    practice.patients("ann")
    practice.visited("ann", after(-87))
    practice.house.approved(replace(OFTEN, cool_down_days=1))
    assert practice.works(FIRST) == []
    assert practice.works(after(3)) == ["ann"]
    practice.visited("ann", after(-84))
    assert practice.works(after(6)) == ["ann"]


def test_q5_days_that_were_missed_for_longer_are_recorded_and_not_written_to(practice: Practice) -> None:
    practice.patients("ann", "bea")
    practice.visited("ann", after(-89))
    practice.visited("bea", after(-85))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == []
    assert practice.works(after(5)) == ["bea"]
    with practice.house.database.read() as connection:
        (entry,) = connection.execute(
            select(audit_entry).where(audit_entry.c.what == "campaign.days_missed")
        ).all()
    assert entry.words == "04 Mar 2026, 05 Mar 2026, 06 Mar 2026"


def test_q3_who_fits_on_a_closed_day_gets_it_on_the_next_open_one(practice: Practice) -> None:
    with practice.house.database.write() as uow:
        configure(uow, closed_weekdays="Sat,Sun")
    practice.patients("ann", "bea")
    practice.visited("ann", after(-86))
    practice.visited("bea", after(-85))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == []
    assert practice.works(after(3)) == []
    assert practice.works(after(4)) == []
    assert practice.works(after(6)) == ["ann", "bea"]


def test_going_live_outside_the_hours_waits_for_them(practice: Practice) -> None:
    practice.patients("ann")
    practice.visited("ann", after(-89))
    practice.on(FIRST, 20)
    practice.house.approved(ONCE)
    assert practice.works(FIRST, 20) == []
    assert practice.works(after(1)) == ["ann"]


def test_it_can_begin_at_a_time_to_come(practice: Practice) -> None:
    practice.patients("ann", "bea")
    practice.visited("ann", after(-90))
    practice.visited("bea", after(-88))
    with practice.house.database.write() as uow:
        save(practice.house.campaigns, uow, ONCE)
        approve(practice.house.campaigns, uow, ONCE, at=datetime.combine(after(2), time(11), UTC))
    assert practice.works(FIRST) == []
    assert practice.works(after(2), 10) == []
    assert practice.works(after(2), 11) == ["bea"]


def test_it_is_paused_resumed_and_stopped(practice: Practice) -> None:
    practice.patients("ann", "bea", "cat", "dan")
    for who, day in (("ann", -90), ("bea", -89), ("cat", -87), ("dan", -85)):
        practice.visited(who, after(day))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == ["ann"]
    with practice.house.database.write() as uow:
        practice.house.campaigns.pause(uow, MANAGER, "c1")
    assert practice.works(after(1)) == []
    practice.on(after(3))
    with practice.house.database.write() as uow:
        practice.house.campaigns.resume(uow, MANAGER, "c1")
    assert practice.works(after(3)) == ["cat"]
    with practice.house.database.write() as uow:
        practice.house.campaigns.cancel(uow, MANAGER, "c1")
    assert practice.works(after(5)) == []
    assert shown(practice.house.database).state == "cancelled"
    assert practice.balances() == {"recipients": 2, "sent": 2}


def test_what_waits_in_several_runs_is_stopped_in_all(practice: Practice) -> None:
    practice.patients("ann", "bea")
    practice.visited("ann", after(-90))
    practice.visited("bea", after(-89))
    practice.mail.manners.refuse = lambda _address: "451 4.7.1 Try again later"
    practice.house.approved(ONCE)
    practice.works(FIRST, 17)
    practice.works(after(1))
    assert practice.balances() == {"recipients": 2, "planned": 2}
    with practice.house.database.write() as uow:
        practice.house.campaigns.pause(uow, MANAGER, "c1")
    assert run_states(practice.house.database) == {"paused": 2}
    with practice.house.database.write() as uow:
        practice.house.campaigns.cancel(uow, MANAGER, "c1")
    assert run_states(practice.house.database) == {"cancelled": 2}
    assert practice.balances() == {"recipients": 2, "skipped": 2}


def run_states(database: Database) -> dict[str, int]:
    with database.read() as connection:
        states = connection.execute(select(campaign_run.c.state)).scalars()
        return dict(Counter(states))


def test_changing_it_needs_a_pause_and_writes_to_nobody_again(practice: Practice) -> None:
    practice.patients("ann", "bea")
    practice.visited("ann", after(-100))
    practice.visited("bea", after(-50))
    practice.house.approved(WHILE)
    assert practice.works(FIRST) == ["ann"]
    wider = replace(WHILE, audience=seen(40, DaysOperator.MORE_THAN_AGO))
    with pytest.raises(NotNowError):
        change(practice.house, wider)
    with practice.house.database.write() as uow:
        practice.house.campaigns.pause(uow, MANAGER, "c1")
    change(practice.house, wider)
    with practice.house.database.write() as uow:
        approve(practice.house.campaigns, uow, wider)
    assert practice.works(after(1)) == ["bea"]
    assert practice.balances() == {"recipients": 2, "sent": 2}


def change(house: House, content: Content) -> None:
    with house.database.write() as uow:
        asked = DraftSave(campaign_id="c1", base_revision=1, content=content)
        assert house.campaigns.save(uow, AUTHOR, uow.now, asked) is None


def test_l22_rest_and_caps_hold_a_patient_of_an_ongoing_campaign_too(practice: Practice) -> None:
    with practice.house.database.write() as uow:
        configure(uow, most_in_7_days="1", hold_days="14")
    practice.patients("ann")
    practice.visited("ann", after(-90))
    practice.house.approved(replace(CONTENT, name="A one-off"), "c2")
    practice.on(FIRST)
    practice.house.worker.work()
    practice.house.approved(ONCE)
    assert practice.works(FIRST, 11) == []
    assert practice.balances() == {"recipients": 1, "planned": 1}
    assert [who for day in range(1, 9) for who in practice.works(after(day))] == ["ann"]


def test_c23_every_time_needs_a_cool_down(practice: Practice) -> None:
    with pytest.raises(ContentRefusedError) as refused:
        practice.house.approved(replace(OFTEN, cool_down_days=0))
    assert refused.value.code == "campaign.no_cool_down"


@pytest.mark.parametrize("order", [("kid", "ann"), ("ann", "kid")], ids=" then ".join)
def test_l20_a_guardian_has_it_once_for_a_child_and_as_a_patient(
    practice: Practice, order: tuple[str, str]
) -> None:
    practice.patients("ann", "kid")
    with practice.house.database.write() as uow:
        uow.connection.execute(update(patient).values(household_id="home"))
        child = update(patient).where(patient.c.id == "kid").values(born_on=date(2018, 1, 1))
        uow.connection.execute(child)
    first, second = order
    practice.visited(first, after(-90))
    practice.visited(second, after(-85))
    practice.house.approved(ONCE)
    assert practice.works(FIRST) == ["ann"]
    assert practice.works(after(5)) == []
