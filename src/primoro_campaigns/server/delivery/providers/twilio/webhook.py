"""What the text gateway tells us: how a message fared, and what patients answer. Only with its signature."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from primoro_campaigns.domain.consent.keyword import Keyword, read
from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.domain.errors import NotAllowedError, PrimoroError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.phone import to_e164
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import service
from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER, is_genuine
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.service import holders_of

_MOST_BYTES = 65_536
_EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""An answer in the gateway's own language that says nothing to the patient."""

Fields = Mapping[str, str]


class ForgedError(NotAllowedError):
    """The signature is missing or wrong."""

    def __init__(self) -> None:
        super().__init__(
            "This request is not signed by the text gateway.",
            "Nothing was changed. Check that the account's token and the public address "
            "are the same on both sides.",
            "hook.signature",
        )


class TooLargeError(PrimoroError):
    status = 413

    def __init__(self) -> None:
        super().__init__("This request is too large.", "Nothing was changed.", "http.too_large")


def text_hooks(key: ServerKey, consent: ConsentService) -> APIRouter:
    """``POST /hooks/sms/status`` and ``POST /hooks/sms/inbound``."""
    router = APIRouter(prefix="/hooks/sms", include_in_schema=False)

    @router.post("/status")
    async def status(request: Request, database: CurrentDatabase) -> Response:
        fields = await _fields(request)

        def apply() -> None:
            with database.write() as uow:
                _require_genuine(uow.connection, key, request, fields)
                note_report(uow, consent, request.query_params.get("line", ""), fields)

        await run_in_threadpool(apply)
        return Response(status_code=204)

    @router.post("/inbound")
    async def inbound(request: Request, database: CurrentDatabase) -> Response:
        fields = await _fields(request)

        def apply() -> None:
            with database.write() as uow:
                _require_genuine(uow.connection, key, request, fields)
                take_text(uow, consent, fields)

        await run_in_threadpool(apply)
        return Response(_EMPTY, media_type="application/xml")

    return router


_OPTED_OUT = "21610"


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


def take_text(uow: UnitOfWork, consent: ConsentService, fields: Fields) -> None:
    """A text from a patient: STOP and START act at once, everything else is for a person to read."""
    found = to_e164(fields.get("From", ""))
    if found is None:
        return
    number, body = found.e164, fields.get("Body", "")
    match read(body):
        case Keyword.STOP:
            consent.suppress(
                uow,
                AddressKind.MOBILE,
                number,
                source=ConsentSource.STOP_TEXT,
                why=f"The text said “{body.strip()}”.",
            )
        case Keyword.START:
            consent.release(uow, AddressKind.MOBILE, number, source=ConsentSource.START_TEXT)
        case _:
            entries = [
                contacts.ContactEntry(
                    PatientId(holder.patient_id),
                    kind="sms",
                    direction="in",
                    title="Text from the patient",
                    status="received",
                    detail=body[:1000],
                )
                for holder in holders_of(uow.connection, number)
            ]
            contacts.record(uow, entries)


def _require_genuine(connection: Connection, key: ServerKey, request: Request, fields: Fields) -> None:
    settings = organisation.settings(connection)
    query = f"?{request.url.query}" if request.url.query else ""
    # The gateway signs the address it was given, which a proxy in front of the server may have changed.
    address = f"{settings.public_address}{request.url.path}{query}"
    signature = request.headers.get(HEADER, "")
    if not is_genuine(key.open(settings.sms_auth_token), address, fields.items(), signature):
        raise ForgedError


async def _fields(request: Request) -> Fields:
    if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
        raise TooLargeError
    form = await request.form()
    return {name: value for name, value in form.multi_items() if not isinstance(value, UploadFile)}
