"""What the mail provider tells us of mail that came back and of complaints. Only with its signature."""

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http.body import limited_body
from primoro_campaigns.server.http.signature import ForgedError, is_genuine
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.mailbox import service
from primoro_campaigns.wire.hook import SIGNATURE, TIMESTAMP
from primoro_campaigns.wire.mailbox import MailReport

_MOST_BYTES = 16_384


def mail_hooks(key: ServerKey, consent: ConsentService) -> APIRouter:
    """``POST /hooks/mail``: one event about one e-mail. Sent again, it changes nothing.

    ``ours`` in the answer says whether it is about a mail of ours that we know of already.
    """
    router = APIRouter(prefix="/hooks", include_in_schema=False)

    def take(database: Database, body: bytes, stamp: str, signature: str) -> bool:
        with database.read() as connection:
            secret = key.open(organisation.settings(connection).mail_webhook_secret)
        if not is_genuine(secret, stamp, body, signature, database.clock.now()):
            raise ForgedError("mail provider", "mail_webhook_secret")
        try:
            report = MailReport.model_validate_json(body)
        except ValidationError as error:
            raise RequestValidationError(error.errors(include_input=False)) from error
        with database.write() as uow:
            return service.take_report(uow, consent, report)

    @router.post("/mail")
    async def mail(request: Request, database: CurrentDatabase) -> dict[str, bool]:
        body = await limited_body(request, _MOST_BYTES)
        stamp, signature = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
        return {"ok": True, "ours": await run_in_threadpool(take, database, body, stamp, signature)}

    return router
