"""Signing in, staying signed in, and being signed out."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from primoro_campaigns.desktop.remote import session as remote
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens, health, person_of
from primoro_campaigns.desktop.sync.failure import (
    RefusedError,
    ServerTooNewError,
    ServerTooOldError,
    SignedOutError,
    SignInLockedError,
    UnreachableError,
)
from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.server.account import store
from primoro_campaigns.server.account.sign_in import PER_USER
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.secrets import SecretsRefusedError, SessionSecrets
from primoro_campaigns.wire import account as wire
from primoro_campaigns.wire.sync import WIRE_VERSION
from tests.fakes.line import Fate, Line
from tests.fakes.loopback_server import PASSWORD, LoopbackServer
from tests.fakes.odd_server import OddServer
from tests.fakes.odd_server import health as odd_health

DEVICE = "0198c000-0000-7000-8000-000000000001"
NAME = "refresh token"


class LockedSecrets(SessionSecrets):
    """A keyring that says no to what is in ``refuses``."""

    def __init__(self, *refuses: str) -> None:
        super().__init__()
        self.refuses = set(refuses)

    def get(self, name: str) -> str | None:
        self._may("get")
        return super().get(name)

    def put(self, name: str, value: str) -> None:
        self._may("put")
        super().put(name, value)

    def forget(self, name: str) -> None:
        self._may("forget")
        super().forget(name)

    def _may(self, what: str) -> None:
        if what in self.refuses:
            raise SecretsRefusedError


@pytest.fixture
def secrets() -> SessionSecrets:
    return SessionSecrets()


def tokens(
    http: Http, secrets: SessionSecrets, session: wire.Session | None, told: list[wire.Session] | None = None
) -> Tokens:
    return Tokens(http, secrets, NAME, ([] if told is None else told).append, session)


def me(http: Http) -> Callable[[str], bytes]:
    return lambda access: http.json("GET", "/me", token=access)


def revoke(uow: UnitOfWork) -> None:
    row = store.user_by_name(uow.connection, "reception")
    assert row is not None
    store.revoke_user(uow.connection, row.id, uow.now)


# Signing in.


@pytest.mark.usefixtures("server")
def test_signing_in_tells_who_somebody_is(http: Http) -> None:
    person = person_of(remote.sign_in(http, "reception", PASSWORD, DEVICE, "desk"))
    assert (person.username, person.display_name, person.role) == ("reception", "Reception", Role.RECEPTION)
    assert person.all_locations
    assert Right.RESTRICT in person.rights
    assert person.organisation_name == "Bridge Street Dental"
    assert person.time_zone == "Europe/London"


@pytest.mark.usefixtures("server")
def test_a_wrong_password_is_told_without_saying_which_of_the_two_was_wrong(http: Http) -> None:
    words = set()
    for name, password in (("reception", "three quiet badgers"), ("nobody", PASSWORD)):
        with pytest.raises(RefusedError) as refused:
            remote.sign_in(http, name, password, DEVICE, "desk")
        assert refused.value.code == "account.wrong_password"
        words.add((refused.value.title, refused.value.advice))
    ((title, advice),) = words
    assert title
    assert "try again" in advice


@pytest.mark.usefixtures("server")
def test_too_many_wrong_passwords_are_told_with_how_long_to_wait(http: Http) -> None:
    for _ in range(PER_USER.attempts):
        with pytest.raises(RefusedError):
            remote.sign_in(http, "reception", "wrong wrong wrong", DEVICE, "desk")
    with pytest.raises(RefusedError) as refused:
        remote.sign_in(http, "reception", PASSWORD, DEVICE, "desk")
    assert refused.value.status == 429
    assert "15 minutes" in refused.value.advice


def test_without_a_server_signing_in_says_so(http: Http, server: LoopbackServer) -> None:
    server.stop()
    with pytest.raises(UnreachableError) as away:
        remote.sign_in(http, "reception", PASSWORD, DEVICE, "desk")
    assert away.value.code == "remote.unreachable"


@pytest.mark.parametrize(
    ("version", "error"), [(WIRE_VERSION + 1, ServerTooNewError), (WIRE_VERSION - 1, ServerTooOldError)]
)
def test_another_version_is_told_before_anything_else(
    version: int, error: type[ServerTooNewError | ServerTooOldError]
) -> None:
    with OddServer(lambda _path: odd_health(version)) as odd:
        http = Http(odd.address)
        with pytest.raises(error, match=r"9\.9\.9"):
            health(http)
        http.close()


# Staying signed in.


def test_an_access_token_serves_until_it_runs_out_and_is_then_renewed_once(
    http: Http, line: Line, server: LoopbackServer, clock: FixedClock, secrets: SessionSecrets
) -> None:
    told: list[wire.Session] = []
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE), told)
    kept.call(me(http))
    assert line.asked == ["/me"]
    before = secrets.get(NAME)
    clock.instant += timedelta(minutes=16)
    kept.call(me(http))
    kept.call(me(http))
    assert line.asked == ["/me", "/me", "/session/refresh", "/me", "/me"]
    assert secrets.get(NAME) not in (None, before)
    assert [person_of(each).username for each in told] == ["reception"]


def test_several_threads_renew_once(
    server: LoopbackServer, line: Line, http: Http, clock: FixedClock, secrets: SessionSecrets
) -> None:
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE))
    clock.instant += timedelta(minutes=16)
    # All of them have been refused before the first one renews.
    all_refused = threading.Barrier(4)
    failures: list[Exception] = []

    def ask() -> None:
        own = Http(server.address)
        asked: list[str] = []

        def request(access: str) -> bytes:
            asked.append(access)
            try:
                return own.json("GET", "/me", token=access)
            finally:
                if len(asked) == 1:
                    all_refused.wait()

        try:
            kept.call(request)
        except Exception as error:  # noqa: BLE001 - shown by the test
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert line.asked == ["/session/refresh"]


def test_the_keyring_alone_is_enough_for_the_next_start(
    http: Http, server: LoopbackServer, secrets: SessionSecrets
) -> None:
    tokens(http, secrets, server.signed_in("reception", DEVICE))
    again = tokens(http, secrets, None)
    assert b"reception" in again.call(me(http))


def test_a_renewal_whose_answer_was_lost_is_forgiven_once(
    http: Http, line: Line, server: LoopbackServer, clock: FixedClock, secrets: SessionSecrets
) -> None:
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE))
    clock.instant += timedelta(minutes=16)
    line.fates.extend([Fate.FINE, Fate.LOST])
    with pytest.raises(UnreachableError):
        kept.call(me(http))
    clock.instant += timedelta(seconds=30)
    kept.call(me(http))


def test_a_session_that_was_ended_is_told_and_its_token_forgotten(
    http: Http, line: Line, server: LoopbackServer, secrets: SessionSecrets
) -> None:
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE))
    server.change(revoke)
    with pytest.raises(SignedOutError) as out:
        kept.call(me(http))
    assert "What you did meanwhile is kept on this computer" in out.value.advice
    assert secrets.get(NAME) is None
    line.asked.clear()
    with pytest.raises(SignedOutError):
        kept.call(me(http))
    assert line.asked == []


def test_a_refusal_that_is_not_about_the_sign_in_goes_through(
    http: Http, server: LoopbackServer, secrets: SessionSecrets
) -> None:
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE))
    with pytest.raises(RefusedError) as refused:
        kept.call(lambda access: http.json("GET", "/users", token=access))
    assert refused.value.code == "account.right_missing"


@pytest.mark.parametrize("up", [True, False])
def test_signing_out_forgets_the_token_with_or_without_the_server(
    http: Http, line: Line, server: LoopbackServer, secrets: SessionSecrets, up: bool
) -> None:
    session = server.signed_in("reception", DEVICE)
    kept = tokens(http, secrets, session)
    line.up = up
    kept.end()
    assert secrets.get(NAME) is None
    line.up = True
    with pytest.raises(SignedOutError):
        kept.call(me(http))
    if up:
        with pytest.raises(RefusedError):
            me(http)(session.access_token)


# A keyring that refuses.


def test_a_keyring_that_keeps_nothing_is_no_reason_to_stop_now(
    http: Http, server: LoopbackServer, clock: FixedClock
) -> None:
    secrets = LockedSecrets("put", "get", "forget")
    kept = tokens(http, secrets, server.signed_in("reception", DEVICE))
    kept.call(me(http))
    clock.instant += timedelta(minutes=16)
    kept.call(me(http))
    kept.end()


def test_a_keyring_that_does_not_give_out_the_sign_in_is_told(http: Http, server: LoopbackServer) -> None:
    secrets = LockedSecrets()
    tokens(http, secrets, server.signed_in("reception", DEVICE))
    secrets.refuses.add("get")
    again = tokens(http, secrets, None)
    with pytest.raises(SignInLockedError) as locked:
        again.call(me(http))
    assert "What you did here is safe" in locked.value.advice
    assert "Unlock the keyring" in locked.value.advice
    secrets.refuses.clear()
    again.call(me(http))
