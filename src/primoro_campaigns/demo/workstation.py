"""The real desktop program in a process of its own, played over a pipe.

Orders come in as JSON lines on standard input, ``{"verb", "arguments", "patience_s"}``; each is tried again
on the Qt
thread until it succeeds or the patience is over; the answer goes out as a JSON line, ``{"value"}`` or
``{"error"}``.
"""

import json
import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TextIO

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from primoro_campaigns.demo.hands import VERBS, NotThereYet
from primoro_campaigns.desktop.start import open_desktop

_TRY_EVERY_MS = 15


@dataclass(frozen=True)
class Order:
    verb: str
    arguments: dict[str, object]
    patience_s: float


class Player(QObject):
    """Carries out orders on the Qt thread, one after the other."""

    ordered = Signal(object)

    def __init__(self, answers: TextIO) -> None:
        super().__init__()
        self._answers = answers
        self._order: Order | None = None
        self._deadline = 0.0
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._attempt)
        self.ordered.connect(self._take)

    def _take(self, order: Order) -> None:
        self._order = order
        self._deadline = time.monotonic() + order.patience_s
        self._attempt()

    def _attempt(self) -> None:
        order = self._order
        if order is None:
            return
        if order.verb in ("quit", "leave"):
            if order.verb == "quit":
                self._answer({"value": None})
            QTimer.singleShot(0, QApplication.closeAllWindows)
            return
        try:
            value = VERBS[order.verb](**order.arguments)
        except NotThereYet as reason:
            if time.monotonic() < self._deadline:
                self._again.start(_TRY_EVERY_MS)
            else:
                self._answer({"error": str(reason)})
            return
        self._answer({"value": value})

    def _answer(self, answer: dict[str, object]) -> None:
        self._order = None
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def main() -> int:
    """Run the desktop with the command line's arguments until its window closes or the pipe does."""
    # Whatever the program prints must not mix with the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with open_desktop(sys.argv[1:]) as desktop:
        player = Player(answers)
        reader = threading.Thread(target=_read_orders, args=(player,), name="orders", daemon=True)
        reader.start()
        return desktop.run()


def _read_orders(player: Player) -> None:
    for line in sys.stdin:
        given = json.loads(line)
        player.ordered.emit(Order(given["verb"], given["arguments"], given["patience_s"]))
    # Whoever played is gone, or has said goodbye: there is nobody left to answer.
    player.ordered.emit(Order("leave", {}, 0.0))


if __name__ == "__main__":
    sys.exit(main())
