"""HTTP of sync: snapshots, rounds, and the event stream."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic_core import to_json

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.server.account import session
from primoro_campaigns.server.account.authentication import CurrentActor, CurrentDatabase, CurrentSession
from primoro_campaigns.server.sync.notifier import Notifier
from primoro_campaigns.server.sync.rooms import scope_of
from primoro_campaigns.server.sync.round import Rounds
from primoro_campaigns.server.sync.snapshot import Snapshots
from primoro_campaigns.server.sync.stream import nudges
from primoro_campaigns.wire.sync import Round, RoundAnswer, Snapshot

_WORTH_PACKING_BYTES = 4096


def sync_router(rounds: Rounds, snapshots: Snapshots, notifier: Notifier) -> APIRouter:
    router = APIRouter(prefix="/api/v1/sync", tags=["sync"])

    @router.post("/snapshot")
    def prepare(database: CurrentDatabase, actor: CurrentActor) -> Snapshot:
        actor.require(Right.VIEW)
        scope = scope_of(actor)
        made = snapshots.prepared(scope)
        return Snapshot(
            snapshot_id=made.snapshot_id,
            cursor=made.cursor,
            chunks=made.chunks,
            rows=made.rows,
            scope=scope.key,
            server_time=database.clock.now(),
        )

    @router.get("/snapshot/{snapshot_id}/{number}")
    def chunk(
        actor: CurrentActor,
        snapshot_id: Annotated[str, Path(max_length=36)],
        number: Annotated[int, Path(ge=0, lt=100_000)],
    ) -> Response:
        """A ``RowBatch``, packed with gzip (``Content-Encoding``): HTTP libraries unpack it by themselves."""
        actor.require(Right.VIEW)
        packed = snapshots.chunk(scope_of(actor), snapshot_id, number)
        return Response(
            packed,
            media_type="application/json",
            headers={"Content-Encoding": "gzip", "Cache-Control": "no-store"},
        )

    @router.post("/round", response_model=RoundAnswer)
    def answer(request: Request, actor: CurrentActor, asked: Round) -> Response:
        body = to_json(rounds.answer(actor, asked))
        headers = {"Cache-Control": "no-store"}
        if len(body) > _WORTH_PACKING_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
            body = gzip.compress(body, 1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(body, media_type="application/json", headers=headers)

    @router.get("/events")
    def events(
        database: CurrentDatabase, who: CurrentSession, after: Annotated[int, Query(ge=0)] = 0
    ) -> StreamingResponse:
        who.actor.require(Right.VIEW)

        def still_signed_in() -> None:
            with database.read() as connection:
                session.require_open(connection, who.session_id, database.clock.now())

        return StreamingResponse(
            nudges(notifier, after, still_signed_in),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router
