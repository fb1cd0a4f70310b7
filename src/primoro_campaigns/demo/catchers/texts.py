"""A text gateway on loopback, shaped like the Twilio Messages API: keeps texts, calls back when told."""

import base64
import hmac
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs

import httpx

from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER, sign


@dataclass(frozen=True)
class CaughtText:
    """One text as it came in."""

    sid: str
    to: str
    sender: str
    body: str
    status_callback: str
    taken_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Manners:
    """How the gateway behaves; change it at any time.

    ``refuse`` gives HTTP status and error code for a number (``(400, 21610)``), None to accept. ``die``
    closes the line after the text was taken.
    """

    refuse: Callable[[str], tuple[int, int] | None] = lambda _number: None
    die: Callable[[str], bool] = lambda _number: False


@dataclass
class _Shelf:
    caught: list[CaughtText] = field(default_factory=list)
    replies: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)


class TextCatcher:
    """Listens from ``start`` to ``stop`` (or in a ``with``). In ``folder`` each text is one ``.json``."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        account_sid: str = "AC-demo",
        auth_token: str = "demo-token",  # noqa: S107  # it opens a server that only ever listens on loopback
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.host = host
        self.port = port
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.manners = Manners()
        self._folder = folder
        self._shelf = _Shelf()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_address(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def caught(self) -> tuple[CaughtText, ...]:
        """What came in so far, in order."""
        with self._shelf.arrived:
            return tuple(self._shelf.caught)

    def wait_for(self, count: int, seconds: float = 30.0) -> tuple[CaughtText, ...]:
        """Wait until at least ``count`` texts have come in. Raises ``TimeoutError``."""
        with self._shelf.arrived:
            if not self._shelf.arrived.wait_for(lambda: len(self._shelf.caught) >= count, seconds):
                raise TimeoutError(f"{len(self._shelf.caught)} of {count} texts came in")
            return tuple(self._shelf.caught)

    def start(self) -> None:
        """Listen; ``port`` is the real one afterwards. Raises ``OSError`` when the port is taken."""
        catcher = self

        class Handler(_Handler):
            def take(self, fields: Mapping[str, str]) -> CaughtText:
                return catcher._take(fields)

            def taken(self) -> Sequence[CaughtText]:
                return catcher.caught

            manners = self.manners
            credentials = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
            place = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"

        self._server = ThreadingHTTPServer((self.host, self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="text catcher")
        self._thread.start()

    def stop(self) -> None:
        """Close the port. What was caught stays."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None

    def __enter__(self) -> "TextCatcher":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def report(self, text: CaughtText, status: str, error_code: int | None = None) -> int:
        """Call back to the server with what became of ``text``. Returns the HTTP status of its answer."""
        fields = {"MessageSid": text.sid, "MessageStatus": status, "To": text.to, "From": text.sender}
        if error_code is not None:
            fields["ErrorCode"] = str(error_code)
        return self._post(text.status_callback, fields)

    def reply(self, address: str, sender: str, to: str, body: str) -> int:
        """A patient's own text: posted to ``address``, the server's page for inbound texts."""
        with self._shelf.arrived:
            self._shelf.replies += 1
            number = self._shelf.replies
        fields = {"MessageSid": f"SM-in-{number}", "From": sender, "To": to, "Body": body}
        return self._post(address, fields)

    def _post(self, address: str, fields: Mapping[str, str]) -> int:
        signature = sign(self.auth_token, address, fields.items())
        with httpx.Client(trust_env=False) as client:
            return client.post(address, data=fields, headers={HEADER: signature}).status_code

    def _take(self, fields: Mapping[str, str]) -> CaughtText:
        with self._shelf.arrived:
            number = len(self._shelf.caught) + 1
            text = CaughtText(
                f"SM{number:032x}",
                fields.get("To", ""),
                fields.get("From", ""),
                fields.get("Body", ""),
                fields.get("StatusCallback", ""),
            )
            self._shelf.caught.append(text)
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
                path = self._folder / f"{number:05}.json"
                # Under another name first: whoever watches the folder never reads half a text.
                draft = path.with_suffix(".part")
                content = {**asdict(text), "taken_at": text.taken_at.isoformat()}
                draft.write_text(json.dumps(content, ensure_ascii=False, indent=2), "utf-8")
                draft.rename(path)
            self._shelf.arrived.notify_all()
        return text


class _Handler(BaseHTTPRequestHandler):
    """One request. HTTP/1.1 with a length, so that connections are kept as by the real gateway."""

    protocol_version = "HTTP/1.1"
    manners: Manners
    credentials: str
    place: str

    def take(self, fields: Mapping[str, str]) -> CaughtText:
        raise NotImplementedError

    def taken(self) -> Sequence[CaughtText]:
        raise NotImplementedError

    def do_GET(self) -> None:  # http.server's name
        """The list of what was taken, as the Messages list of the real gateway."""
        if not self._is_known():
            return
        path, _, query = self.path.partition("?")
        if path != self.place:
            self._answer(404, {"code": 20404, "message": "Not found", "status": 404})
            return
        wanted = {name: values[0] for name, values in parse_qs(query).items()}
        listed = [
            {
                "sid": text.sid,
                "to": text.to,
                "from": text.sender,
                "body": text.body,
                "status": "delivered",
                "date_created": format_datetime(text.taken_at),
            }
            for text in self.taken()
            if (wanted.get("To") or text.to, wanted.get("From") or text.sender) == (text.to, text.sender)
        ]
        self._answer(200, {"messages": listed})

    def do_POST(self) -> None:  # http.server's name
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        fields = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if not self._is_known():
            return
        if self.path != self.place:
            self._answer(404, {"code": 20404, "message": "Not found", "status": 404})
            return
        refusal = self.manners.refuse(fields.get("To", ""))
        if refusal is not None:
            status, code = refusal
            self._answer(status, {"code": code, "message": "Refused", "status": status})
            return
        text = self.take(fields)
        if self.manners.die(text.to):
            self.close_connection = True
            return
        answer = {"sid": text.sid, "status": "queued", "to": text.to, "from": text.sender, "body": text.body}
        self._answer(201, answer)

    def _is_known(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        if hmac.compare_digest(given.encode(), self.credentials.encode()):
            return True
        self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        return False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Nothing: a catcher does not write patients' numbers to the terminal."""

    def _answer(self, status: int, body: Mapping[str, object]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
