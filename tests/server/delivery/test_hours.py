"""Nothing is sent by itself outside the hours of the patient's own location, whatever its clock does."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import add_location, add_patient, add_permission
from tests.server.sender import CONTENT, add_willing, approve, configure, save, states

ZONES = {
    "loc-1": "Europe/London",
    "loc-2": "America/New_York",
    "loc-3": "Australia/Lord_Howe",
    "loc-4": "America/Santiago",
}


def add_everywhere(house: House) -> None:
    with house.database.write() as uow:
        for location_id, zone in ZONES.items():
            if location_id != "loc-1":
                add_location(uow, location_id, name=zone, time_zone=zone)
            for number in range(3):
                who = f"{location_id}-{number}"
                add_patient(uow, who, location_id=location_id)
                add_permission(uow, who)


def left_at(house: House, mail: MailCatcher, clock: FixedClock, hours: int) -> dict[str, list[datetime]]:
    """When the messages of each location left, looked at each half hour."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for _ in range(2 * hours):
        before = len(mail.caught)
        house.worker.work()
        for each in mail.caught[before:]:
            found[each.recipients[0][:5]].append(clock.instant)
        clock.instant += timedelta(minutes=30)
    return found


@pytest.mark.parametrize(
    "begin",
    [
        datetime(2026, 3, 28, 9, tzinfo=UTC),  # London forward in the night after
        datetime(2026, 10, 24, 9, tzinfo=UTC),  # London back
        datetime(2026, 11, 1, 5, tzinfo=UTC),  # New York back
        datetime(2026, 4, 4, 9, tzinfo=UTC),  # Lord Howe and Santiago back
        datetime(2026, 9, 5, 9, tzinfo=UTC),  # Santiago forward
    ],
    ids=lambda begin: f"{begin:%d %b}",
)
def test_q1_each_location_is_written_to_within_its_own_hours(
    house: House, mail: MailCatcher, clock: FixedClock, begin: datetime
) -> None:
    clock.instant = begin
    add_everywhere(house)
    with house.database.write() as uow:
        save(house.campaigns, uow)
        approve(house.campaigns, uow, at=begin + timedelta(minutes=1))
    found = left_at(house, mail, clock, 48)
    assert {location_id: len(instants) for location_id, instants in found.items()} == dict.fromkeys(ZONES, 3)
    for location_id, instants in found.items():
        for instant in instants:
            local = instant.astimezone(ZoneInfo(ZONES[location_id]))
            assert time(10) <= local.time() < time(18), f"{location_id} at {local}"
    assert set(states(house.database).values()) == {"sent"}


def test_q1_an_asked_for_send_at_once_goes_everywhere(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    clock.instant = datetime(2026, 3, 3, 12, tzinfo=UTC)
    add_everywhere(house)
    with house.database.write() as uow:
        save(house.campaigns, uow)
        approve(house.campaigns, uow, outside_window=True)
    house.worker.work()
    assert len(mail.caught) == 12


def on(database: Database, day: str) -> None:
    clock = database.clock
    assert isinstance(clock, FixedClock)
    clock.instant = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


def test_q3_bank_holidays_and_closed_days_wait_for_the_next_open_day(house: House, mail: MailCatcher) -> None:
    """From the Thursday before Easter to the Wednesday after it."""
    on(house.database, "2026-04-02")
    with house.database.write() as uow:
        configure(
            uow,
            closed_weekdays="sat, sun",
            bank_holidays="england-and-wales",
            holidays="2026-04-07",
            hold_days="30",
        )
        add_willing(uow, "ann")
        save(house.campaigns, uow, CONTENT)
        approve(house.campaigns, uow, CONTENT, at=datetime(2026, 4, 2, 19, tzinfo=UTC))
    sent = []
    for day in ("2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06", "2026-04-07", "2026-04-08"):
        on(house.database, day)
        house.worker.work()
        sent.append(len(mail.caught))
    assert sent == [0, 0, 0, 0, 0, 1]


def test_a_scheduled_send_goes_at_its_minute(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    clock.instant = datetime(2026, 3, 3, 11, tzinfo=UTC)
    with house.database.write() as uow:
        add_willing(uow, "ann")
        save(house.campaigns, uow)
        approve(house.campaigns, uow, at=datetime(2026, 3, 3, 14, 37, tzinfo=UTC))
    again_at = house.worker.work()
    assert again_at <= datetime(2026, 3, 3, 14, 37, tzinfo=UTC)
    clock.instant = datetime(2026, 3, 3, 14, 36, 59, tzinfo=UTC)
    assert house.worker.work() == datetime(2026, 3, 3, 14, 37, tzinfo=UTC)
    assert mail.caught == ()
    clock.instant = datetime(2026, 3, 3, 14, 37, tzinfo=UTC)
    house.worker.work()
    assert len(mail.caught) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("closed_weekdays", "sat,never", "is no day of the week"),
        ("holidays", "Christmas", "is no day"),
        ("bank_holidays", "france", "england-and-wales"),
    ],
)
def test_a_closed_day_that_cannot_be_read_is_refused_in_words(
    house: House, name: str, value: str, words: str
) -> None:
    with pytest.raises(Exception, match=words), house.database.write() as uow:
        configure(uow, **{name: value})
