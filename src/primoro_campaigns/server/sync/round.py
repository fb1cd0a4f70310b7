"""A round: the desktop's events up, the server's changes down."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import ConflictError, PrimoroError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.sync import store
from primoro_campaigns.server.sync.rooms import Rooms, scope_of
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.logs import FIELDS
from primoro_campaigns.wire.sync import Answer, Event, EventKind, Round, RoundAnswer

_log = logging.getLogger("primoro_campaigns.server.sync")

P = TypeVar("P", bound=BaseModel)
P_contra = TypeVar("P_contra", bound=BaseModel, contravariant=True)

RESTORED = "restored"
"""The scope answered to a desktop that knows more than the server: the database was put back from a copy."""


class Handle(Protocol[P_contra]):
    """A room's reaction to one kind of event. It refuses by raising a ``PrimoroError``; ``ConflictError`` is
    a conflict. A conflict that it returns is answered too, and what was written for it stays ("both kept").

    ``event.made_at`` is the desktop's clock and proves nothing; order comes from the server alone.
    """

    def __call__(
        self, uow: UnitOfWork, actor: Actor, event: Event, payload: P_contra, /
    ) -> ConflictError | None: ...


@dataclass(frozen=True)
class Handler(Generic[P]):
    """What an event's payload must look like, and what is done with it."""

    payload: type[P]
    handle: Handle[P]

    def apply(self, uow: UnitOfWork, actor: Actor, event: Event) -> ConflictError | None:
        """Raises ``PrimoroError`` when it is refused, ``pydantic.ValidationError`` when the payload is not
        one.
        """
        return self.handle(uow, actor, event, self.payload.model_validate(event.payload))


class Applies(Protocol):
    """A ``Handler`` of any payload."""

    def apply(self, uow: UnitOfWork, actor: Actor, event: Event) -> ConflictError | None: ...


Handlers = Mapping[EventKind, Applies]


class Rounds:
    """Answers rounds. ``handlers`` and ``rooms`` are put together where the program is."""

    def __init__(self, database: Database, rooms: Rooms, handlers: Handlers) -> None:
        self._database = database
        self._rooms = rooms
        self._handlers = handlers

    def answer(self, actor: Actor, asked: Round) -> RoundAnswer:
        """Apply the events, each in its own transaction and in their order, then tell what changed after the
        cursor.

        Checks, when asked for, come with the last page and belong to the same state of the database.
        """
        actor.require(Right.VIEW)
        with self._database.read() as connection:
            # Before the events, whose own numbers may lead past the cursor.
            restored = asked.cursor > latest(connection)
        answers = [self._answer(actor, asked.device_id, event) for event in asked.events]
        scope = scope_of(actor)
        with self._database.read() as connection:
            page = store.page(connection, self._rooms, scope, asked.cursor, asked.limit)
            verify = asked.verify and not page.more and not restored
            checks = store.checks(connection, self._rooms, scope) if verify else None
        return RoundAnswer(
            answers=answers,
            batches=page.batches,
            cursor=page.cursor,
            more=page.more,
            scope=RESTORED if restored else scope.key,
            server_time=self._database.clock.now(),
            checks=checks,
        )

    def _answer(self, actor: Actor, device_id: str, event: Event) -> Answer:
        with self._database.read() as connection:
            stored = store.answers(connection, [event.id])
        if event.id in stored:
            return stored[event.id]
        with self._database.write() as uow:
            claimed = store.claim_answer(
                uow.connection,
                event_id=event.id,
                user_id=actor.user_id or "",
                device_id=device_id,
                kind=event.kind,
                received_at=uow.now,
            )
            if not claimed:
                # The same event arrived twice at once; the other's transaction has ended by now.
                return store.answers(uow.connection, [event.id])[event.id]
            answer = self._apply(uow, actor, event)
            if answer.outcome != "applied":
                store.correct_answer(uow.connection, answer)
        return answer

    def _apply(self, uow: UnitOfWork, actor: Actor, event: Event) -> Answer:
        handler = next((each for kind, each in self._handlers.items() if kind == event.kind), None)
        if handler is None:
            return Answer(
                event_id=event.id,
                outcome="refused",
                title="The server does not know this kind of change.",
                advice="Nothing was changed. It needs a newer server: do it again after the update.",
                code="sync.unknown_kind",
            )
        try:
            with uow.savepoint():
                kept = handler.apply(uow, actor, event)
        except ConflictError as error:
            return _no(event, "conflict", error)
        except PrimoroError as error:
            return _no(event, "refused", error)
        except ValidationError as error:
            fields = sorted({".".join(str(part) for part in each["loc"]) for each in error.errors()})
            _log.warning(
                "an event's payload is malformed", extra={FIELDS: {"kind": event.kind, "fields": fields}}
            )
            return Answer(
                event_id=event.id,
                outcome="refused",
                title="The server could not understand this change.",
                advice="Nothing was changed. Bring this computer and the server to the same version, "
                "then do it again.",
                code="sync.payload",
            )
        except (IntegrityError, DataError) as error:
            # One event that the database will not take must not hold up those behind it: a withdrawal may be
            # waiting.
            incident = new_id()
            _log.error(
                "the database refused an event",
                exc_info=error,
                extra={FIELDS: {"kind": event.kind, "incident": incident}},
            )
            return Answer(
                event_id=event.id,
                outcome="refused",
                title="The server could not store this change.",
                advice="Nothing was changed. Do it again; if it is refused again, "
                f"give the code {incident} to support.",
                code="sync.not_stored",
            )
        return Answer(event_id=event.id, outcome="applied") if kept is None else _no(event, "conflict", kept)


def _no(event: Event, outcome: str, error: PrimoroError) -> Answer:
    return Answer(
        event_id=event.id,
        outcome="conflict" if outcome == "conflict" else "refused",
        title=error.title,
        advice=error.advice,
        code=error.code,
    )
