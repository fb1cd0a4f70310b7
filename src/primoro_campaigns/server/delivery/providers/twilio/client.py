"""The text gateway's client: POST …/2010-04-01/Accounts/{sid}/Messages.json, one request a text."""

from collections.abc import Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import ClassVar

import httpx
from pydantic import SecretStr

from primoro_campaigns.domain.delivery.outcome import NotSent, Sent
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.delivery.providers.gateway_http import GatewayHttp, body_of
from primoro_campaigns.server.delivery.providers.provider import (
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

_OPTED_OUT = 21610
_REFUSALS = {
    _OPTED_OUT: "The person has opted out of texts from this number.",
    21211: "The text gateway says that this number is not valid.",
    21614: "The text gateway says that this number cannot receive texts.",
    21408: "The text gateway does not send to this country.",
    21612: "The text gateway cannot reach this number.",
}


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
        self._http = GatewayHttp(account.account_sid, account.auth_token.get_secret_value())

    def send(self, texts: Sequence[Text], brake: Brake = released) -> list[Result]:
        """One result for each text, in order."""
        return self._http.send(texts, brake, self._post, _result)

    def look_up(self, question: Question) -> LookedUp:
        """Ask the list of messages. Its filter knows days alone, so the instants are compared here."""
        asked = {
            "To": question.number,
            "From": question.sender,
            "DateSent>": question.earliest.astimezone(UTC).date().isoformat(),
            "PageSize": "50",
        }
        try:
            answer = self._http.client.get(self._address, params=asked)
        except httpx.HTTPError:
            return NoAnswer()
        listed = body_of(answer).get("messages")
        if answer.status_code != 200 or not isinstance(listed, list):
            return NoAnswer()
        found = [each for each in listed if isinstance(each, dict) and _is_within(each, question)]
        if not found:
            return Missing()
        if len(found) > 1:
            return NoAnswer()
        return Found(str(found[0].get("sid", "")), str(found[0].get("status", "")))

    def close(self) -> None:
        self._http.close()

    def _post(self, text: Text) -> httpx.Response:
        fields = {"To": text.cleared.address, "From": text.sender, "Body": text.body}
        if self._public_address:
            fields["StatusCallback"] = f"{self._public_address}{HOOKS}/status?line={text.line_id}"
        return self._http.client.post(self._address, data=fields)


def _result(answer: httpx.Response) -> Result:
    body = body_of(answer)
    if answer.status_code in {200, 201}:
        return Result(Sent(str(body.get("sid", ""))), str(body.get("status", ""))[:20])
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
