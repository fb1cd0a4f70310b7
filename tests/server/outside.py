"""The server as the world outside reaches it: the telephone provider, the text gateway, patients."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from httpx2 import Response
from starlette.testclient import TestClient

from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.providers.twilio.signature import HEADER, sign
from primoro_campaigns.server.http.signature import sign as sign_event
from primoro_campaigns.server.main import compose
from primoro_campaigns.server.settings import ServerSettings
from primoro_campaigns.wire.hook import SIGNATURE, TIMESTAMP
from tests.server.sender import KEY, PUBLIC

SECRET = "what the practice and a provider share"
TOKEN = "demo-token"
"""The text gateway's, as ``sender.add_practice`` sets it."""


@contextmanager
def open_server(database: Database, tmp_path: Path) -> Iterator[TestClient]:
    """The whole server, put together; nothing of it runs in the background."""
    services = compose(ServerSettings(tmp_path / "data", ""), database, KEY, "ABCD-2345")
    client = TestClient(services.app, follow_redirects=False)
    yield client
    client.close()


class Provider:
    """Somebody who tells of events, signed. ``path`` is the hook that takes them."""

    def __init__(self, client: TestClient, database: Database, path: str) -> None:
        self._client = client
        self._database = database
        self._path = path

    def tell(
        self,
        report: object,
        *,
        secret: str = SECRET,
        at: datetime | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Report an event; ``headers`` go in place of the right ones."""
        body = json.dumps(report).encode()
        stamp = str(int((at or self._database.clock.now()).timestamp()))
        signed = {TIMESTAMP: stamp, SIGNATURE: sign_event(secret, stamp, body), **(headers or {})}
        packed = {name.encode(): value.encode("latin-1") for name, value in signed.items()}
        return self._client.post(self._path, content=body, headers=packed)


class Telephone(Provider):
    """The telephone provider: reports calls."""

    def __init__(self, client: TestClient, database: Database) -> None:
        super().__init__(client, database, "/hooks/calls")


class Gateway:
    """The text gateway: reports and patients' texts, signed for the public address."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self._number = 0

    def post(self, path: str, fields: dict[str, str], token: str = TOKEN) -> Response:
        signature = sign(token, f"{PUBLIC}{path}", fields.items())
        return self.client.post(path, data=fields, headers={HEADER: signature})

    def text(self, body: str, sender: str = "+447700900123", sid: str = "", **more: str) -> str:
        """A text from a patient. Returns what is answered to them, empty for nothing."""
        self._number += 1
        fields = {"MessageSid": sid or f"SM{self._number:032x}", "From": sender, "To": "+447700900999"}
        answer = self.post("/hooks/sms/inbound", {**fields, "Body": body, **more})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/xml"
        start, message, end = answer.text.partition("<Message>")
        if not message:
            assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
            return ""
        assert start.endswith("<Response>")
        words, _, rest = end.partition("</Message>")
        assert rest == "</Response>"
        return words
