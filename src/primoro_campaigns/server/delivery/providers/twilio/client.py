"""The text gateway's client: POST …/2010-04-01/Accounts/{sid}/Messages.json, one request a text."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import ClassVar

import httpx
from pydantic import SecretStr

from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.delivery.providers.provider import (
    Away,
    Brake,
    Found,
    LookedUp,
    Missing,
    NoAnswer,
    Question,
    Result,
    Text,
    released,
)

HOOKS = "/hooks/sms"
"""Where the gateway reports to."""

_STAYS = "Nothing is lost: the messages wait and go out by themselves when it answers again."

_OPTED_OUT = 21610
_REFUSALS = {
    _OPTED_OUT: "The person has opted out of texts from this number.",
    21211: "The text gateway says that this number is not valid.",
    21614: "The text gateway says that this number cannot receive texts.",
    21408: "The text gateway does not send to this country.",
    21612: "The text gateway cannot reach this number.",
}


_CONNECT_S = 10.0
_ANSWER_S = 30.0
_CONNECTIONS = 4


class TwilioAccount(ProviderAccount):
    """``base_address`` without a slash at the end, as in ``https://api.example.com``."""

    needed: ClassVar[tuple[str, ...]] = ("account_sid", "auth_token")

    base_address: str = "https://api.twilio.com"
    account_sid: str = ""
    auth_token: SecretStr = SecretStr("")


class TwilioClient:
    """Reports come back to ``public_address``, where we are reached from outside; empty for nowhere."""

    def __init__(self, account: TwilioAccount, public_address: str = "") -> None:
        self._address = f"{account.base_address}/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._public_address = public_address
        self._client = httpx.Client(
            auth=(account.account_sid, account.auth_token.get_secret_value()),
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=5.0),
            trust_env=False,
        )
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="texts")

    def send(self, texts: Sequence[Text], brake: Brake = released) -> list[Result]:
        """One result for each text, in order."""
        return list(self._threads.map(lambda text: self._send(text, brake), texts))

    def look_up(self, question: Question) -> LookedUp:
        """Ask the list of messages. Its filter knows days alone, so the instants are compared here."""
        asked = {
            "To": question.number,
            "From": question.sender,
            "DateSent>": question.earliest.astimezone(UTC).date().isoformat(),
            "PageSize": "50",
        }
        try:
            answer = self._client.get(self._address, params=asked)
        except httpx.HTTPError:
            return NoAnswer()
        listed = _body(answer).get("messages")
        if answer.status_code != 200 or not isinstance(listed, list):
            return NoAnswer()
        found = [each for each in listed if isinstance(each, dict) and _is_within(each, question)]
        if not found:
            return Missing()
        if len(found) > 1:
            return NoAnswer()
        return Found(str(found[0].get("sid", "")), str(found[0].get("status", "")))

    def close(self) -> None:
        self._threads.shutdown()
        self._client.close()

    def _send(self, text: Text, brake: Brake) -> Result:
        held_back = brake()
        if held_back:
            return Result(Away(held_back))
        fields = {"To": text.cleared.address, "From": text.sender, "Body": text.body}
        if self._public_address:
            fields["StatusCallback"] = f"{self._public_address}{HOOKS}/status?line={text.line_id}"
        try:
            answer = self._client.post(self._address, data=fields)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
            return Result(Away(f"The text gateway cannot be reached. {_STAYS}"))
        except httpx.HTTPError:
            return Result(
                InDoubt("The connection broke while the text gateway took the message. It may have left.")
            )
        return _result(answer)


def _result(answer: httpx.Response) -> Result:
    body = _body(answer)
    if answer.status_code in {200, 201}:
        return Result(Sent(str(body.get("sid", ""))), str(body.get("status", ""))[:20])
    if answer.status_code in {401, 403}:
        words = "The text gateway does not accept our account."
        return Result(
            Away(f"{words} Nothing is lost: the messages wait. Ask whoever looks after this server.")
        )
    if answer.status_code == 429:
        return Result(NotSent(True, "The text gateway asked to send more slowly."))
    if answer.status_code == 503:
        return Result(Away(f"The text gateway does not take messages now. {_STAYS}"))
    if answer.status_code >= 500:
        return Result(InDoubt("The text gateway had a fault while it took the message. It may have left."))
    number = body.get("code")
    code = number if isinstance(number, int) else 0
    words = _REFUSALS.get(code, f"The text gateway refused this message ({code or answer.status_code}).")
    return Result(NotSent(False, words), str(code) if code else "", opted_out=code == _OPTED_OUT)


def _is_within(message: dict[str, object], question: Question) -> bool:
    try:
        created = parsedate_to_datetime(str(message.get("date_created", "")))
    except ValueError:
        return False
    return question.earliest.replace(microsecond=0) <= created <= question.latest


def _body(answer: httpx.Response) -> dict[str, object]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
