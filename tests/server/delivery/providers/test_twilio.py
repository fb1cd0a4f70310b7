"""The text gateway's client against a real HTTP server, and the gateway's signatures."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.delivery.providers.provider import Away, Text
from primoro_campaigns.server.delivery.providers.twilio.client import TwilioAccount, TwilioClient
from primoro_campaigns.server.delivery.providers.twilio.signature import is_genuine, sign
from tests.server.delivery.cleared import cleared


@pytest.fixture
def catcher() -> Iterator[TextCatcher]:
    with TextCatcher() as running:
        yield running


def account(catcher: TextCatcher, token: str) -> TwilioAccount:
    return TwilioAccount(
        base_address=catcher.base_address, account_sid="AC-demo", auth_token=SecretStr(token)
    )


@pytest.fixture
def gateway(catcher: TextCatcher) -> Iterator[TwilioClient]:
    opened = TwilioClient(account(catcher, "demo-token"), "https://p.example")
    yield opened
    opened.close()


def text(number: str = "+447700900123") -> Text:
    return Text(cleared(number, Channel.SMS), "+447700900999", "Hello £5", "line-1")


def test_a_text_is_taken_with_its_way_back(catcher: TextCatcher, gateway: TwilioClient) -> None:
    texts = [text("+447700900123"), text("+447700900124")]
    results = gateway.send(texts)
    caught = {each.to: each for each in catcher.caught}
    assert [result.outcome for result in results] == [
        Sent(caught[each.cleared.address].sid) for each in texts
    ]
    assert results[0].provider_status == "queued"
    first = caught["+447700900123"]
    assert (first.sender, first.body) == ("+447700900999", "Hello £5")
    assert first.status_callback == "https://p.example/hooks/sms/status?line=line-1"


@pytest.mark.parametrize(
    ("answer", "retry", "opted_out"),
    [
        ((400, 21610), False, True),
        ((400, 21211), False, False),
        ((400, 99), False, False),
        ((429, 20429), True, False),
    ],
)
def test_a_refused_number_did_not_get_it(
    catcher: TextCatcher, gateway: TwilioClient, answer: tuple[int, int], retry: bool, opted_out: bool
) -> None:
    catcher.manners.refuse = lambda _number: answer
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, NotSent)
    assert (result.outcome.retry, result.opted_out) == (retry, opted_out)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, InDoubt), (502, InDoubt), (503, Away), (401, Away), (403, Away)]
)
def test_a_gateway_in_trouble(
    catcher: TextCatcher, gateway: TwilioClient, status: int, kind: type[object]
) -> None:
    catcher.manners.refuse = lambda _number: (status, 0)
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, kind)


def test_a_line_that_breaks_after_the_text_leaves_doubt(catcher: TextCatcher, gateway: TwilioClient) -> None:
    catcher.manners.die = lambda _number: True
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, InDoubt)
    assert len(catcher.caught) == 1


def test_a_gateway_that_is_not_there_is_away(catcher: TextCatcher, gateway: TwilioClient) -> None:
    catcher.stop()
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, Away)
    assert "Nothing is lost" in result.outcome.words


def test_a_wrong_token_is_away_and_sends_nothing(catcher: TextCatcher) -> None:
    wrong = TwilioClient(account(catcher, "other"))
    (result,) = wrong.send([text()])
    wrong.close()
    assert isinstance(result.outcome, Away)
    assert catcher.caught == ()


def test_the_published_example_of_a_signature() -> None:
    """Twilio, "Validating Signatures from Twilio": the token 12345 and these fields give this signature."""
    address = "https://example.com/myapp.php?foo=1&bar=2"
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675310",
        "Digits": "1234",
        "From": "+14158675310",
        "To": "+18005551212",
    }
    signature = sign("12345", address, fields.items())
    assert signature == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert is_genuine("12345", address, fields.items(), signature)
    assert not is_genuine("12346", address, fields.items(), signature)
    assert not is_genuine("12345", address, {**fields, "Digits": "1235"}.items(), signature)
    assert not is_genuine("", address, fields.items(), sign("", address, fields.items()))
