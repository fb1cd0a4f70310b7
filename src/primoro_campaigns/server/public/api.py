"""The pages patients see: plain HTML that works without JavaScript, on a telephone, with a screen reader."""

from functools import partial
from pathlib import Path as FilePath

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader
from starlette.concurrency import run_in_threadpool

from primoro_campaigns.domain.consent.model import Channel, ConsentSource, Purpose
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.server.account.authentication import CurrentDatabase
from primoro_campaigns.server.consent.errors import SuppressedError
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.mime import ONE_CLICK
from primoro_campaigns.server.http.body import form_fields
from primoro_campaigns.server.public import service
from primoro_campaigns.server.public.colour import colours
from primoro_campaigns.server.public.preferences import (
    Preferences,
    choose,
    preferences,
    stop_everything,
)
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

_MOST_BYTES = 8192
_ONE_CLICK_FIELD, _, _ONE_CLICK_VALUE = ONE_CLICK.partition("=")


def public_router(consent: ConsentService) -> APIRouter:
    """``/u/{token}`` stops messages, ``/p/{token}`` shows all that can be chosen; only POST changes anything
    (domain.md EM3).

    Whatever else stands behind them gets the page that knows nothing.
    """
    router = APIRouter(include_in_schema=False)
    pages = Environment(loader=FileSystemLoader(FilePath(__file__).parent / "templates"), autoescape=True)

    def unknown() -> HTMLResponse:
        content = pages.get_template("unknown.html").render(colours=colours(""))
        return HTMLResponse(content, 404, headers=_HEADERS)

    def shown(token: str, page: Page | None, problem: str = "") -> HTMLResponse:
        if page is None:
            return unknown()
        content = pages.get_template("unsubscribe.html").render(
            page=page,
            colours=colours(page.practice_colour),
            channel=_CHANNEL.get(page.channel, "messages"),
            purpose=_PURPOSE[page.purpose],
            again=service.AGAIN_WORDS,
            choices=f"../p/{token}",
            problem=problem,
        )
        return HTMLResponse(content, headers=_HEADERS)

    def chosen(page: Preferences | None) -> HTMLResponse:
        if page is None:
            return unknown()
        content = pages.get_template("preferences.html").render(
            page=page, colours=colours(page.practice_colour)
        )
        return HTMLResponse(content, headers=_HEADERS)

    @router.api_route("/u/{token:path}", methods=["GET", "HEAD"])
    def ask(database: CurrentDatabase, token: str) -> HTMLResponse:
        with database.read() as connection:
            return shown(token, service.page(connection, token))

    def answer(database: Database, token: str, wish: Wish, source: ConsentSource) -> HTMLResponse:
        try:
            with database.write() as uow:
                page = service.act(uow, consent, token, wish, source)
        except NotFoundError:
            page = None
        except SuppressedError as error:
            with database.read() as connection:
                return shown(token, service.page(connection, token), error.title)
        return shown(token, page)

    @router.post("/u/{token:path}")
    async def act(request: Request, database: CurrentDatabase, token: str) -> HTMLResponse:
        fields = dict(await form_fields(request, _MOST_BYTES))
        what = fields.get("what", "")
        if fields.get(_ONE_CLICK_FIELD) == _ONE_CLICK_VALUE:
            return await run_in_threadpool(answer, database, token, Wish.EVERYTHING, ConsentSource.ONE_CLICK)
        if what in set(Wish):
            return await run_in_threadpool(
                answer, database, token, Wish(what), ConsentSource.UNSUBSCRIBE_PAGE
            )
        return await run_in_threadpool(ask, database, token)

    @router.api_route("/p/{token:path}", methods=["GET", "HEAD"])
    def choices(database: CurrentDatabase, token: str) -> HTMLResponse:
        with database.read() as connection:
            return chosen(preferences(connection, consent, token))

    def save(database: Database, token: str, fields: list[tuple[str, str]]) -> HTMLResponse:
        given: dict[str, list[str]] = {}
        for name, value in fields:
            given.setdefault(name, []).append(value)
        match given.get("what"):
            case ["save"]:
                was, wanted = given.get("was", []), given.get("want", [])
                act = partial(choose, consent=consent, token=token, was=was, wanted=wanted)
            case ["everything"]:
                act = partial(stop_everything, consent=consent, token=token)
            case _:
                return choices(database, token)
        try:
            with database.write() as uow:
                return chosen(act(uow))
        except NotFoundError:
            return unknown()

    @router.post("/p/{token:path}")
    async def take(request: Request, database: CurrentDatabase, token: str) -> HTMLResponse:
        fields = await form_fields(request, _MOST_BYTES)
        return await run_in_threadpool(save, database, token, fields)

    return router
