"""The gateway's client: POST /v1/messages, one request a text, answered by an id alone. What became of the
text is told later, to the web hook.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import httpx
from pydantic import SecretStr

from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.delivery.providers.provider import Away, Brake, Result, Text, released

HOOKS = "/hooks/vonage"
"""Where the gateway reports to."""

BARRED = "1050"
"""The gateway's fault for a number that must not be sent to, such as one that said STOP to it."""

_REFUSALS = {
    BARRED: "The text gateway may not send to this number.",
    "1040": "The text gateway cannot reach this number.",
    "1120": "The text gateway does not accept our sender's name or number.",
    "1240": "The text gateway does not accept our sender's name or number.",
}
_STAYS = "Nothing is lost: the messages wait and go out by themselves when it answers again."
_ASK = "Nothing is lost: the messages wait. Ask whoever looks after this server."
_CONNECT_S = 10.0
_ANSWER_S = 30.0
_CONNECTIONS = 4


class VonageAccount(ProviderAccount):
    """``signature_secret`` is what the gateway signs its reports with, not that of the API."""

    needed: ClassVar[tuple[str, ...]] = ("api_key", "api_secret", "signature_secret")

    base_address: str = "https://api.nexmo.com"
    api_key: str = ""
    api_secret: SecretStr = SecretStr("")
    signature_secret: SecretStr = SecretStr("")


class VonageClient:
    """Reports come back to ``public_address``, where we are reached from outside; empty for nowhere."""

    def __init__(self, account: VonageAccount, public_address: str = "") -> None:
        self._address = f"{account.base_address}/v1/messages"
        self._public_address = public_address
        self._client = httpx.Client(
            auth=(account.api_key, account.api_secret.get_secret_value()),
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=5.0),
            trust_env=False,
        )
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="texts")

    def send(self, texts: Sequence[Text], brake: Brake = released) -> list[Result]:
        """One result for each text, in order."""
        return list(self._threads.map(lambda text: self._send(text, brake), texts))

    def close(self) -> None:
        self._threads.shutdown()
        self._client.close()

    def _send(self, text: Text, brake: Brake) -> Result:
        held_back = brake()
        if held_back:
            return Result(Away(held_back))
        asked = {
            "channel": "sms",
            "message_type": "text",
            # Numbers go without the plus sign.
            "to": text.cleared.address.removeprefix("+"),
            "from": text.sender.removeprefix("+"),
            "text": text.body,
            "client_ref": text.line_id,
        }
        if self._public_address:
            asked["webhook_url"] = f"{self._public_address}{HOOKS}/status"
            asked["webhook_version"] = "v1"
        try:
            answer = self._client.post(self._address, json=asked)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return Result(Away(f"The text gateway cannot be reached. {_STAYS}"))
        except httpx.HTTPError:
            return Result(
                InDoubt("The connection broke while the text gateway took the message. It may have left.")
            )
        return _result(answer)


def _result(answer: httpx.Response) -> Result:
    body = _body(answer)
    match answer.status_code:
        case 200 | 202:
            return Result(Sent(str(body.get("message_uuid", ""))), "accepted")
        case 401 | 403:
            return Result(Away(f"The text gateway does not accept our account. {_ASK}"))
        case 402:
            return Result(Away(f"The account at the text gateway has no money left. {_ASK}"))
        case 429:
            return Result(NotSent(True, "The text gateway asked to send more slowly."))
        case 503:
            return Result(Away(f"The text gateway does not take messages now. {_STAYS}"))
        case status if status >= 500:
            return Result(
                InDoubt("The text gateway had a fault while it took the message. It may have left.")
            )
        case status:
            # Its own words are not kept: they may quote the number.
            code = code_of(body)
            words = _REFUSALS.get(code, f"The text gateway refused this message ({code or status}).")
            return Result(NotSent(False, words), code or str(status), opted_out=code == BARRED)


def code_of(error: object) -> str:
    """The number of a fault: at the end of the address of its page, or for its title."""
    if not isinstance(error, dict):
        return ""
    page, title = str(error.get("type", "")), str(error.get("title", ""))
    return page.rpartition("#")[2] if "#" in page else title if title.isdigit() else ""


def _body(answer: httpx.Response) -> dict[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
