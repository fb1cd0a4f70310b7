"""The next part of a snapshot is on its way while the one before is being written."""

import threading

import pytest

from primoro_campaigns.desktop.sync.ahead import Ahead
from primoro_campaigns.desktop.sync.failure import SnapshotGoneError
from primoro_campaigns.desktop.sync.rows import SnapshotHead

HEAD = SnapshotHead("snapshot", 7, 4, 0, "all")
OTHER = SnapshotHead("other", 7, 4, 0, "all")
SECONDS = 10


class Server:
    """Hands out parts. ``asked`` and ``here`` tell what was asked for, and on which threads."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.here: set[int] = set()
        self.gone: set[int] = set()
        self.came = threading.Event()

    def fetch(self, head: SnapshotHead, number: int) -> bytes:
        self.asked.append((head.snapshot_id, number))
        self.here.add(threading.get_ident())
        self.came.set()
        if number in self.gone:
            raise SnapshotGoneError
        return b"%d" % number


def test_the_following_part_is_fetched_before_anybody_asks_for_it() -> None:
    server = Server()
    with Ahead(server.fetch) as ahead:
        assert ahead.part(HEAD, 0, None) == b"0"
        server.came.clear()
        assert ahead.part(HEAD, 1, 3) == b"1"
        assert server.came.wait(SECONDS)
        assert ahead.part(HEAD, 3, None) == b"3"
    assert server.asked == [("snapshot", 0), ("snapshot", 1), ("snapshot", 3)]
    assert len(server.here) == 1
    assert server.here != {threading.get_ident()}


def test_a_part_of_another_snapshot_is_never_taken_for_it() -> None:
    server = Server()
    with Ahead(server.fetch) as ahead:
        ahead.part(HEAD, 0, 1)
        ahead.part(OTHER, 1, None)
    assert server.asked == [("snapshot", 0), ("snapshot", 1), ("other", 1)]


def test_what_went_wrong_is_told_to_whoever_asks_for_that_part() -> None:
    server = Server()
    server.gone = {1}
    with Ahead(server.fetch) as ahead:
        assert ahead.part(HEAD, 0, 1) == b"0"
        with pytest.raises(SnapshotGoneError):
            ahead.part(HEAD, 1, 2)
        assert ahead.part(OTHER, 0, None) == b"0"
    assert server.asked == [("snapshot", 0), ("snapshot", 1), ("other", 0)]


def test_leaving_ends_the_thread() -> None:
    server = Server()
    with Ahead(server.fetch) as ahead:
        ahead.part(HEAD, 0, 1)
    assert server.asked in ([("snapshot", 0)], [("snapshot", 0), ("snapshot", 1)])
    assert not [each for each in threading.enumerate() if each.name.startswith("primoro-next-part")]
