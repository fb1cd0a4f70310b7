"""Nudges: they come at once, from any process, and the stream ends when it should."""

import asyncio

import pytest

from primoro_campaigns.server.account.session import SignedOutError
from primoro_campaigns.server.sync import notifier as notifying
from primoro_campaigns.server.sync import stream
from primoro_campaigns.server.sync.notifier import Notifier
from primoro_campaigns.server.sync.stream import nudges

PATIENCE_SECONDS = 20.0


@pytest.fixture(autouse=True)
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(notifying, "POLL_SECONDS", 0.01)


async def until_data(notifier: Notifier, after: int) -> bytes:
    async with asyncio.timeout(PATIENCE_SECONDS):
        async for part in nudges(notifier, after, lambda: None):
            if part.startswith(b"data:"):
                return part
    raise AssertionError("the stream ended")


def test_a_commit_in_a_thread_of_this_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "POLL_SECONDS", 1000.0)

    async def play() -> bytes:
        notifier = Notifier(lambda: 0)
        await notifier.start()
        waiting = asyncio.create_task(until_data(notifier, 4))
        await asyncio.to_thread(notifier.moved, 5)
        try:
            return await waiting
        finally:
            await notifier.stop()

    assert asyncio.run(play()) == b'data: {"seq": 5}\n\n'


def test_a_commit_of_another_process_is_found() -> None:
    async def play() -> bytes:
        notifier = Notifier(lambda: 9)
        await notifier.start()
        try:
            return await until_data(notifier, 4)
        finally:
            await notifier.stop()

    assert asyncio.run(play()) == b'data: {"seq": 9}\n\n'


def test_what_the_reader_knows_is_not_told_again_but_the_heart_beats() -> None:
    async def play() -> list[bytes]:
        notifier = Notifier(lambda: 9)
        await notifier.start()
        parts = []
        async for part in nudges(notifier, 9, lambda: None):
            parts.append(part)
            if len(parts) == 4:
                break
        await notifier.stop()
        return parts

    parts = asyncio.run(play())
    assert parts == [b": here\n\n", *[b": still here\n\n"] * 3]


async def ended(notifier: Notifier, check: object = None) -> int:
    def still_signed_in() -> None:
        if isinstance(check, Exception):
            raise check

    async with asyncio.timeout(PATIENCE_SECONDS):
        return len([part async for part in nudges(notifier, 0, still_signed_in)])


def test_a_stopping_server_ends_the_stream() -> None:
    async def play() -> int:
        notifier = Notifier(lambda: 0)
        await notifier.start()
        waiting = asyncio.create_task(ended(notifier))
        await asyncio.to_thread(notifier.close)
        try:
            return await waiting
        finally:
            await notifier.stop()

    assert asyncio.run(play()) < stream.LONGEST_BEATS


def test_a_revoked_session_ends_the_stream() -> None:
    async def play() -> int:
        notifier = Notifier(lambda: 0)
        await notifier.start()
        try:
            return await ended(notifier, SignedOutError())
        finally:
            await notifier.stop()

    assert asyncio.run(play()) == stream.CHECK_EACH_BEATS


def test_no_stream_lives_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST_BEATS", 3)

    async def play() -> int:
        notifier = Notifier(lambda: 0)
        await notifier.start()
        try:
            return await ended(notifier)
        finally:
            await notifier.stop()

    assert asyncio.run(play()) == 4
