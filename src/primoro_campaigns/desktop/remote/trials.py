"""Test messages over HTTP."""

from pydantic import ValidationError

from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens, not_ours
from primoro_campaigns.desktop.trial import OwnAddresses, TrialTold
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.wire.sending import Providers, SendTest, Tested


class ServerTrials:
    """``trial.Trials``. Needs an ``Http`` of its own; use it from one thread at a time."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self._http = http
        self._tokens = tokens

    def own_addresses(self) -> OwnAddresses:
        body = self._tokens.call(lambda access: self._http.json("GET", "/sending", token=access))
        try:
            told = Providers.model_validate_json(body)
        except ValidationError as error:
            raise not_ours(error) from None
        return OwnAddresses(told.own_email, told.own_mobile)

    def send(self, provider_id: str, address: str, content: Content | None = None) -> TrialTold:
        asked = SendTest(provider=provider_id, address=address, content=content).model_dump_json()
        body = self._tokens.call(lambda access: self._http.json("POST", "/sending/test", asked, token=access))
        try:
            told = Tested.model_validate_json(body)
        except ValidationError as error:
            raise not_ours(error) from None
        return TrialTold(told.sent, told.words)
