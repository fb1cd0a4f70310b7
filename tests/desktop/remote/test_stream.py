"""The server's change stream, as the timetable listens to it."""

import json
import threading

import pytest

from primoro_campaigns.desktop.remote.api import ServerStream
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens
from primoro_campaigns.desktop.sync.failure import SignedOutError, UnreachableError
from primoro_campaigns.support.secrets import SessionSecrets
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.odd_server import OddServer, Said

DEVICE = "0198c000-0000-7000-8000-000000000001"


@pytest.fixture
def stream(server: LoopbackServer, http: Http) -> ServerStream:
    session = server.signed_in("reception", DEVICE)
    return ServerStream(http, Tokens(http, SessionSecrets(), "t", lambda _: None, session))


def test_each_change_is_told_with_the_servers_counter(server: LoopbackServer, stream: ServerStream) -> None:
    told = []
    for seq in stream.changes(0, lambda: False):
        told.append(seq)
        if len(told) == 3:
            break
        server.add_patients(f"p{len(told)}")
    assert told == sorted(set(told))
    assert len(told) == 3


def test_who_says_stop_is_heard_within_a_second(stream: ServerStream) -> None:
    stopped = threading.Event()
    for _ in stream.changes(0, stopped.is_set):
        stopped.set()
    assert stopped.is_set()


def test_a_server_that_stops_ends_the_stream(server: LoopbackServer, stream: ServerStream) -> None:
    changes = stream.changes(0, lambda: False)
    next(changes)
    server.stop()
    with pytest.raises((StopIteration, UnreachableError)):
        next(changes)


def test_nobody_listens_without_being_signed_in(http: Http) -> None:
    alone = ServerStream(http, Tokens(http, SessionSecrets(), "t", lambda _: None))
    with pytest.raises(SignedOutError):
        next(alone.changes(0, lambda: False))


@pytest.mark.parametrize("data", ["{}", "nonsense", json.dumps({"seq": None})])
def test_a_stream_of_something_else_is_none(server: LoopbackServer, data: str) -> None:
    session = server.signed_in("reception", DEVICE)
    said = Said(200, f"data: {data}\n\n".encode(), "text/event-stream")
    with OddServer(lambda _path: said) as odd:
        http = Http(odd.address)
        stream = ServerStream(http, Tokens(http, SessionSecrets(), "t", lambda _: None, session))
        with pytest.raises(UnreachableError):
            next(stream.changes(0, lambda: False))
        http.close()
