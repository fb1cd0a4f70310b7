"""Server-sent events: a nudge when something changed, so desks see each other's work within two seconds."""

import json
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

from primoro_campaigns.server.account.session import SignedOutError
from primoro_campaigns.server.sync.notifier import Notifier

HEARTBEAT_SECONDS = 1.0
LONGEST_BEATS = 600
"""After ten minutes the stream ends by itself and the reader comes back: no connection lives for ever."""
CHECK_EACH_BEATS = 5
"""How often, in heartbeats, a stream makes sure that its session has not been revoked."""


async def nudges(
    notifier: Notifier, after: int, still_signed_in: Callable[[], object]
) -> AsyncIterator[bytes]:
    """``data: {"seq": n}`` when the counter passes ``after``, and a comment each second so that a reader can
    stop.

    ``still_signed_in`` raises ``SignedOutError`` when the session was revoked; it is called in a thread.
    """
    yield b": here\n\n"
    seq = after
    for beat in range(1, LONGEST_BEATS + 1):
        moved = await notifier.beyond(seq, HEARTBEAT_SECONDS)
        if notifier.closed:
            return
        if beat % CHECK_EACH_BEATS == 0:
            try:
                await run_in_threadpool(still_signed_in)
            except SignedOutError:
                return
        if moved is None:
            yield b": still here\n\n"
        else:
            seq = moved
            yield f"data: {json.dumps({'seq': seq})}\n\n".encode()
