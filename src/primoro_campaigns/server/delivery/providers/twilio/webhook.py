"""What the text gateway tells us: how a message fared, and what patients answer. Only with its signature."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from primoro_campaigns.domain.consent.keyword import Keyword
from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import service
from primoro_campaigns.server.delivery.providers.gateway import ForgedError, Hooks, TextGateway
from primoro_campaigns.server.delivery.providers.twilio.client import HOOKS, TwilioAccount, TwilioClient
from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER, is_genuine
from primoro_campaigns.server.delivery.texts.inbound import PatientText, take_text
from primoro_campaigns.server.http.body import form_fields
from primoro_campaigns.server.key import ServerKey

_MOST_BYTES = 65_536


Fields = Mapping[str, str]


def text_hooks(hooks: Hooks) -> APIRouter:
    """``POST /hooks/sms/status`` and ``POST /hooks/sms/inbound``."""
    key, consent = hooks.key, hooks.consent
    router = APIRouter(prefix=HOOKS, include_in_schema=False)

    @router.post("/status")
    async def status(request: Request, database: CurrentDatabase) -> Response:
        fields = await form_fields(request, _MOST_BYTES)

        def apply() -> None:
            with database.read() as connection:
                _require_genuine(connection, key, request, fields)
            with database.write() as uow:
                note_report(uow, consent, request.query_params.get("line", ""), dict(fields))

        await run_in_threadpool(apply)
        return Response(status_code=204)

    @router.post("/inbound")
    async def inbound(request: Request, database: CurrentDatabase) -> Response:
        fields = await form_fields(request, _MOST_BYTES)

        def apply() -> str:
            with database.read() as connection:
                _require_genuine(connection, key, request, fields)
            with database.write() as uow:
                return take_text(uow, consent, patient_text(dict(fields)))

        words = await run_in_threadpool(apply)
        return Response(_answer(words), media_type="application/xml")

    return router


TWILIO = TextGateway("twilio", "Twilio", TwilioAccount, TwilioClient, text_hooks)

_OPTED_OUT = "21610"


def patient_text(fields: Fields) -> PatientText:
    """The gateway can be told to handle the keywords itself: then it has answered already."""
    handled = fields.get("OptOutType", "").lower()
    return PatientText(
        fields.get("MessageSid", ""),
        fields.get("From", ""),
        fields.get("Body", ""),
        Keyword(handled) if handled in set(Keyword) else None,
    )


def note_report(uow: UnitOfWork, consent: ConsentService, line_id: str, fields: Fields) -> None:
    """A status callback. One about a message that is not ours changes nothing."""
    status = fields.get("MessageStatus", "")
    known = service.note_status(uow, line_id, fields.get("MessageSid", ""), status)
    if known and fields.get("ErrorCode") == _OPTED_OUT:
        consent.suppress(
            uow,
            AddressKind.MOBILE,
            fields.get("To", ""),
            source=ConsentSource.STOP_TEXT,
            why="The text gateway reported it.",
        )


def _answer(words: str) -> str:
    """The gateway's own language (TwiML); without words it says nothing to the patient."""
    message = f"<Message>{escape(words)}</Message>" if words else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'


def _require_genuine(
    connection: Connection, key: ServerKey, request: Request, fields: list[tuple[str, str]]
) -> None:
    settings = organisation.settings(connection)
    query = f"?{request.url.query}" if request.url.query else ""
    # The gateway signs the address it was given, which a proxy in front of the server may have changed.
    address = f"{settings.public_address}{request.url.path}{query}"
    signature = request.headers.get(HEADER, "")
    token = TWILIO.account_in(settings, key).auth_token.get_secret_value()
    if not is_genuine(token, address, fields, signature):
        raise ForgedError
