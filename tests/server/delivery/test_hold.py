"""Held, not lost: who rests or has had enough gets the message later, while the campaign's time lasts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import add_contact
from tests.server.sender import CONTENT, add_willing, configure, lines, shown, states


def days_on(clock: FixedClock, days: int) -> datetime:
    return clock.now() + timedelta(days=days)


def reached(mail: MailCatcher) -> list[str]:
    return sorted(each.recipients[0] for each in mail.caught)


@pytest.fixture
def capped(house: House, clock: FixedClock) -> None:
    """Ann may be written to now, Bea had a newsletter five days ago: one message in seven days."""
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
        add_contact(uow, "bea", clock.now() - timedelta(days=5), category="newsletters")


@pytest.mark.usefixtures("capped")
def test_e01_who_has_had_enough_gets_it_when_the_cap_allows(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    house.approved()
    house.worker.work()
    assert states(house.database) == {"ann": "sent", "bea": "planned"}
    line = lines(house.database)["bea"]
    assert line.detail == "Waits: has had as many messages as we allow for now"
    assert line.not_before == datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert (shown(house.database).state, shown(house.database).planned) == ("sending", 1)
    clock.instant = datetime(2026, 3, 4, 11, tzinfo=UTC)
    house.worker.work()
    assert lines(house.database)["bea"].not_before == datetime(2026, 3, 5, 10, tzinfo=UTC)
    clock.instant = datetime(2026, 3, 5, 11, tzinfo=UTC)
    house.worker.work()
    assert states(house.database) == {"ann": "sent", "bea": "sent"}
    assert reached(mail) == ["ann@example.com", "bea@example.com"]
    assert shown(house.database).state == "completed"


def test_e20_who_rests_gets_it_on_the_day_the_rest_ends(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea", "cat")
        uow.connection.execute(
            update(patient).where(patient.c.id == "ann").values(last_booked_on=date(2026, 2, 6))
        )
        uow.connection.execute(
            update(patient).where(patient.c.id == "bea").values(last_booked_on=date(2026, 2, 20))
        )
    house.approved()
    house.worker.work()
    ledger = lines(house.database)
    assert (ledger["ann"].state, ledger["ann"].not_before) == (
        "planned",
        datetime(2026, 3, 6, 10, tzinfo=UTC),
    )
    # The campaign waits a week; her rest ends on 20 March.
    assert (ledger["bea"].state, ledger["bea"].reason) == ("skipped", "resting")
    clock.instant = datetime(2026, 3, 6, 10, tzinfo=UTC)
    house.worker.work()
    assert reached(mail) == ["ann@example.com", "cat@example.com"]


def test_e20_a_rest_that_begins_between_plan_and_claim_holds_too(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    """Two campaigns at once for the same patient: the second waits instead of being lost."""
    with house.database.write() as uow:
        configure(uow, reset_months_promotions="0", hold_days="10")
        add_willing(uow, "ann")
    house.approved()
    house.approved(replace(CONTENT, name="Another offer"), "c2")
    house.worker.work()
    assert len(mail.caught) == 1
    clock.instant = days_on(clock, 6)
    house.worker.work()
    assert len(mail.caught) == 1
    clock.instant = days_on(clock, 2)
    house.worker.work()
    assert len(mail.caught) == 2


@pytest.mark.usefixtures("capped")
def test_the_wait_ends_with_the_campaigns_time(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, hold_days="1")
    house.approved()
    house.worker.work()
    assert states(house.database)["bea"] == "planned"
    clock.instant = datetime(2026, 3, 4, 10, 15, tzinfo=UTC)
    house.worker.work()
    assert (lines(house.database)["bea"].state, lines(house.database)["bea"].reason) == (
        "skipped",
        "frequency_cap",
    )
    assert reached(mail) == ["ann@example.com"]
    assert shown(house.database).state == "completed"


@pytest.mark.usefixtures("capped")
def test_nobody_is_held_where_the_practice_does_not_want_it(house: House) -> None:
    with house.database.write() as uow:
        configure(uow, hold_days="0")
    house.approved()
    house.worker.work()
    assert lines(house.database)["bea"].reason == "frequency_cap"


@pytest.mark.usefixtures("capped")
def test_e01_the_cap_is_what_the_practice_set(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        configure(uow, most_in_7_days="2")
    house.approved()
    house.worker.work()
    assert reached(mail) == ["ann@example.com", "bea@example.com"]


@pytest.mark.usefixtures("capped")
def test_l08_who_says_no_while_she_waits_gets_nothing(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    house.approved()
    house.worker.work()
    with house.database.write() as uow:
        house.consent.restrict(uow, SERVER, "bea", Purpose.PROMOTIONS)
    clock.instant = days_on(clock, 3)
    house.worker.work()
    assert lines(house.database)["bea"].reason == "restricted"
    assert reached(mail) == ["ann@example.com"]
