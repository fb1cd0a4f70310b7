"""What the telephone provider tells us of calls. Only with its signature."""

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.call.service import CallService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http.body import limited_body
from primoro_campaigns.server.http.signature import ForgedError, is_genuine
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.wire.call import CallReport
from primoro_campaigns.wire.hook import SIGNATURE, TIMESTAMP

_MOST_BYTES = 16_384


def call_hooks(key: ServerKey, calls: CallService) -> APIRouter:
    """``POST /hooks/calls``: one event about one call. Sent again, it changes nothing."""
    router = APIRouter(prefix="/hooks", include_in_schema=False)

    @router.post("/calls")
    async def take(request: Request, database: CurrentDatabase) -> dict[str, bool]:
        body = await limited_body(request, _MOST_BYTES)
        stamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
        await run_in_threadpool(_take, database, key, calls, body, stamp, signature)
        return {"ok": True}

    return router


def _take(
    database: Database, key: ServerKey, calls: CallService, body: bytes, stamp: str, signature: str
) -> None:
    with database.read() as connection:
        secret = _secret(connection, key)
    if not is_genuine(secret, stamp, body, signature, database.clock.now()):
        raise ForgedError("telephone provider", "call_webhook_secret")
    try:
        report = CallReport.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False)) from error
    with database.write() as uow:
        calls.take(uow, report)


def _secret(connection: Connection, key: ServerKey) -> str:
    return key.open(organisation.settings(connection).call_webhook_secret)
