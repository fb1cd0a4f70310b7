"""The second text gateway's client against a real HTTP server."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.delivery.providers.provider import Away, Text
from primoro_campaigns.server.delivery.providers.vonage.client import VonageAccount, VonageClient
from tests.fakes.vonage import API_KEY, API_SECRET, SIGNATURE_SECRET, VonageCatcher, uuid_of, vonage_catcher
from tests.server.delivery.cleared import cleared


@pytest.fixture
def catcher() -> Iterator[VonageCatcher]:
    with vonage_catcher() as running:
        yield running


def account(address: str, secret: str = API_SECRET) -> VonageAccount:
    return VonageAccount(
        base_address=address,
        api_key=API_KEY,
        api_secret=SecretStr(secret),
        signature_secret=SecretStr(SIGNATURE_SECRET),
    )


@pytest.fixture
def gateway(catcher: VonageCatcher) -> Iterator[VonageClient]:
    opened = VonageClient(account(catcher.base_address), "https://p.example")
    yield opened
    opened.close()


def text(number: str = "+447700900123", sender: str = "+447700900999") -> Text:
    return Text(cleared(number, Channel.SMS), sender, "Hello £5", "line-1")


def test_a_text_is_taken_with_its_way_back(catcher: VonageCatcher, gateway: VonageClient) -> None:
    (result,) = gateway.send([text()])
    assert (result.outcome, result.provider_status) == (Sent(uuid_of(1)), "accepted")
    assert catcher.taken == [
        {
            "channel": "sms",
            "message_type": "text",
            "to": "447700900123",
            "from": "447700900999",
            "text": "Hello £5",
            "client_ref": "line-1",
            "webhook_url": "https://p.example/hooks/vonage/status",
            "webhook_version": "v1",
        }
    ]


def test_each_text_has_its_own_answer_in_order(catcher: VonageCatcher, gateway: VonageClient) -> None:
    catcher.refuse = lambda number: (422, "1040") if number.endswith("2") else None
    results = gateway.send([text(f"+44770090010{number}") for number in range(5)])
    assert [type(each.outcome) for each in results] == [Sent, Sent, NotSent, Sent, Sent]
    by_name = {uuid_of(place + 1): message["to"] for place, message in enumerate(catcher.taken)}
    sent = [each.outcome for each in results if isinstance(each.outcome, Sent)]
    assert [by_name[each.provider_id] for each in sent] == [f"44770090010{n}" for n in (0, 1, 3, 4)]


def test_a_server_without_an_address_is_not_reported_to(catcher: VonageCatcher) -> None:
    gateway = VonageClient(account(catcher.base_address))
    gateway.send([text(sender="Riverside")])
    gateway.close()
    assert "webhook_url" not in catcher.taken[0]
    assert catcher.taken[0]["from"] == "Riverside"


@pytest.mark.parametrize(
    ("answer", "retry", "opted_out", "words"),
    [
        ((422, "1050"), False, True, "may not send to this number"),
        ((422, "1120"), False, False, "does not accept our sender"),
        ((422, "99"), False, False, "refused this message (99)"),
        ((429, "1000"), True, False, "more slowly"),
    ],
)
def test_a_refused_number_did_not_get_it(
    catcher: VonageCatcher,
    gateway: VonageClient,
    answer: tuple[int, str],
    retry: bool,
    opted_out: bool,
    words: str,
) -> None:
    catcher.refuse = lambda _number: answer
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, NotSent)
    assert (result.outcome.retry, result.opted_out) == (retry, opted_out)
    assert words in result.outcome.words
    assert "447700900123" not in result.outcome.words


@pytest.mark.parametrize(
    ("status", "kind"), [(500, InDoubt), (502, InDoubt), (503, Away), (401, Away), (402, Away), (403, Away)]
)
def test_a_gateway_in_trouble(
    catcher: VonageCatcher, gateway: VonageClient, status: int, kind: type[object]
) -> None:
    catcher.refuse = lambda _number: (status, "")
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, kind)


def test_a_line_that_breaks_after_the_text_leaves_doubt(
    catcher: VonageCatcher, gateway: VonageClient
) -> None:
    catcher.die = lambda _number: True
    (result,) = gateway.send([text()])
    assert isinstance(result.outcome, InDoubt)
    assert len(catcher.taken) == 1


def test_a_gateway_that_is_not_there_is_away() -> None:
    nobody = VonageClient(account("http://127.0.0.1:1"))
    (result,) = nobody.send([text()])
    nobody.close()
    assert isinstance(result.outcome, Away)
    assert "Nothing is lost" in result.outcome.words


def test_a_wrong_secret_is_away_and_sends_nothing(catcher: VonageCatcher) -> None:
    wrong = VonageClient(account(catcher.base_address, "guessed"))
    (result,) = wrong.send([text()])
    wrong.close()
    assert isinstance(result.outcome, Away)
    assert catcher.taken == []


def test_nothing_leaves_while_it_is_held_back(catcher: VonageCatcher, gateway: VonageClient) -> None:
    (result,) = gateway.send([text()], lambda: "Sending is stopped.")
    assert result.outcome == Away("Sending is stopped.")
    assert catcher.taken == []


def test_its_secrets_show_nowhere() -> None:
    shown = repr(account("https://api.nexmo.com")) + account("https://api.nexmo.com").model_dump_json()
    assert API_SECRET not in shown
    assert SIGNATURE_SECRET not in shown
