"""The bridge to the screens' thread, and who hears of changes over it."""

import threading

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.work.bridge import Bridge, close_with
from primoro_campaigns.desktop.work.changes import Announcer, Changes


def test_what_threads_post_runs_on_the_screens_thread_in_order(qtbot: QtBot) -> None:
    bridge = Bridge()
    heard: list[tuple[int, int, bool]] = []
    main = threading.current_thread()

    def post_all(thread: int) -> None:
        for number in range(100):
            bridge.post(
                lambda number=number: heard.append(  # type: ignore[misc]  # the loop's own number
                    (thread, number, threading.current_thread() is main)
                )
            )

    threads = [threading.Thread(target=post_all, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [], "nothing runs inside its caller"
    qtbot.waitUntil(lambda: len(heard) == 400)
    for thread_number in range(4):
        assert [number for thread, number, _ in heard if thread == thread_number] == list(range(100))
    assert all(on_screens_thread for _, _, on_screens_thread in heard)


def test_what_is_posted_on_the_screens_thread_itself_runs_later_too(qapp: QApplication) -> None:
    bridge = Bridge()
    heard: list[str] = []
    bridge.post(lambda: heard.append("posted"))
    heard.append("caller")
    qapp.processEvents()
    assert heard == ["caller", "posted"]


def test_a_screen_hears_of_its_rooms_until_it_is_gone(qapp: QApplication) -> None:
    bridge = Bridge()
    announcer = Announcer(bridge.post)
    screen = QObject()
    heard: list[Changes] = []
    close_with(screen, announcer.subscribe(heard.append, "patient", "call"))
    patient = Changes(frozenset({"patient"}), frozenset({"p1"}))
    announcer.announce(patient)
    announcer.announce(Changes(frozenset({"campaign"})))
    qapp.processEvents()
    assert heard == [patient]
    announcer.announce(patient)
    del screen
    qapp.processEvents()
    assert heard == [patient]


def test_a_listener_may_end_another_ones_subscription() -> None:
    announcer = Announcer(lambda function: function())
    heard: list[str] = []

    def hear(_changes: Changes) -> None:
        heard.append("first")
        second.close()

    first = announcer.subscribe(hear)
    second = announcer.subscribe(lambda _: heard.append("second"))
    announcer.announce(Changes(frozenset({"patient"})))
    first.close()
    first.close()
    announcer.announce(Changes(frozenset({"patient"})))
    assert heard == ["first"]


def test_changes_without_ids_may_concern_every_row() -> None:
    some = Changes(frozenset({"patient"}), frozenset({"p1"}))
    assert some.touches("patient")
    assert some.touches("patient", "p1")
    assert not some.touches("patient", "p2")
    assert not some.touches("call", "p1")
    assert Changes(frozenset({"patient"})).touches("patient", "p2")
