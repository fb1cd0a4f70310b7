"""A text gateway on loopback with the shape of the Vonage Messages API: takes JSON, reports later, signed."""

import base64
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

API_KEY = "abcd1234"
API_SECRET = "what the practice and the gateway share"
SIGNATURE_SECRET = "what the gateway signs with, thirty-two bytes"


@dataclass
class VonageCatcher:
    """``refuse`` gives HTTP status and the number of a fault for a recipient, None to accept. ``die`` closes
    the line after the text was taken.
    """

    port: int
    taken: list[Mapping[str, str]] = field(default_factory=list)
    refuse: Callable[[str], tuple[int, str] | None] = lambda _number: None
    die: Callable[[str], bool] = lambda _number: False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base_address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What an organisation is told to use it."""
        return {
            "sms_gateway": "vonage",
            "sms_from": "+447700900999",
            "vonage.base_address": self.base_address,
            "vonage.api_key": API_KEY,
            "vonage.api_secret": API_SECRET,
            "vonage.signature_secret": SIGNATURE_SECRET,
        }

    def take(self, message: Mapping[str, str]) -> str:
        with self.lock:
            self.taken.append(message)
            return uuid_of(len(self.taken))


def uuid_of(number: int) -> str:
    """The gateway's own name for the text it took as ``number``, counted from 1."""
    return f"aaaaaaaa-bbbb-cccc-dddd-{number:012}"


@contextmanager
def vonage_catcher() -> Iterator[VonageCatcher]:
    """Listens until the end of the block."""
    catcher = VonageCatcher(0)
    wanted = "Basic " + base64.b64encode(f"{API_KEY}:{API_SECRET}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # http.server's name
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if not hmac.compare_digest(self.headers.get("Authorization", ""), wanted):
                self.answer(401, {"title": "Unauthorized"})
                return
            if self.path != "/v1/messages" or self.headers.get("Content-Type") != "application/json":
                self.answer(404, {"title": "Not found"})
                return
            message = json.loads(body)
            refusal = catcher.refuse(message["to"])
            if refusal is not None:
                status, code = refusal
                page = "https://developer.vonage.com/api-errors/messages"
                self.answer(status, {"type": f"{page}#{code}", "title": "Refused", "detail": message["to"]})
                return
            name = catcher.take(message)
            if catcher.die(message["to"]):
                self.close_connection = True
                return
            self.answer(202, {"message_uuid": name})

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            """Nothing: a catcher does not write patients' numbers to the terminal."""

        def answer(self, status: int, body: Mapping[str, str]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    catcher.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="vonage catcher")
    thread.start()
    try:
        yield catcher
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
