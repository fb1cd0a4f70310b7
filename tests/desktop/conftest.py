"""A desk with a real cache for the tests of rooms: presenters alone, or whole pages."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.work.bridge import Bridge
from primoro_campaigns.desktop.work.runner import Post, Runner, Running
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, Row, a_practice

OpenReception = Callable[..., Reception]
Show = Callable[[QWidget | None], None]


@pytest.fixture
def open_reception(tmp_path: Path, clock: FixedClock) -> Iterator[OpenReception]:
    """``open_reception(runner, post)``: a reception with the practice of ``a_practice``, or with ``rows``."""
    opened: list[Reception] = []

    def open_one(
        runner: Running,
        post: Post,
        rights: Iterable[Right] = ROLE_RIGHTS[Role.RECEPTION],
        rows: Mapping[str, Sequence[Row]] | None = None,
    ) -> Reception:
        folder = tmp_path / f"reception-{len(opened)}"
        folder.mkdir()
        reception = Reception(folder, clock, runner, post, rights)
        opened.append(reception)
        reception.fill(a_practice(clock.now()) if rows is None else rows)
        return reception

    yield open_one
    for reception in opened:
        reception.close()


@pytest.fixture
def runner() -> InlineRunner:
    """For presenters: each job is done at once."""
    return InlineRunner()


@pytest.fixture
def reception(open_reception: OpenReception, runner: InlineRunner) -> Reception:
    """For presenters: a receptionist's desk, where everything is done at once."""
    return open_reception(runner, lambda function: function())


@pytest.fixture
def queue() -> QueuedRunner:
    """For pages: jobs and announcements wait for ``queue.settle()``."""
    return QueuedRunner()


@pytest.fixture
def front(open_reception: OpenReception, queue: QueuedRunner) -> Reception:
    """For pages: a receptionist's desk."""
    return open_reception(queue, queue.post)


class Threads:
    """The real runner and its bridge, as the program has them."""

    def __init__(self) -> None:
        self.bridge = Bridge()
        self.crashes: list[BaseException] = []
        self.runner = Runner(self.bridge.post, self.crashes.append, self.crashes.append)


@pytest.fixture
def threads(qapp: QApplication) -> Iterator[Threads]:  # noqa: ARG001 - the bridge needs the application
    """For pages, where threads matter. What goes wrong inside a job fails the test."""
    made = Threads()
    yield made
    made.runner.close()
    assert made.crashes == []


@pytest.fixture
def show(qtbot: QtBot, queue: QueuedRunner) -> Iterator[Show]:
    """``show(page)``: the page as large as in the main window, with the focus, and all it reads is there."""
    shown: list[QWidget] = []

    def show_one(page: QWidget | None) -> None:
        assert page is not None
        qtbot.addWidget(page)
        shown.append(page)
        page.resize(1270, 730)
        with qtbot.waitActive(page):
            page.show()
            page.activateWindow()
        page.setFocus()
        queue.settle()

    yield show_one
    for page in shown:
        page.hide()
