"""The gateway's client: POST /v1/messages, one request a text, answered by an id alone. What became of the
text is told later, to the web hook.
"""

from collections.abc import Sequence
from typing import ClassVar

import httpx
from pydantic import SecretStr

from primoro_campaigns.domain.delivery.outcome import NotSent, Sent
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.delivery.providers.gateway_http import GatewayHttp, body_of
from primoro_campaigns.server.delivery.providers.provider import Brake, Result, Text, released

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
        self._http = GatewayHttp(account.api_key, account.api_secret.get_secret_value())

    def send(self, texts: Sequence[Text], brake: Brake = released) -> list[Result]:
        """One result for each text, in order."""
        return self._http.send(texts, brake, self._post, _result)

    def close(self) -> None:
        self._http.close()

    def _post(self, text: Text) -> httpx.Response:
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
        return self._http.client.post(self._address, json=asked)


def _result(answer: httpx.Response) -> Result:
    body = body_of(answer)
    if answer.status_code in {200, 202}:
        return Result(Sent(str(body.get("message_uuid", ""))), "accepted")
    # Its own words are not kept: they may quote the number.
    code = code_of(body)
    words = _REFUSALS.get(code, f"The text gateway refused this message ({code or answer.status_code}).")
    return Result(NotSent(False, words), code or str(answer.status_code), opted_out=code == BARRED)


def code_of(error: object) -> str:
    """The number of a fault: at the end of the address of its page, or for its title."""
    if not isinstance(error, dict):
        return ""
    page, title = str(error.get("type", "")), str(error.get("title", ""))
    return page.rpartition("#")[2] if "#" in page else title if title.isdigit() else ""
