"""What text gateways over HTTP have in common: several requests at once, and what came of each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent
from primoro_campaigns.server.delivery.providers.provider import Away, Brake, Result, Text

_STAYS = "Nothing is lost: the messages wait and go out by themselves when it answers again."
_ASK = "Nothing is lost: the messages wait. Ask whoever looks after this server."
_CONNECT_S = 10.0
_ANSWER_S = 30.0
_CONNECTIONS = 4


class GatewayHttp:
    """Pooled connections with the account's name and password. ``close`` it."""

    def __init__(self, name: str, password: str) -> None:
        self.client = httpx.Client(
            auth=(name, password),
            timeout=httpx.Timeout(_ANSWER_S, connect=_CONNECT_S),
            limits=httpx.Limits(max_connections=_CONNECTIONS, keepalive_expiry=5.0),
            trust_env=False,
        )
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="texts")

    def send(
        self,
        texts: Sequence[Text],
        brake: Brake,
        post: Callable[[Text], httpx.Response],
        read: Callable[[httpx.Response], Result],
    ) -> list[Result]:
        """One result for each text, in order; ``brake`` is asked last thing before each ``post``."""

        def one(text: Text) -> Result:
            held_back = brake()
            if held_back:
                return Result(Away(held_back))
            try:
                answer = post(text)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol):
                return Result(Away(f"The text gateway cannot be reached. {_STAYS}"))
            except httpx.HTTPError:
                return Result(
                    InDoubt("The connection broke while the text gateway took the message. It may have left.")
                )
            return away_or_in_doubt(answer.status_code) or read(answer)

        return list(self._threads.map(one, texts))

    def close(self) -> None:
        self._threads.shutdown()
        self.client.close()


def away_or_in_doubt(status: int) -> Result | None:
    """What an HTTP status says of the gateway and not of the text; None where it is about the text."""
    match status:
        case 401 | 403:
            return Result(Away(f"The text gateway does not accept our account. {_ASK}"))
        case 402:
            return Result(Away(f"The account at the text gateway has no money left. {_ASK}"))
        case 429:
            return Result(NotSent(True, "The text gateway asked to send more slowly."))
        case 503:
            return Result(Away(f"The text gateway does not take messages now. {_STAYS}"))
        case _ if status >= 500:
            return Result(
                InDoubt("The text gateway had a fault while it took the message. It may have left.")
            )
    return None


def body_of(answer: httpx.Response) -> dict[str, object]:
    """The JSON object of an answer; empty when there is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
