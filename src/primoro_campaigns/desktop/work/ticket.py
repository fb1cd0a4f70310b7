"""What a job is, and the ticket it is given: how it tells how far it is, and how it hears Stop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818 - not an error: the person asked for it
    """Raised inside a job by ``raise_if_stopped``. The runner ends the job quietly."""


@dataclass(frozen=True)
class Progress:
    """``total`` 0 means that nobody knows how much there is."""

    done: int = 0
    total: int = 0
    words: str = ""


class Ticket:
    """Given to each job. Safe to use from any thread.

    ``title`` is what the jobs list calls the job ("Filling this computer's copy"). A job without a title is
    never listed: reads that a screen waits for in place.
    """

    def __init__(self, title: str = "", moved: Callable[["Ticket"], None] | None = None) -> None:
        self.title = title
        self._moved = moved
        self._stop = threading.Event()
        self._progress = Progress()

    @property
    def progress(self) -> Progress:
        return self._progress

    def report(self, done: int, total: int = 0, words: str = "") -> None:
        """Say how far the job is. Cheap: reports that nobody has looked at yet are overwritten."""
        self._progress = Progress(done, total, words)
        if self._moved is not None:
            self._moved(self)

    def stop(self) -> None:
        """Ask the job to end. Neither ``done`` nor ``failed`` is called for it any more."""
        self._stop.set()

    def stopped(self) -> bool:
        return self._stop.is_set()

    def raise_if_stopped(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def wait(self, seconds: float) -> bool:
        """Wait, but no longer than until Stop; true when stopped. For pauses inside a job."""
        return self._stop.wait(seconds)


Job = Callable[[Ticket], T]
