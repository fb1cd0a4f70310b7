"""The server's sync, as the engine speaks it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel, ValidationError

from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens, health, not_ours
from primoro_campaigns.desktop.sync.engine import RoundReply
from primoro_campaigns.desktop.sync.failure import RefusedError, SnapshotGoneError, UnreachableError
from primoro_campaigns.desktop.sync.pending import PendingEvent
from primoro_campaigns.desktop.sync.rows import Answered, Check, RowBatch, SnapshotHead
from primoro_campaigns.wire.sync import Answer, Event, Round, Snapshot
from primoro_campaigns.wire.sync import Check as WireCheck

ROWS_A_ROUND = 2000
_MALFORMED = 422
STREAM_SILENCE_SECONDS = 5.0
"""The server says something each second."""


class _ReplyHead(BaseModel):
    """``wire.sync.RoundAnswer`` without its batches, whose thousands of cells need no validation one by
    one.
    """

    answers: list[Answer]
    cursor: int
    more: bool
    scope: str
    server_time: datetime
    checks: list[WireCheck] | None = None


class ServerApi:
    """``sync.engine.Remote``. Use each from one thread at a time."""

    def __init__(self, http: Http, tokens: Tokens, device_id: str) -> None:
        self._http = http
        self._tokens = tokens
        self._device_id = device_id

    def check_version(self) -> None:
        """Raises ``ServerTooNewError``, ``ServerTooOldError``."""
        health(self._http)

    def snapshot(self) -> SnapshotHead:
        body = self._tokens.call(lambda access: self._http.json("POST", "/sync/snapshot", token=access))
        try:
            made = Snapshot.model_validate_json(body)
        except ValidationError as error:
            raise not_ours(error) from None
        return SnapshotHead(made.snapshot_id, made.cursor, made.chunks, made.rows, made.scope)

    def chunk(self, head: SnapshotHead, number: int) -> bytes:
        """Raises ``SnapshotGoneError``."""
        path = f"/sync/snapshot/{head.snapshot_id}/{number}"
        try:
            return self._tokens.call(lambda access: self._http.json("GET", path, token=access))
        except RefusedError as error:
            if error.code == "sync.snapshot_gone":
                raise SnapshotGoneError from None
            raise

    def unpacked(self, chunk: bytes) -> RowBatch:
        return _batch(_plain(chunk))

    def round(self, cursor: int, events: Sequence[PendingEvent], verify: bool) -> RoundReply:
        asked = self._asked(cursor, events, verify)
        plain = _plain(
            self._tokens.call(lambda access: self._http.json("POST", "/sync/round", asked, token=access))
        )
        try:
            head = _ReplyHead.model_validate(plain)
        except ValidationError as error:
            raise not_ours(error) from None
        batches = plain.get("batches")
        return RoundReply(
            answers=[
                Answered(each.event_id, each.outcome, each.title, each.advice, each.code)
                for each in head.answers
            ],
            batches=[_batch(each) for each in (batches if isinstance(batches, list) else [])],
            cursor=head.cursor,
            more=head.more,
            scope=head.scope,
            server_time=head.server_time,
            checks=None
            if head.checks is None
            else [Check(each.room, each.count, each.seq_sum) for each in head.checks],
        )

    def _asked(self, cursor: int, events: Sequence[PendingEvent], verify: bool) -> str:
        try:
            return Round(
                device_id=self._device_id,
                cursor=cursor,
                events=[
                    Event.model_validate(
                        {
                            "id": event.event_id,
                            "kind": event.kind.value,
                            "made_at": event.made_at,
                            "payload": event.payload,
                            "seen": None if event.seen is None else asdict(event.seen),
                        }
                    )
                    for event in events
                ],
                verify=verify,
                limit=ROWS_A_ROUND,
            ).model_dump_json()
        except ValidationError:
            # As if the server had taken it amiss: then the others go without the one that is wrong.
            raise RefusedError(
                "This change could not be sent.",
                "Nothing was changed on the server. Do it again; if it is refused again, tell whoever looks "
                "after your computers.",
                "remote.unsendable",
                _MALFORMED,
            ) from None


class ServerStream:
    """``sync.timetable.Stream``: the server-sent events. Needs an ``Http`` of its own."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def changes(self, after: int, stopped: Callable[[], bool]) -> Iterator[int]:
        """The server's counter each time it has moved, until ``stopped``, which is asked about each second.

        Raises ``UnreachableError`` when the line is cut, ``SignedOutError``; ends when the server ends it.
        """
        path = f"/sync/events?after={after}"
        with ExitStack() as stack:
            lines = self._tokens.call(
                lambda access: stack.enter_context(self._http.lines(path, access, STREAM_SILENCE_SECONDS))
            )
            for line in lines:
                if stopped():
                    return
                if line.startswith("data:"):
                    yield _seq(line.removeprefix("data:"))


def _plain(body: bytes) -> dict[str, object]:
    try:
        plain = json.loads(body)
    except ValueError:
        raise UnreachableError(code="remote.truncated") from None
    if not isinstance(plain, dict):
        raise UnreachableError(code="remote.not_ours")
    return plain


def _batch(plain: object) -> RowBatch:
    if not isinstance(plain, dict):
        raise UnreachableError(code="remote.not_ours")
    room, columns, rows, gone = (plain.get(name) for name in ("room", "columns", "rows", "gone_ids"))
    if not isinstance(room, str) or not isinstance(columns, list) or not isinstance(rows, list):
        raise UnreachableError(code="remote.not_ours")
    if set(map(type, rows)) - {list} or set(map(len, rows)) - {len(columns)}:
        raise UnreachableError(code="remote.not_ours")
    return RowBatch(room, columns, rows, gone if isinstance(gone, list) else [])


def _seq(text: str) -> int:
    try:
        return int(json.loads(text)["seq"])
    except (ValueError, KeyError, TypeError):
        raise UnreachableError(code="remote.not_ours") from None
