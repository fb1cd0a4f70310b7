"""The outermost layer: gives each request an id, writes one log line about it, and turns a crash into an
incident.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primoro_campaigns.server.http.problems import answer, unexpected
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.logs import FIELDS

_log = logging.getLogger("primoro_campaigns.server.http")

REQUEST_ID = "X-Request-Id"


class Watch:
    """ASGI middleware. Logs the route's pattern, never the path itself: a path may hold a patient's token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id()
        status = 0
        began = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (REQUEST_ID.lower().encode(), request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  # the crash handler
            # The crash handler of the server: the log gets where, the person gets a code to quote.
            _log.error(
                "a request crashed", exc_info=error, extra={FIELDS: {"incident": request_id, **_about(scope)}}
            )
            if status == 0:
                await answer(unexpected(request_id))(scope, receive, watched)
        finally:
            _log.info(
                "request",
                extra={
                    FIELDS: {
                        "request": request_id,
                        "status": status,
                        "took_ms": round((time.perf_counter() - began) * 1000, 1),
                        **_about(scope),
                    }
                },
            )


def _about(scope: Scope) -> dict[str, object]:
    route = scope.get("route")
    state = scope.get("state")
    return {
        "method": scope["method"],
        "route": getattr(route, "path", "unknown"),
        "user": state.get("user_id") if isinstance(state, dict) else None,
    }
