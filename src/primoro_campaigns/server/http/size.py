"""The ceiling of every request, kept before anybody knows who asks: a body is read before the sign-in is."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primoro_campaigns.server.http.body import TooLargeError
from primoro_campaigns.server.http.problems import answer, problem_of

MOST_BYTES = 32 * 1024 * 1024
"""Some 30,000 rows of an import. Doors that are open to everybody have lower ceilings of their own."""


class Ceiling:
    """ASGI middleware. Answers 413 as soon as a body says or shows that it is longer than ``most_bytes``."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > self._most_bytes:
            await answer(problem_of(TooLargeError()))(scope, receive, send)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            # Whoever reads the body stops as if the line had been cut, and what it answers is replaced below.
            return message if taken <= self._most_bytes else {"type": "http.disconnect"}

        async def guarded(message: Message) -> None:
            if taken <= self._most_bytes:
                await send(message)

        await self._app(scope, limited, guarded)
        if taken > self._most_bytes:
            await answer(problem_of(TooLargeError()))(scope, receive, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
