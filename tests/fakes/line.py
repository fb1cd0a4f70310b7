"""The network between a workstation and its server, as bad as a test wants it."""

from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum

import requests
from requests.adapters import HTTPAdapter


class Fate(StrEnum):
    """What becomes of one request.

    ``CUT``: it does not arrive. ``LOST``: the server acts, and its answer does not arrive. ``TWICE``: it
    arrives twice, and the second answer comes back. ``SLOW``: as ``LOST``, but the line stays up and silent.
    """

    FINE = "fine"
    CUT = "cut"
    LOST = "lost"
    TWICE = "twice"
    SLOW = "slow"


class Line(HTTPAdapter):
    """``up`` False cuts everything. ``fates`` are used up one a request, while it is up.

    ``patience_s`` replaces the time-out of a request, so that a test of one does not wait for it.
    ``asked`` are the paths of all requests. ``before`` is called with the path of each before it is sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.up = True
        self.fates: deque[Fate] = deque()
        self.patience_s: float | None = None
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda _path: None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        path = request.path_url.removeprefix("/api/v1").partition("?")[0]
        self.asked.append(path)
        self.before(path)
        fate = Fate.CUT if not self.up else self.fates.popleft() if self.fates else Fate.FINE
        if fate is Fate.CUT:
            raise requests.ConnectionError("the line is cut")
        if self.patience_s is not None:
            timeout = self.patience_s

        def sent() -> requests.Response:
            return super(Line, self).send(request, stream, timeout, verify, cert, proxies)

        if fate is Fate.FINE:
            return sent()
        # Read to its end: the server has acted by then.
        with sent() as answer:
            _ = answer.content
        if fate is Fate.LOST:
            raise requests.ConnectionError("the line was cut before the answer came")
        if fate is Fate.SLOW:
            raise requests.ReadTimeout("the answer takes too long")
        return sent()
