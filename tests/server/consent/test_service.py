"""Restrictions, permissions and suppressions on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.consent.change import NewerOptOutError
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.consent.soft_opt_in import CONDITION_WORDS, Condition, SoftOptInError
from primoro_campaigns.domain.errors import NotAllowedError, NotFoundError
from primoro_campaigns.server.account.actor import SERVER, Actor
from primoro_campaigns.server.consent import store
from primoro_campaigns.server.consent.errors import EvidenceMissingError, SuppressedError
from primoro_campaigns.server.consent.rebuild import rebuild
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import permission, restriction, suppression
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.consent import Permit, Restrict
from primoro_campaigns.wire.sync import Event, EventKind, Seen
from tests.server.practice import actor, actor_with, add_location, add_patient, contacts_of

KEY = b"a key for the tests"
NUMBER = "+447700900123"


@pytest.fixture
def service() -> ConsentService:
    return ConsentService(KEY)


@pytest.fixture
def database(database: Database) -> Database:
    with database.write() as uow:
        add_location(uow)
        add_location(uow, "loc-2", name="High Street")
        add_patient(uow, "ann")
        add_patient(uow, "bea", location_id="loc-2", email="ANN@example.com")
        for who in ("cat", "dan"):
            add_patient(uow, who, mobile_e164=NUMBER, mobile_state="ok")
    return database


def changes(database: Database, room: str) -> dict[tuple[str, str], bool]:
    with database.read() as connection:
        rows = connection.execute(select(change).where(change.c.room == room)).all()
    return {(row.entity_id, row.location_id): row.gone for row in rows}


def test_a_restriction_holds_and_says_who_set_it(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        assert service.restrict(uow, actor(), "ann", Purpose.PROMOTIONS, why="Rang this morning.")
    with database.read() as connection:
        (row,) = store.restrictions(connection)
        (entry,) = store.entries(connection)
    assert (row.patient_id, row.purpose, row.source, row.by_name) == (
        "ann",
        Purpose.PROMOTIONS,
        ConsentSource.STAFF,
        "Jo Bell",
    )
    assert (entry.what, entry.by_name, entry.by_user_id) == ("restriction_set", "Jo Bell", "user-Jo Bell")
    assert changes(database, "restriction") == {("ann:promotions", "loc-1"): False}
    (line,) = contacts_of(database, "ann")
    assert line.kind == "consent"
    assert line.title == "Asked for no more promotions"
    assert line.detail == "Recorded at the practice by Jo Bell. Rang this morning."


def test_a_no_that_is_said_twice_is_written_down_twice_and_holds_once(
    database: Database, service: ConsentService
) -> None:
    for expected in (True, False):
        with database.write() as uow:
            assert service.restrict(uow, actor(), "ann", Purpose.PROMOTIONS) is expected
    assert len(contacts_of(database, "ann")) == 2
    with database.read() as connection:
        assert len(list(store.entries(connection))) == 2
        assert len(store.restrictions(connection)) == 1
    assert changes(database, "restriction") == {("ann:promotions", "loc-1"): False}


def test_what_an_import_says_again_is_not_written_down_again(
    database: Database, service: ConsentService
) -> None:
    for _ in range(2):
        with database.write() as uow:
            service.restrict(uow, SERVER, "ann", Purpose.PROMOTIONS, source=ConsentSource.IMPORT)
    assert len(contacts_of(database, "ann")) == 1


def test_lifting_needs_the_right_and_a_reason(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        service.restrict(uow, actor(), "ann", Purpose.PROMOTIONS)
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.lift(uow, actor(), "ann", Purpose.PROMOTIONS, why="She asked.")
    with pytest.raises(EvidenceMissingError), database.write() as uow:
        service.lift(uow, actor(Role.MANAGER), "ann", Purpose.PROMOTIONS, why="  ")
    with database.write() as uow:
        assert service.lift(uow, actor(Role.MANAGER), "ann", Purpose.PROMOTIONS, why="She asked at the desk.")
        assert not service.lift(uow, actor(Role.MANAGER), "ann", Purpose.PROMOTIONS, why="She asked again.")
    with database.read() as connection:
        assert store.restrictions(connection) == []
    assert changes(database, "restriction") == {("ann:promotions", "loc-1"): True}
    assert contacts_of(database, "ann")[-1].title == "Wants promotions again"


def test_nobody_changes_what_she_may_not_see(database: Database, service: ConsentService) -> None:
    with pytest.raises(NotFoundError), database.write() as uow:
        service.restrict(uow, actor(Role.RECEPTION, "loc-2"), "ann", Purpose.PROMOTIONS)
    with pytest.raises(NotFoundError), database.write() as uow:
        service.restrict(uow, actor(), "nobody", Purpose.PROMOTIONS)
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.restrict(uow, actor_with(Right.VIEW), "ann", Purpose.PROMOTIONS)


def test_opting_in_needs_evidence_and_opting_out_does_not(
    database: Database, service: ConsentService
) -> None:
    manager = actor(Role.MANAGER)
    permit: Callable[..., bool] = service.permit
    with pytest.raises(EvidenceMissingError), database.write() as uow:
        permit(uow, manager, "ann", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_IN, how="Asked")
    with pytest.raises(NotAllowedError), database.write() as uow:
        permit(uow, actor(), "ann", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_IN)
    with database.write() as uow:
        assert permit(
            uow,
            manager,
            "ann",
            Channel.EMAIL,
            Purpose.PROMOTIONS,
            PermissionState.OPTED_IN,
            how="At the desk",
            wording="May we send you offers by e-mail?",
        )
        assert permit(uow, actor(), "ann", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT)
        assert not permit(uow, actor(), "ann", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT)
    with database.read() as connection:
        (row,) = store.permissions(connection)
    assert row.state is PermissionState.OPTED_OUT
    assert [line.title for line in contacts_of(database, "ann")] == [
        "Said yes to promotions by e-mail",
        "Said no to promotions by e-mail",
        "Said no to promotions by e-mail",
    ]


def test_l23_a_stop_takes_the_number_out_on_every_file(database: Database, service: ConsentService) -> None:
    for _ in range(2):
        with database.write() as uow:
            assert service.suppress(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.STOP_TEXT) == 2
    with database.read() as connection:
        rows = connection.execute(select(patient.c.id, patient.c.mobile_suppressed))
        flags = {row.id: row.mobile_suppressed for row in rows}
        states = {(row.patient_id, row.purpose): row.state for row in store.permissions(connection)}
        (hashed,) = connection.execute(select(suppression.c.key_hash)).scalars()
    assert flags == {"ann": False, "bea": False, "cat": True, "dan": True}
    assert set(states) == {
        (who, each) for who in ("cat", "dan") for each in (Purpose.PROMOTIONS, Purpose.NEWSLETTERS)
    }
    assert set(states.values()) == {PermissionState.OPTED_OUT}
    assert NUMBER not in hashed
    assert changes(database, "patient") == {("cat", "loc-1"): False, ("dan", "loc-1"): False}
    lines = contacts_of(database, "cat")
    assert lines[0].title == "The mobile number must not be used any more"
    assert "2 files hold this number." in lines[0].detail
    assert len(lines) == 3


def test_after_a_stop_only_a_start_opens_the_number(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        service.suppress(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.STOP_TEXT)
    with pytest.raises(SuppressedError, match="START"), database.write() as uow:
        service.permit(
            uow,
            actor(Role.OWNER),
            "cat",
            Channel.SMS,
            Purpose.PROMOTIONS,
            PermissionState.OPTED_IN,
            how="Asked",
            wording="Texts?",
        )
    with database.write() as uow:
        assert service.release(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.START_TEXT) == 2
        assert not service.is_suppressed(uow, AddressKind.MOBILE, NUMBER)
        assert service.release(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.START_TEXT) == 0
    with database.read() as connection:
        assert {row.state for row in store.permissions(connection)} == {PermissionState.OPTED_IN}
        assert not any(connection.execute(select(patient.c.mobile_suppressed)).scalars())


def test_a_bounce_takes_the_address_out_whatever_its_capitals(
    database: Database, service: ConsentService
) -> None:
    with database.write() as uow:
        assert service.suppress(uow, AddressKind.EMAIL, "Ann@Example.com", source=ConsentSource.BOUNCE) == 2
        assert service.is_suppressed(uow, AddressKind.EMAIL, "ann@example.com")
        assert service.suppressed_among(uow, AddressKind.EMAIL, ["x@example.com", "aNN@example.com"]) == {
            "aNN@example.com"
        }
        assert (
            service.release(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.START_TEXT) == 0
        )


def test_events_from_the_desk(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        service.handle_restrict(
            uow, actor(), event(database), Restrict(patient_id="ann", purpose=Purpose.NEWSLETTERS, on=True)
        )
        service.handle_permit(
            uow,
            actor(),
            event(database),
            Permit(
                patient_id="ann",
                channel=Channel.SMS,
                purpose=Purpose.NEWSLETTERS,
                state=PermissionState.OPTED_OUT,
            ),
        )
    asked = Restrict(patient_id="ann", purpose=Purpose.NEWSLETTERS, on=False, why="x")
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.handle_restrict(uow, actor(), event(database), asked)
    assert len(contacts_of(database, "ann")) == 2


LIFT = Restrict(patient_id="ann", purpose=Purpose.PROMOTIONS, on=False, why="Asked at the desk.")
NO = Restrict(patient_id="ann", purpose=Purpose.PROMOTIONS, on=True)
YES_BY_MAIL = Permit(
    patient_id="ann",
    channel=Channel.EMAIL,
    purpose=Purpose.PROMOTIONS,
    state=PermissionState.OPTED_IN,
    how="Asked at the desk.",
    wording="May we?",
)
NO_BY_MAIL = YES_BY_MAIL.model_copy(update={"state": PermissionState.OPTED_OUT})


def event(database: Database, *own: str, cursor: int | None = None) -> Event:
    """Made at a desk whose clock is a year ahead."""
    seen = None if cursor is None else Seen(cursor=cursor, own=list(own))
    made_at = database.clock.now() + timedelta(days=365)
    return Event(id=new_id(), kind="x", made_at=made_at, payload={}, seen=seen)


def test_a_yes_takes_back_only_what_was_known_where_it_was_recorded(
    database: Database, service: ConsentService
) -> None:
    """Told by change numbers: the desk's clock, which is far ahead, has no say."""
    manager = actor(Role.MANAGER)
    for no, yes in ((NO, LIFT), (NO_BY_MAIL, YES_BY_MAIL)):
        said(database, service, manager, event(database), no)
        known = _latest(database)
        said(database, service, actor(name="Jo Bell"), event(database), no)
        with pytest.raises(NewerOptOutError):
            said(database, service, manager, event(database, cursor=known), yes)
        assert _stopped(database)
        said(database, service, manager, event(database, cursor=_latest(database)), yes)
        assert not _stopped(database)


