"""Requests to one server, and how they can fail in words."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from primoro_campaigns.desktop.remote.http import AddressError, Http, UnsafeAddressError, checked_address
from primoro_campaigns.desktop.sync.failure import RefusedError, UnreachableError
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.line import Line
from tests.fakes.odd_server import OddServer, Said, as_json, problem

# Addresses.


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("campaigns.example.org", "https://campaigns.example.org"),
        (" https://campaigns.example.org/ ", "https://campaigns.example.org"),
        ("https://campaigns.example.org:8443", "https://campaigns.example.org:8443"),
        ("https://example.org/primoro/", "https://example.org/primoro"),
        ("localhost:8787", "http://localhost:8787"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("https://10.0.0.5", "https://10.0.0.5"),
    ],
)
def test_an_address_as_people_type_it(typed: str, address: str) -> None:
    assert checked_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://",
        "ftp://example.org",
        "https://example.org?x=1",
        "https://example.org#x",
        "https://jo:secret@example.org",
        "https://example.org:0",
        "https://example.org:99999",
        "https://example.org:port",
        "file:///etc/passwd",
        "https://[::1",
    ],
)
def test_what_is_no_address_is_told_with_an_example(typed: str) -> None:
    with pytest.raises(AddressError, match=r"https://campaigns\.example\.org"):
        checked_address(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "http://example.org",
        "http://192.168.0.5:8787",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
    ],
)
def test_patients_data_does_not_travel_unprotected(typed: str) -> None:
    with pytest.raises(UnsafeAddressError, match="https"):
        checked_address(typed)


def test_plain_http_can_be_allowed_on_purpose() -> None:
    assert checked_address("http://192.168.0.5:8787", allow_plain=True) == "http://192.168.0.5:8787"


@example("https://a..b")
@example("https://.example")
@example("https://xn--a")
@example("https://\u2100.org")
@given(st.one_of(st.text(max_size=20), st.text(max_size=20).map(lambda text: f"https://{text}")))
def test_whatever_is_typed_ends_in_words(typed: str) -> None:
    line = Line()
    line.up = False
    try:
        http = Http(checked_address(typed), line)
    except PrimoroError:
        return
    http._session.mount("http", line)
    with pytest.raises(PrimoroError):
        http.json("GET", "/health")
    http.close()


# Answers.


@contextmanager
def odd(said: Said | None) -> Iterator[tuple[OddServer, Http]]:
    line = Line()
    line.patience_s = 0.3
    with OddServer(lambda _path: said) as server:
        http = Http(server.address, line)
        try:
            yield server, http
        finally:
            http.close()


def test_a_good_answer_is_its_body() -> None:
    with odd(as_json({"ok": True})) as (server, http):
        assert http.json("POST", "/x", '{"é": 1}', token="access") == b'{"ok": true}'
        assert server.bodies == ['{"é": 1}'.encode()]
        assert server.headers["Authorization"] == "Bearer access"
        assert server.headers["User-Agent"].startswith("PrimoroCampaigns/")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (None, "remote.timeout"),
        (Said(500, b"oops", "text/plain"), "remote.server_trouble"),
        (
            problem(500, "Something went wrong on the server.", "Try again.", "server.unexpected"),
            "server.unexpected",
        ),
        (Said(404, b"not here", "text/html"), "remote.not_ours"),
        (Said(301, b"", headers={"Location": "https://elsewhere.example"}), "remote.not_ours"),
        (Said(429, b"", "text/plain"), "remote.busy"),
        (Said(400, b"{broken", "application/problem+json"), "remote.not_ours"),
        (Said(400, b"[1]", "application/problem+json"), "remote.not_ours"),
        (Said(200, b"half", promised=4000), "remote.unreachable"),
    ],
)
def test_what_cannot_be_used_is_unreachable_in_words(said: Said | None, code: str) -> None:
    with odd(said) as (_, http), pytest.raises(UnreachableError) as failed:
        http.json("GET", "/health")
    assert failed.value.code == code
    assert failed.value.title.endswith(".")
    assert failed.value.advice.endswith(".")


def test_a_refusal_brings_its_words_and_those_of_its_fields() -> None:
    said = problem(
        422,
        "The set-up is not complete.",
        "Nothing was changed.",
        "account.set_up",
        problems=[{"field": "username", "words": "This is taken."}, "odd"],
    )
    with odd(said) as (_, http), pytest.raises(RefusedError) as refused:
        http.json("POST", "/set-up", "{}")
    error = refused.value
    assert (error.title, error.advice, error.code) == (
        "The set-up is not complete.",
        "Nothing was changed.",
        "account.set_up",
    )
    assert (error.status, error.fields) == (422, (("username", "This is taken."),))


def test_nobody_listens() -> None:
    with OddServer(lambda _path: None) as server:
        address = server.address
    http = Http(address)
    with pytest.raises(UnreachableError) as failed:
        http.json("GET", "/health")
    http.close()
    assert failed.value.code == "remote.unreachable"
    assert "what you do is kept here" in failed.value.advice


def _hang_up_once(listener: socket.socket, asked: list[bytes]) -> None:
    """Keeps the first connection open after its answer, and ends it when it is used again."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    first, _address = listener.accept()
    with first:
        asked.append(first.recv(65_536))
        first.sendall(answer)
        asked.append(first.recv(65_536))
    second, _address = listener.accept()
    with second:
        asked.append(second.recv(65_536))
        second.sendall(answer)


def test_a_connection_that_was_ended_just_as_it_was_used_again_is_no_outage() -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up_once, args=[listener, asked])
        thread.start()
        http = Http(f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert http.json("GET", "/first") == b"{}"
        assert http.json("GET", "/second") == b"{}"
        http.close()
        thread.join()
    assert [each.split(b" ")[1] for each in asked] == [
        b"/api/v1/first",
        b"/api/v1/second",
        b"/api/v1/second",
    ]


def test_the_practices_server_is_not_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with odd(as_json({})) as (_, http):
        assert http.json("GET", "/x") == b"{}"


def test_lines_come_whole_however_the_network_cuts_them() -> None:
    said = Said(200, "data: é\n\n: here\nrest".encode(), "text/event-stream")
    with odd(said) as (_, http), http.lines("/events", "access", 1.0) as lines:
        assert list(lines) == ["data: é", "", ": here"]


def test_a_silent_stream_is_not_listened_to_for_ever() -> None:
    with odd(None) as (_, http), pytest.raises(UnreachableError), http.lines("/events", "access", 0.2):
        pass


def _certificate(folder: Path) -> ssl.SSLContext:
    """Of an authority that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    with OddServer(lambda _path: as_json({}), tls=_certificate(tmp_path)) as server:
        http = Http(server.address)
        with pytest.raises(UnreachableError) as failed:
            http.json("GET", "/health", token="secret")
        http.close()
    assert failed.value.code == "remote.certificate"
    assert failed.value.advice.startswith("Nothing was sent.")
    assert server.heard == []
