"""The application factory."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI

from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http import problems
from primoro_campaigns.server.http.size import Ceiling
from primoro_campaigns.server.http.watch import Watch

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(database: Database, routers: Sequence[APIRouter], lifespan: Lifespan | None = None) -> FastAPI:
    """The server's HTTP side: the rooms' ``routers`` over one database, errors as problem+json, one log line
    a request.
    """
    app = FastAPI(
        title="Primoro Campaigns",
        version=version("primoro-campaigns"),
        openapi_url="/api/v1/openapi.json",
        # The interactive pages load their scripts from elsewhere; a practice's server shows nothing of the
        # kind.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.database = database
    problems.register(app)
    app.add_middleware(Ceiling)
    app.add_middleware(Watch)
    for router in routers:
        app.include_router(router)
    return app