def test_ones_own_no_that_is_still_on_its_way_counts_as_known_and_another_computers_does_not(
    database: Database, service: ConsentService
) -> None:
    manager = actor(Role.MANAGER)
    for no, yes in ((NO, LIFT), (NO_BY_MAIL, YES_BY_MAIL)):
        known = _latest(database)
        here, elsewhere = event(database), event(database)
        said(database, service, manager, here, no)
        said(database, service, manager, elsewhere, no)
        with pytest.raises(NewerOptOutError):
            said(database, service, manager, event(database, here.id, cursor=known), yes)
        both = event(database, here.id, elsewhere.id, cursor=known)
        said(database, service, manager, both, yes)
        assert not _stopped(database)


def test_a_no_from_before_a_patient_moved_away_is_kept(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        uow.changes.touched(Room.PATIENT, "ann", ["loc-2"])
        uow.changes.gone(Room.PATIENT, "bea", ["loc-1"])
    stranger = actor(Role.MANAGER, "loc-2")
    with database.write() as uow:
        assert service.restrict(uow, stranger, "ann", Purpose.PROMOTIONS)
        assert service.permit(
            uow, stranger, "ann", Channel.SMS, Purpose.PROMOTIONS, PermissionState.OPTED_OUT
        )
    assert changes(database, "restriction") == {("ann:promotions", "loc-1"): False}
    with pytest.raises(NotFoundError), database.write() as uow:
        service.lift(uow, stranger, "ann", Purpose.PROMOTIONS, why="Asked.")
    with pytest.raises(NotFoundError), database.write() as uow:
        service.restrict(uow, stranger, "cat", Purpose.PROMOTIONS)


def said(database: Database, service: ConsentService, who: Actor, at: Event, what: Restrict | Permit) -> None:
    with database.write() as uow:
        if isinstance(what, Restrict):
            service.handle_restrict(uow, who, at, what)
        else:
            service.handle_permit(uow, who, at, what)


def _stopped(database: Database) -> bool:
    with database.read() as connection:
        out = [each for each in store.permissions(connection) if each.state is PermissionState.OPTED_OUT]
        return bool(out or store.restrictions(connection))


def _latest(database: Database) -> int:
    with database.read() as connection:
        return latest(connection)


def _acts(service: ConsentService, uow: UnitOfWork) -> None:
    manager = actor(Role.MANAGER)
    service.restrict(uow, manager, "ann", Purpose.PROMOTIONS)
    service.restrict(uow, manager, "bea", Purpose.PROMOTIONS)
    service.lift(uow, manager, "bea", Purpose.PROMOTIONS, why="Asked.")
    service.restrict(uow, SERVER, "cat", Purpose.NEWSLETTERS, source=ConsentSource.ONE_CLICK)
    service.suppress(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.STOP_TEXT)


def test_the_present_state_is_what_the_entries_say(database: Database, service: ConsentService) -> None:
    with database.write() as uow:
        _acts(service, uow)
    with database.write() as uow:
        assert rebuild(uow) == (0, 0)
        before = (store.restrictions(uow.connection), store.permissions(uow.connection))
        uow.connection.execute(restriction.delete().where(restriction.c.patient_id == "ann"))
        store.add_restriction(
            uow.connection,
            store.RestrictionRow("bea", Purpose.PROMOTIONS, uow.now, ConsentSource.STAFF, ""),
        )
        uow.connection.execute(
            update(permission).where(permission.c.patient_id == "dan").values(state="opted_in")
        )
        assert rebuild(uow) == (2, 2)
        after = (store.restrictions(uow.connection), store.permissions(uow.connection))
    key = lambda row: (row.patient_id, row.purpose)  # noqa: E731
    assert sorted(after[0], key=key) == sorted(before[0], key=key)
    assert sorted(after[1], key=key) == sorted(before[1], key=key)


def soft_opt_in(conditions: list[Condition], **more: str) -> Event:
    permit = Permit(
        patient_id="ann",
        channel=Channel.EMAIL,
        purpose=Purpose.PROMOTIONS,
        state=PermissionState.UNKNOWN,
        how=more.get("how", "The patient gave it: booking a check-up on 2 March"),
        wording=more.get("wording", "Say no now or at any time."),
        soft_opt_in=conditions,
    )
    return event_of(permit)


def event_of(permit: Permit) -> Event:
    return Event(
        id=new_id(),
        kind=EventKind.PERMIT,
        made_at=datetime(2026, 3, 3, 10, tzinfo=UTC),
        payload=permit.model_dump(mode="json"),
    )


def record(database: Database, service: ConsentService, event: Event, by: Actor) -> None:
    with database.write() as uow:
        service.handle_permit(uow, by, event, Permit.model_validate(event.payload))


PERMITS = actor_with(Right.PERMIT, Right.RESTRICT, Right.VIEW)


def test_l02_a_soft_opt_in_is_recorded_with_its_four_conditions(
    database: Database, service: ConsentService
) -> None:
    event = soft_opt_in(list(Condition))
    record(database, service, event, PERMITS)
    with database.write() as uow:
        (row,) = store.permissions(uow.connection)
        (entry,) = store.entries(uow.connection)
        assert rebuild(uow) == (0, 0)
    assert (row.state, row.soft_opt_in, row.by_name) == (PermissionState.UNKNOWN, True, "Sam Reed")
    assert row.how.startswith("The patient gave it: booking a check-up on 2 March. ")
    assert all(words in row.how for words in CONDITION_WORDS.values())
    assert (entry.what, entry.why, entry.wording) == ("soft_opt_in", row.how, "Say no now or at any time.")
    assert entry.id == event.id
    (line,) = contacts_of(database, "ann")
    assert line.title == "May be sent promotions by e-mail (soft opt-in)"
    assert list(changes(database, "permission")) == [("ann:email:promotions", "loc-1")]


def test_l02_a_lost_row_comes_back_from_the_entries_with_its_soft_opt_in(
    database: Database, service: ConsentService
) -> None:
    record(database, service, soft_opt_in(list(Condition)), PERMITS)
    with database.write() as uow:
        uow.connection.execute(delete(permission))
        assert rebuild(uow) == (0, 1)
        (row,) = store.permissions(uow.connection)
    assert row.soft_opt_in


@pytest.mark.parametrize("missing", list(Condition))
def test_l02_without_one_condition_nothing_is_recorded(
    database: Database, service: ConsentService, missing: Condition
) -> None:
    with pytest.raises(SoftOptInError):
        record(database, service, soft_opt_in([each for each in Condition if each is not missing]), PERMITS)
    with database.read() as connection:
        assert store.permissions(connection) == []
        assert store.entries(connection) == []


@pytest.mark.parametrize("empty", ["how", "wording"])
def test_l02_without_its_circumstances_nothing_is_recorded(
    database: Database, service: ConsentService, empty: str
) -> None:
    with pytest.raises(EvidenceMissingError):
        record(database, service, soft_opt_in(list(Condition), **{empty: " "}), PERMITS)


def test_l02_a_soft_opt_in_needs_the_right_and_never_meets_a_no(
    database: Database, service: ConsentService
) -> None:
    with pytest.raises(NotAllowedError):
        record(database, service, soft_opt_in(list(Condition)), actor())
    with database.write() as uow:
        service.restrict(uow, actor(), "ann", Purpose.PROMOTIONS)
    with pytest.raises(SoftOptInError):
        record(database, service, soft_opt_in(list(Condition)), PERMITS)
    with database.write() as uow:
        service.lift(uow, PERMITS, "ann", Purpose.PROMOTIONS, why="She rang.")
        out = PermissionState.OPTED_OUT
        service.permit(uow, actor(), "ann", Channel.EMAIL, Purpose.PROMOTIONS, out)
    with pytest.raises(SoftOptInError):
        record(database, service, soft_opt_in(list(Condition)), PERMITS)


def test_l02_a_no_ends_it_and_an_address_that_must_not_be_used_has_none(
    database: Database, service: ConsentService
) -> None:
    record(database, service, soft_opt_in(list(Condition)), PERMITS)
    with database.write() as uow:
        service.permit(uow, actor(), "ann", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT)
        (row,) = store.permissions(uow.connection)
        assert (row.state, row.soft_opt_in) == (PermissionState.OPTED_OUT, False)
        uow.connection.execute(delete(permission))
        service.suppress(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.BOUNCE)
    with pytest.raises(SuppressedError):
        record(database, service, soft_opt_in(list(Condition)), PERMITS)
