"""Something on loopback that does not answer as our server does: a proxy, a stranger, another version."""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from primoro_campaigns.wire.problem import MEDIA_TYPE


@dataclass(frozen=True)
class Said:
    """What is answered. ``promised`` is the length it claims to have; less comes when it is larger."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None


def as_json(plain: object, status: int = 200) -> Said:
    return Said(status, json.dumps(plain).encode())


def problem(status: int, title: str, detail: str, code: str, **more: object) -> Said:
    plain = {"type": "about:blank", "status": status, "title": title, "detail": detail, "code": code, **more}
    return Said(status, json.dumps(plain).encode(), MEDIA_TYPE)


def health(wire_version: int, version: str = "9.9.9") -> Said:
    return as_json(
        {
            "ok": True,
            "version": version,
            "wire_version": wire_version,
            "needs_set_up": False,
            "server_time": "2026-03-03T10:30:00Z",
        }
    )


class OddServer:
    """``answer`` gets the path of each request; None says nothing until the server is closed.

    Use it in a ``with`` block. ``heard`` are the paths, ``bodies`` what came with them, ``headers`` those of
    the last request.
    """

    def __init__(
        self, answer: Callable[[str], Said | None], port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.heard: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: Mapping[str, str] = {}
        self._over = threading.Event()
        odd = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                odd.bodies.append(self.rfile.read(length))
                path = self.path.removeprefix("/api/v1")
                odd.heard.append(path)
                odd.headers = dict(self.headers)
                said = answer(path)
                if said is None:
                    odd._over.wait()
                    return
                self.send_response(said.status)
                self.send_header("Content-Type", said.media_type)
                self.send_header("Content-Length", str(said.promised or len(said.body)))
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)

            do_POST = do_DELETE = do_GET  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        # A caller who does not like the certificate hangs up, which is what the test is about.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self._server.daemon_threads = False
        self._server.block_on_close = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01], name="odd server")
        scheme = "http" if tls is None else "https"
        self.address = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
