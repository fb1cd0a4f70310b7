"""The pages patients see: plain HTML that works without JavaScript, on a telephone, with a screen reader."""

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

from primoro_campaigns.domain.consent.model import Channel, ConsentSource, Purpose
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.service import ConsentService, SuppressedError
from primoro_campaigns.server.public import service
from primoro_campaigns.server.public.service import Page, Wish

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Nothing is loaded from anywhere, nothing is cached, and the link is told to nobody."""

_CHANNEL = {Channel.EMAIL: "e-mails", Channel.SMS: "texts"}
_PURPOSE = {
    Purpose.PROMOTIONS: "information about products, services and promotions",
    Purpose.NEWSLETTERS: "newsletters",
    Purpose.IMPORTANT: "notices",
}

Token = Annotated[str, Path(max_length=200)]


def public_router(consent: ConsentService) -> APIRouter:
    """``/u/{token}``: shows what can be stopped; only POST changes anything (domain.md EM3)."""
    router = APIRouter(include_in_schema=False)
    pages = Environment(loader=FileSystemLoader(FilePath(__file__).parent / "templates"), autoescape=True)

    def shown(page: Page | None, problem: str = "") -> HTMLResponse:
        if page is None:
            return HTMLResponse(pages.get_template("unknown.html").render(), 404, headers=_HEADERS)
        content = pages.get_template("unsubscribe.html").render(
            page=page,
            channel=_CHANNEL.get(page.channel, "messages"),
            purpose=_PURPOSE[page.purpose],
            problem=problem,
        )
        return HTMLResponse(content, headers=_HEADERS)

    @router.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(database: CurrentDatabase, token: Token) -> HTMLResponse:
        with database.read() as connection:
            return shown(service.page(connection, consent, token))

    @router.post("/u/{token}")
    def act(
        database: CurrentDatabase,
        token: Token,
        what: Annotated[str, Form(max_length=20)] = "",
        one_click: Annotated[str, Form(alias="List-Unsubscribe", max_length=20)] = "",
    ) -> HTMLResponse:
        if one_click == "One-Click":
            wish, source = Wish.EVERYTHING, ConsentSource.ONE_CLICK
        elif what in set(Wish):
            wish, source = Wish(what), ConsentSource.UNSUBSCRIBE_PAGE
        else:
            return ask(database, token)
        try:
            with database.write() as uow:
                page = service.act(uow, consent, token, wish, source)
        except SuppressedError as error:
            with database.read() as connection:
                return shown(service.page(connection, consent, token), error.title)
        return shown(page)

    return router
