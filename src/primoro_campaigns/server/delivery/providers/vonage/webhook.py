"""What the gateway tells us: how a message fared, and what patients answer. Only with its signature."""

import json
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery import service
from primoro_campaigns.server.delivery.providers.gateway import ForgedError, Hooks, TextGateway
from primoro_campaigns.server.delivery.providers.vonage.client import (
    BARRED,
    HOOKS,
    VonageAccount,
    VonageClient,
    code_of,
)
from primoro_campaigns.server.delivery.providers.vonage.signature import is_genuine
from primoro_campaigns.server.delivery.texts.inbound import PatientText, take_text
from primoro_campaigns.server.http.body import limited_body

_MOST_BYTES = 65_536

_STATUS: Mapping[str, str] = {
    "submitted": "sent",
    "delivered": "delivered",
    "read": "read",
    "rejected": "failed",
    "undeliverable": "undelivered",
}
"""The gateway's words for how a message fared, as ours."""


def vonage_hooks(hooks: Hooks) -> APIRouter:
    """``POST /hooks/vonage/status`` and ``POST /hooks/vonage/inbound``."""
    router = APIRouter(prefix=HOOKS, include_in_schema=False)

    def genuine(database: Database, request: Request, body: bytes) -> Mapping[str, object]:
        with database.read() as connection:
            secret = VONAGE.account_now(connection, hooks.key).signature_secret.get_secret_value()
        if not is_genuine(secret, body, request.headers.get("Authorization", ""), database.clock.now()):
            raise ForgedError
        return _read(body)

    @router.post("/status")
    async def status(request: Request, database: CurrentDatabase) -> Response:
        body = await limited_body(request, _MOST_BYTES)

        def apply() -> None:
            told = genuine(database, request, body)
            with database.write() as uow:
                note_report(uow, hooks.consent, told)

        await run_in_threadpool(apply)
        return Response(status_code=204)

    @router.post("/inbound")
    async def inbound(request: Request, database: CurrentDatabase) -> Response:
        body = await limited_body(request, _MOST_BYTES)

        def apply() -> None:
            told = genuine(database, request, body)
            with database.write() as uow:
                take_text(uow, hooks.consent, patient_text(told))

        await run_in_threadpool(apply)
        return Response(status_code=204)

    return router


def note_report(uow: UnitOfWork, consent: ConsentService, told: Mapping[str, object]) -> None:
    """A report about a message. One that is not ours changes nothing."""
    status = _STATUS.get(_text(told, "status"), "")
    known = service.note_status(uow, _text(told, "client_ref"), _text(told, "message_uuid"), status)
    if known and code_of(told.get("error")) == BARRED:
        consent.suppress(
            uow,
            AddressKind.MOBILE,
            _number(_text(told, "to")),
            source=ConsentSource.STOP_TEXT,
            why="The text gateway reported it.",
        )


def patient_text(told: Mapping[str, object]) -> PatientText:
    """The gateway takes no answer to what it hands over."""
    return PatientText(
        _text(told, "message_uuid"), _number(_text(told, "from")), _text(told, "text"), can_answer=False
    )


VONAGE = TextGateway("vonage", "Vonage", VonageAccount, VonageClient, vonage_hooks)


def _number(bare: str) -> str:
    """The gateway writes a number without its plus sign; a sender may also be a name."""
    return f"+{bare}" if bare.isascii() and bare.isdigit() and len(bare) > 6 else bare


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _read(body: bytes) -> Mapping[str, object]:
    """What cannot be read has no fields: the gateway would only say it again."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
