"""How the providers stand, from real sends; and test messages to oneself (domain.md M18)."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.consent.model import Channel, ConsentSource
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.domain.errors import NotAllowedError, PrimoroError
from primoro_campaigns.server.account import user
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.account.tables import user as user_table
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.fence import STOPPED
from primoro_campaigns.server.delivery.health.service import NOTED_EVERY, Watch, known, verdict
from primoro_campaigns.server.delivery.health.store import ProviderRow
from primoro_campaigns.server.delivery.providers.provider import Away, Result
from primoro_campaigns.server.delivery.service import addressee
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.delivery.trial.service import (
    SUBJECT,
    NoSuchProviderError,
    NothingWrittenError,
    OwnAddressError,
    PatientsAddressError,
    TooSoonError,
    TrialRefusedError,
    Trials,
)
from primoro_campaigns.server.patient.tables import contact
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.sending import SendTest
from tests.server.delivery.conftest import House
from tests.server.practice import actor, add_patient
from tests.server.sender import CONTENT, KEY, add_willing, configure

OWN = "max@practice.example"
OWN_MOBILE = "07700 900555"


def stands(database: Database) -> dict[str, ProviderRow]:
    with database.read() as connection:
        return {row.id: row for row in known(connection)}


def test_a_provider_is_listed_from_the_first_look_and_not_used_yet(house: House) -> None:
    assert stands(house.database) == {}
    house.worker.work()
    assert stands(house.database) == {
        "smtp": ProviderRow("smtp", "Mail server 127.0.0.1", "email", None, None, ""),
        "twilio": ProviderRow("twilio", "Text gateway Twilio", "sms", None, None, ""),
    }
    with house.database.write() as uow:
        configure(uow, imap_host="imap.practice.example", sms_gateway="")
    house.worker.work()
    assert set(stands(house.database)) == {"smtp", "mailbox"}


def test_a_real_send_says_how_it_went(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    port = mail.port
    mail.stop()
    house.approved()
    house.worker.work()
    row = stands(house.database)["smtp"]
    assert (row.last_success_at, row.last_failure_at) == (None, clock.now())
    assert row.failure.startswith(f"The mail server cannot be reached (127.0.0.1, port {port}).")
    assert stands(house.database)["twilio"].last_failure_at is None
    mail.start()
    clock.instant += timedelta(minutes=10)
    house.worker.work()
    assert len(mail.caught) == 1
    row = stands(house.database)["smtp"]
    assert row.last_success_at == clock.now()
    assert row.last_failure_at == clock.now() - timedelta(minutes=10)


def test_another_server_begins_anew(house: House) -> None:
    house.worker.work()
    Watch(house.database).failed("smtp", "It is broken.")
    with house.database.write() as uow:
        configure(uow, smtp_host="localhost")
    house.worker.work()
    row = stands(house.database)["smtp"]
    assert row == ProviderRow("smtp", "Mail server localhost", "email", None, None, "")


def test_that_it_works_is_written_down_once_a_minute(house: House, clock: FixedClock) -> None:
    house.worker.work()
    watch = Watch(house.database)
    numbers = []
    for seconds in (0, 1, NOTED_EVERY.total_seconds()):
        clock.instant += timedelta(seconds=seconds)
        watch.heard("smtp", [Result(Sent("m"))])
        with house.database.read() as connection:
            numbers.append(latest(connection))
    assert numbers == [numbers[0], numbers[0], numbers[0] + 1]
    watch.failed("smtp", "It is broken.")
    watch.worked("smtp")
    assert stands(house.database)["smtp"].last_success_at == clock.now()


def test_a_provider_that_is_not_in_use_is_not_noted(house: House) -> None:
    house.worker.work()
    Watch(house.database).failed("pigeon", "It flew away.")
    assert "pigeon" not in stands(house.database)


REFUSED = Result(NotSent(False, "No such number."))


@pytest.mark.parametrize(
    ("results", "words"),
    [
        ([], None),
        ([Result(Sent("m"))], ""),
        ([Result(Away("It is away."))], "It is away."),
        ([Result(Sent("m")), Result(InDoubt("The line broke."))], "The line broke."),
        ([Result(InDoubt("The line broke.")), Result(Sent("m"))], ""),
        ([Result(Away(STOPPED))], None),
        ([Result(Sent("m")), Result(Away(STOPPED))], ""),
        ([REFUSED] * 4, None),
        ([REFUSED] * 5, "The last 5 messages were all refused. The latest answer: No such number."),
        ([REFUSED] * 5 + [Result(Sent("m"))], ""),
    ],
)
def test_what_the_answers_say_of_the_provider(results: list[Result], words: str | None) -> None:
    assert verdict(results) == words


@pytest.fixture
def manager(house: House) -> Actor:
    """Somebody with an account, who may have tests sent."""
    who = actor(Role.MANAGER, name="Max")
    with house.database.write() as uow:
        row = {"id": who.user_id, "display_name": "Max", "role": "manager", "username": "max"}
        uow.connection.execute(user_table.insert().values(**row, password_hash="-", created_at=uow.now))
    house.worker.work()
    return who


@pytest.fixture
def trials(house: House) -> Trials:
    return Trials(house.database, house.consent, Watch(house.database), lambda: Carriers(KEY))


def test_a_test_goes_to_oneself_and_in_nobodys_account(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    told = trials.send(manager, SendTest(provider="smtp", address=f" {OWN} "))
    assert told.sent
    assert OWN in told.words
    (caught,) = mail.caught
    message = message_from_bytes(caught.content, policy=default)
    assert (message["To"], message["Subject"]) == (OWN, SUBJECT)
    assert "List-Unsubscribe" not in message
    clock.instant += timedelta(minutes=1)
    assert trials.send(manager, SendTest(provider="twilio", address=OWN_MOBILE)).sent
    (text,) = texts.caught
    assert text.to == "+447700900555"
    assert text.body.startswith("Bridge Street Dental: this is a test from Primoro Campaigns.")
    with house.database.read() as connection:
        assert user.own_addresses(connection, manager) == (OWN, "+447700900555")
        for table in (delivery, contact):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    assert stands(house.database)["smtp"].last_success_at is not None
    assert stands(house.database)["twilio"].last_success_at == clock.now()


def test_a_campaigns_message_comes_as_a_patient_would_get_it(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher, texts: TextCatcher
) -> None:
    assert trials.send(manager, SendTest(provider="smtp", address=OWN, content=CONTENT)).sent
    assert trials.send(manager, SendTest(provider="twilio", address=OWN_MOBILE, content=CONTENT)).sent
    message = message_from_bytes(mail.caught[0].content, policy=default)
    assert (message["To"], message["Subject"]) == (OWN, f"Test: {CONTENT.subject}")
    plain = message.get_body(("plain",))
    assert plain is not None
    assert str(plain.get_content()).startswith("Dear Ann,")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert texts.caught[0].body == (
        "Bridge Street Dental: Test: Dear Ann, come and see us this spring.\nReply STOP to opt out"
    )
    with house.database.read() as connection:
        link = str(message["List-Unsubscribe"]).partition(">")[0].rpartition("/")[2]
        assert addressee(connection, link) is None
        for table in (delivery, contact):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_message_that_is_not_written_yet_is_not_sent(
    trials: Trials, manager: Actor, mail: MailCatcher
) -> None:
    with pytest.raises(NothingWrittenError):
        trials.send(
            manager, SendTest(provider="smtp", address=OWN, content=replace(CONTENT, email_body=" \n"))
        )
    broken = replace(CONTENT, email_body="Dear {no_such_field}, come and see us.")
    with pytest.raises(PrimoroError):
        trials.send(manager, SendTest(provider="smtp", address=OWN, content=broken))
    assert mail.caught == ()


def test_a_test_that_fails_says_why_and_is_noted(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher
) -> None:
    mail.stop()
    told = trials.send(manager, SendTest(provider="smtp", address=OWN))
    assert not told.sent
    assert told.words.startswith("The mail server cannot be reached")
    assert stands(house.database)["smtp"].failure == told.words


def test_a_test_is_no_way_to_write_to_a_patient(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher, texts: TextCatcher
) -> None:
    with house.database.write() as uow:
        add_patient(uow, "ann", email="Ann@Example.com", mobile_e164="+447700900123", mobile_state="ok")
    for asked in (
        SendTest(provider="smtp", address="ann@example.com"),
        SendTest(provider="twilio", address="07700 900123"),
    ):
        with pytest.raises(PatientsAddressError):
            trials.send(manager, asked)
    assert (mail.caught, texts.caught) == ((), ())


def test_the_gate_is_asked_for_a_test_too(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher
) -> None:
    with house.database.write() as uow:
        house.consent.suppress(uow, AddressKind.EMAIL, OWN, source=ConsentSource.BOUNCE, why="It came back.")
    with pytest.raises(TrialRefusedError, match="must not be used"):
        trials.send(manager, SendTest(provider="smtp", address=OWN))
    with house.database.write() as uow:
        configure(uow, public_address="")
    with pytest.raises(TrialRefusedError, match="not set up"):
        trials.send(manager, SendTest(provider="smtp", address="other@practice.example"))
    assert mail.caught == ()


def test_while_sending_is_stopped_no_test_leaves_either(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher
) -> None:
    with house.database.write() as uow:
        configure(uow, sending_stopped="true")
    told = trials.send(manager, SendTest(provider="smtp", address=OWN))
    assert (told.sent, told.words) == (False, STOPPED)
    assert mail.caught == ()
    assert stands(house.database)["smtp"].last_failure_at is None


def test_one_test_every_few_seconds(
    trials: Trials, manager: Actor, mail: MailCatcher, clock: FixedClock
) -> None:
    trials.send(manager, SendTest(provider="smtp", address=OWN))
    with pytest.raises(TooSoonError):
        trials.send(manager, SendTest(provider="smtp", address=OWN))
    clock.instant += timedelta(seconds=15)
    trials.send(manager, SendTest(provider="smtp", address=OWN))
    assert len(mail.caught) == 2


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (("smtp", "not an address"), OwnAddressError),
        (("smtp", "max@practice.example\r\nBcc: ann@example.com"), OwnAddressError),
        (("twilio", "020 7946 0002"), OwnAddressError),
        (("twilio", "max"), OwnAddressError),
        (("pigeon", OWN), NoSuchProviderError),
        (("mailbox", OWN), NoSuchProviderError),
    ],
)
def test_what_cannot_be_tested_is_refused(
    house: House,
    trials: Trials,
    manager: Actor,
    mail: MailCatcher,
    asked: tuple[str, str],
    error: type[Exception],
) -> None:
    with house.database.write() as uow:
        configure(uow, imap_host="imap.practice.example")
    with pytest.raises(error):
        trials.send(manager, SendTest(provider=asked[0], address=asked[1]))
    assert mail.caught == ()


def test_reception_has_no_tests_sent(trials: Trials) -> None:
    with pytest.raises(NotAllowedError):
        trials.send(actor(Role.RECEPTION), SendTest(provider="smtp", address=OWN))


def test_a_test_does_not_close_what_a_campaign_uses(
    house: House, trials: Trials, manager: Actor, mail: MailCatcher
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
        configure(uow, most_in_7_days="0", most_in_90_days="0", reset_months_promotions="0")
    house.approved()
    house.worker.work()
    trials.send(manager, SendTest(provider="smtp", address=OWN))
    house.approved(replace(CONTENT, name="Second"), "c2")
    house.worker.work()
    assert len(mail.caught) == 5
    assert Channel.EMAIL.value == stands(house.database)["smtp"].channel
