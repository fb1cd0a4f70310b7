"""Requests to one server, and what can go wrong with them, translated in one place."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import ProtocolError

from primoro_campaigns.desktop.sync.failure import RefusedError, UnreachableError
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.wire.problem import MEDIA_TYPE

_log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""Between two pieces of an answer, not for the whole of it."""

_PIECE_BYTES = 1 << 20

_SERVER_IS_AWAY = frozenset({500, 502, 503, 504})
_TOO_MANY_REQUESTS = 429


class AddressError(PrimoroError):
    """What was typed cannot be a server's address."""

    def __init__(self) -> None:
        super().__init__(
            "This is not an address of a server.",
            "It looks like https://campaigns.example.org, or http://127.0.0.1:8787 on this computer.",
            "remote.address",
        )


class UnsafeAddressError(PrimoroError):
    """An address on another computer without TLS."""

    def __init__(self) -> None:
        super().__init__(
            "This address is not protected.",
            "Patients' data only travels to another computer over https. Ask for the https address.",
            "remote.no_tls",
        )


def checked_address(typed: str, *, allow_plain: bool = False) -> str:
    """The base address, without a slash at its end; https is assumed where nothing is said.

    Plain http only to this computer itself, unless ``allow_plain``. Raises ``AddressError``,
    ``UnsafeAddressError``.
    """
    text = typed.strip()
    if "://" not in text:
        text = f"{'http' if _is_here(text.rstrip('/')) else 'https'}://{text}"
    text = text.rstrip("/")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressError from None
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or parts.username
        or port == 0
    ):
        raise AddressError
    if parts.scheme == "http" and not allow_plain and not _is_here(parts.netloc):
        raise UnsafeAddressError
    return text


def _is_here(netloc: str) -> bool:
    host = netloc.rpartition(":")[0] if not netloc.endswith("]") and ":" in netloc else netloc
    return host.strip("[]").lower() in ("localhost", "127.0.0.1", "::1")


class Http:
    """One connection pool to one server. Use each from one thread at a time; ``close`` it."""

    def __init__(self, address: str, adapter: BaseAdapter | None = None) -> None:
        """``adapter`` replaces the transport, for tests that cut the line."""
        self.address = address
        self._session = requests.Session()
        # A proxy or a .netrc of the environment is for the internet; the practice's server is ours.
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"PrimoroCampaigns/{version('primoro-campaigns')}"
        if adapter is not None:
            self._session.mount(address, adapter)

    def json(self, method: str, path: str, body: str | None = None, token: str | None = None) -> bytes:
        """The body of a good answer. Raises ``UnreachableError`` and ``RefusedError``."""
        with self._answer(method, path, body, token, (CONNECT_SECONDS, READ_SECONDS)) as response:
            try:
                # In large pieces: ``response.content`` takes ten kilobytes at a time.
                return b"".join(response.iter_content(_PIECE_BYTES))
            except requests.RequestException as error:
                raise _unreachable(error) from error

    @contextmanager
    def lines(self, path: str, token: str, read_seconds: float) -> Iterator[Iterator[str]]:
        """The lines of an answer as they arrive; ``read_seconds`` of silence raise ``UnreachableError``."""
        with self._answer("GET", path, None, token, (CONNECT_SECONDS, read_seconds)) as response:
            yield _lines(response)

    @contextmanager
    def _answer(
        self, method: str, path: str, body: str | None, token: str | None, timeout: tuple[float, float]
    ) -> Iterator[requests.Response]:
        headers = {"Accept": f"application/json, text/event-stream, {MEDIA_TYPE}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"

        def asked() -> requests.Response:
            return self._session.request(
                method,
                f"{self.address}/api/v1{path}",
                data=None if body is None else body.encode(),
                headers=headers,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            )

        try:
            try:
                response = asked()
            except requests.ConnectionError as error:
                if not _hung_up(error):
                    raise
                # The server ends connections that are idle, and may do so just as one is used again. What is
                # asked twice is done once.
                response = asked()
        except requests.RequestException as error:
            raise _unreachable(error) from error
        with response:
            if not 200 <= response.status_code < 300:
                raise _refusal(response)
            yield response

    def close(self) -> None:
        self._session.close()


def _lines(response: requests.Response) -> Iterator[str]:
    rest = b""
    try:
        for piece in response.iter_content(chunk_size=None):
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
    except requests.RequestException as error:
        raise _unreachable(error) from error


def _hung_up(error: requests.ConnectionError) -> bool:
    """The connection stood, and was ended without an answer."""
    return any(isinstance(each, ProtocolError) for each in error.args)


def _unreachable(error: requests.RequestException) -> PrimoroError:
    if isinstance(error, requests.exceptions.SSLError):
        return UnreachableError(
            "The server's certificate is not trusted.",
            "Nothing was sent. Check the address, and this computer's date; "
            "then ask whoever looks after the server.",
            "remote.certificate",
        )
    if isinstance(error, requests.Timeout):
        return UnreachableError("The server does not answer.", code="remote.timeout")
    if isinstance(error, requests.exceptions.InvalidURL):
        return AddressError()
    return UnreachableError()


def _refusal(response: requests.Response) -> PrimoroError:
    """The problem the server told, or the best that can be said of an answer that is none of ours."""
    status = response.status_code
    problem = _problem(response)
    if problem is None:
        if status in _SERVER_IS_AWAY:
            return UnreachableError("The server is not working at the moment.", code="remote.server_trouble")
        if status == _TOO_MANY_REQUESTS:
            return UnreachableError("The server has too much to do at the moment.", code="remote.busy")
        return UnreachableError(
            "Something answers at this address, but it is not a Primoro server.",
            "Check the address. What you did here is safe.",
            "remote.not_ours",
        )
    title, advice, code = (str(problem.get(name, "")) for name in ("title", "detail", "code"))
    if status in _SERVER_IS_AWAY:
        return UnreachableError(title, f"{advice} What you did here is safe.", code)
    given = problem.get("problems")
    fields = tuple(
        (str(each.get("field", "")), str(each.get("words", "")))
        for each in (given if isinstance(given, list) else [])
        if isinstance(each, Mapping)
    )
    return RefusedError(title, advice, code, status, fields)


def _problem(response: requests.Response) -> Mapping[str, object] | None:
    if not response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return None
    try:
        plain = json.loads(response.content)
    except (ValueError, requests.RequestException):
        return None
    return plain if isinstance(plain, dict) else None
