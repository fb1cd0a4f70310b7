"""L08, L13: a no that was acknowledged before a message is handed over is never followed by that message.

On PostgreSQL four workers send at once, each with connections of its own; on SQLite one does.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import suppression
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.leaving.wait import Leaving
from primoro_campaigns.server.delivery.planner import freeze
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock, SystemClock
from tests.fakes.recording import RecordingCarriers
from tests.server.delivery.conftest import House
from tests.server.practice import add_patient, add_permission
from tests.server.sender import CONTENT, KEY, add_practice, approve, lines, save

PATIENTS = 400
SAYING_NO = 16


@dataclass(frozen=True)
class Person:
    patient_id: str
    number: str


PEOPLE = [Person(f"p{number:03}", f"+4477009{number:05}") for number in range(PATIENTS)]

SayNo = Callable[[ConsentService, UnitOfWork, Person], object]


def restrict(consent: ConsentService, uow: UnitOfWork, who: Person) -> object:
    return consent.restrict(
        uow, SERVER, who.patient_id, Purpose.PROMOTIONS, source=ConsentSource.UNSUBSCRIBE_PAGE
    )


def opt_out(consent: ConsentService, uow: UnitOfWork, who: Person) -> object:
    return consent.permit(
        uow,
        SERVER,
        who.patient_id,
        Channel.SMS,
        Purpose.PROMOTIONS,
        PermissionState.OPTED_OUT,
        source=ConsentSource.ONE_CLICK,
    )


def stop(consent: ConsentService, uow: UnitOfWork, who: Person) -> object:
    return consent.suppress(uow, AddressKind.MOBILE, who.number, source=ConsentSource.STOP_TEXT)


WAYS: tuple[SayNo, ...] = (restrict, opt_out, stop)


def practice(database: Database) -> None:
    with database.write() as uow:
        add_practice(uow, sms_base_address="http://127.0.0.1:1")
        for who in PEOPLE:
            add_patient(uow, who.patient_id, mobile_e164=who.number, mobile_state="ok")
            add_permission(uow, who.patient_id, Channel.SMS)


def test_l08_no_message_follows_a_no_that_was_acknowledged(migrated_database: str) -> None:
    opened = [Database(open_engine(migrated_database), SystemClock()) for _ in range(8)]
    workers = 4 if opened[0].engine.dialect.name == "postgresql" else 1
    carriers = RecordingCarriers(pause_s=0.005 * workers)
    try:
        practice(opened[0])
        sending = [
            assemble(each, ConsentService(KEY.for_hashes, Leaving(each).wait), carriers, name=f"w{number}")
            for number, each in enumerate(opened[:workers])
        ]
        with opened[0].write() as uow:
            content = replace(CONTENT, channel_policy=ChannelPolicy.SMS)
            save(sending[0][0], uow, content)
            approve(sending[0][0], uow, content, outside_window=True)
        acknowledged = _play(opened[4:], [worker.work for _, worker in sending], carriers)
        for _, worker in sending:
            worker.stop()
        ledger = lines(opened[0])
    finally:
        for each in opened:
            each.close()
    handed = {each.patient_id: each.at for each in carriers.handed}
    late = {who for who, at in acknowledged.items() if handed.get(who, 0.0) > at}
    assert late == set()
    assert len(carriers.handed) == len(handed), "somebody was written to twice"
    assert handed.keys() == {who for who, line in ledger.items() if line.state == "sent"}
    spared = acknowledged.keys() - handed.keys()
    assert len(spared) > 20, "hardly anybody was in time to say no"
    assert len(acknowledged.keys() & handed.keys()) > 20, "hardly anybody was written to before the no"
    assert {line.state for line in ledger.values()} <= {"sent", "skipped"}


def _play(
    desks: list[Database], work: list[Callable[[], object]], carriers: RecordingCarriers
) -> dict[str, float]:
    """Everybody says no while the workers send. Returns when each no was acknowledged."""
    acknowledged: dict[str, float] = {}
    wrong: list[BaseException] = []
    done = threading.Event()

    def send(once: Callable[[], object]) -> None:
        try:
            while not done.is_set():
                once()
            once()
        except BaseException as error:  # noqa: BLE001  # told by the test's own thread
            wrong.append(error)

    def say_no(database: Database, share: int) -> None:
        chance = random.Random(share)
        consent = ConsentService(KEY.for_hashes, Leaving(database).wait)
        mine = PEOPLE[share::SAYING_NO]
        chance.shuffle(mine)
        try:
            for who in mine:
                way = chance.choice(WAYS)
                with database.write() as uow:
                    way(consent, uow, who)
                acknowledged[who.patient_id] = time.monotonic()
        except BaseException as error:  # noqa: BLE001  # told by the test's own thread
            wrong.append(error)

    senders = [threading.Thread(target=send, args=(each,)) for each in work]
    sayers = [
        threading.Thread(target=say_no, args=(desks[share % len(desks)], share)) for share in range(SAYING_NO)
    ]
    for thread in senders:
        thread.start()
    carriers.begun.wait(30)
    for thread in sayers:
        thread.start()
    for thread in sayers:
        thread.join()
    done.set()
    for thread in senders:
        thread.join()
    assert wrong == []
    return acknowledged


def test_a_record_that_is_being_changed_waits_for_the_next_claim(
    house: House, clock: FixedClock, migrated_database: str
) -> None:
    """On PostgreSQL the row of a patient who is just saying no is passed over, and nobody waits for it."""
    if house.database.engine.dialect.name != "postgresql":
        pytest.skip("on SQLite one writer waits for the other")
    with house.database.write() as uow:
        add_patient(uow, "ann")
        add_permission(uow, "ann")
        add_patient(uow, "bea")
        add_permission(uow, "bea")
    house.approved()
    other = Database(open_engine(migrated_database), clock)
    try:
        with other.write() as uow:
            house.consent.restrict(uow, SERVER, "ann", Purpose.PROMOTIONS)
            house.worker.work()
            assert {who: line.state for who, line in lines(house.database).items()} == {
                "ann": "planned",
                "bea": "sent",
            }
    finally:
        other.close()
    clock.instant += timedelta(seconds=2)
    house.worker.work()
    assert lines(house.database)["ann"].reason == "restricted"


def test_l07_the_claim_asks_the_list_of_suppressed_addresses_itself(house: House) -> None:
    """A file that came in while its address was being taken out does not carry the flag."""
    with house.database.write() as uow:
        add_patient(uow, "ann")
        add_permission(uow, "ann")
        house.consent.suppress(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.COMPLAINT)
        uow.connection.execute(update(patient).values(email_suppressed=False))
        assert uow.connection.execute(select(func.count()).select_from(suppression)).scalar_one() == 1
    house.approved()
    house.worker.work()
    assert lines(house.database)["ann"].reason == "suppressed"


def test_l22_an_address_corrected_after_the_plan_is_not_written_to_twice(house: House) -> None:
    with house.database.write() as uow:
        for who in ("ann", "bea"):
            add_patient(uow, who)
            add_permission(uow, who)
    house.approved()
    with house.database.write() as uow:
        (run,) = house.campaigns.runs(uow.connection, "scheduled")
        freeze(uow, house.campaigns, run)
    with house.database.write() as uow:
        uow.connection.execute(update(patient).where(patient.c.id == "bea").values(email="Ann@example.com"))
    house.worker.work()
    states = {who: (line.state, line.reason) for who, line in lines(house.database).items()}
    assert sorted(states.values()) == [("sent", ""), ("skipped", "same_address")]


def test_a_no_is_acknowledged_when_its_time_is_up(house: House) -> None:
    with house.database.write() as uow:
        add_patient(uow, "ann")
        add_permission(uow, "ann")
    house.approved()
    house.worker.work()
    leaving = Leaving(house.database, patience_s=0.05)
    assert leaving.wait(["ann"])
    with house.database.write() as uow:
        uow.connection.execute(update(delivery).values(state="claimed"))
    assert not leaving.wait(["ann"])
    assert leaving.wait(["somebody else"])
