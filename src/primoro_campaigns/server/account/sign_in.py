"""Signing in, and the limits that keep guessing slow."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account import password, session, store
from primoro_campaigns.server.account.username import folded
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.wire import account as wire


@dataclass(frozen=True)
class Limit:
    """At most ``attempts`` failed attempts within ``window``."""

    attempts: int
    window: timedelta


PER_USER = Limit(8, timedelta(minutes=15))
PER_ADDRESS = Limit(40, timedelta(minutes=15))
"""A whole practice may sit behind one address."""


class WrongPasswordError(PrimoroError):
    """The user name or the password is wrong; which of them is not told."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "The user name or the password is not right.",
            "Check both and try again. If you have forgotten your password, ask your practice manager.",
            "account.wrong_password",
        )


class TooManyAttemptsError(PrimoroError):
    """``retry_after_s`` is the wait, in seconds, after which one more attempt is let through."""

    status = 429

    def __init__(self, retry_after_s: int) -> None:
        minutes = ceil(retry_after_s / 60)
        super().__init__(
            "There were too many attempts to sign in.",
            f"Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again. "
            "If it was not you, tell your practice manager.",
            "account.too_many_attempts",
        )
        self.retry_after_s = retry_after_s


def sign_in(database: Database, asked: wire.SignIn, client_address: str) -> wire.Session:
    """A session for the right user name and password. Raises ``WrongPasswordError`` or
    ``TooManyAttemptsError``.

    The attempt is written down before the password is looked at, so that parallel guesses count too; it is
    forgiven when the password was right. The password is checked outside any transaction: it takes its time
    on purpose.
    """
    username = folded(asked.username)
    keys = {f"user:{username}": PER_USER, f"address:{client_address}": PER_ADDRESS}
    with database.write() as uow:
        count(uow, keys)
        user = store.user_by_name(uow.connection, username)
    checked = password.check(
        user.password_hash if user is not None else None, asked.password.get_secret_value()
    )
    if user is None or not checked.right or not user.active:
        raise WrongPasswordError
    with database.write() as uow:
        forgive(uow, keys)
        if checked.fresh_hash is not None:
            store.set_password_hash(uow.connection, user.id, checked.fresh_hash)
        return session.start(uow, user, asked.device_id, asked.device_name)


def count(uow: UnitOfWork, keys: dict[str, Limit]) -> None:
    """Write one attempt down under each key.

    Raises ``TooManyAttemptsError``, writing nothing, when one is used up.
    """
    waits = [_wait(uow, key, limit) for key, limit in keys.items()]
    if max(waits) > 0:
        raise TooManyAttemptsError(max(waits))
    for key in keys:
        store.add_attempt(uow.connection, key, uow.now)


def forgive(uow: UnitOfWork, keys: dict[str, Limit]) -> None:
    """Forget the attempts: the person was the right one.

    Those of an address are forgiven too: a guesser who owns one account gains fresh attempts at others by it,
    but each of those has its own limit.
    """
    for key in keys:
        store.forgive_attempts(uow.connection, key)


def _wait(uow: UnitOfWork, key: str, limit: Limit) -> int:
    at: list[datetime] = store.attempts(uow.connection, key, uow.now - limit.window)
    if len(at) < limit.attempts:
        return 0
    freed_at = at[len(at) - limit.attempts] + limit.window
    return max(1, ceil((freed_at - uow.now).total_seconds()))
