"""The desktop with a filled cache, in a process of its own: says when patients were listed and a key typed
into the search field had arrived, and ends.

``python -m benchmarks.first_use PROFILE``.
"""

import sys
import time
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView, QWidget

from primoro_campaigns.desktop.main import open_desktop

PATIENCE_MS = 60_000

W = TypeVar("W", bound=QWidget)


class Listed(QObject):
    """Ends ``loop`` once the table has been painted with a patient in its first row."""

    def __init__(self, table: QTableView, loop: QEventLoop) -> None:
        super().__init__()
        self._table = table
        self._loop = loop
        table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        # Asked before the table paints: the loop ends after that.
        if event.type() == QEvent.Type.Paint and self.first_name() not in ("", "…"):
            QTimer.singleShot(0, self._loop.quit)
        return super().eventFilter(watched, event)

    def first_name(self) -> str:
        model = self._table.model()
        return str(model.index(0, 0).data() or "") if model.rowCount() else ""


def named(name: str, kind: type[W]) -> W:
    for widget in QApplication.allWidgets():
        if widget.objectName() == name and isinstance(widget, kind) and widget.isVisible():
            return widget
    raise RuntimeError(f"there is no {name} on the screen")


def usable_at() -> float:
    """The moment, after waiting for it."""
    search = named("patients.search", QLineEdit)
    loop = QEventLoop()
    listed = Listed(named("patients.table", QTableView), loop)
    QTimer.singleShot(PATIENCE_MS, loop, loop.quit)
    loop.exec()
    if listed.first_name() in ("", "…"):
        raise RuntimeError("no patient came onto the screen")
    QCoreApplication.sendEvent(
        search, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_S, Qt.KeyboardModifier.NoModifier, "s")
    )
    if search.text() != "s":
        raise RuntimeError(f"the search field holds “{search.text()}”")
    return time.monotonic()


def main() -> None:
    with open_desktop(["--profile", sys.argv[1]]):
        print(usable_at(), flush=True)


if __name__ == "__main__":
    main()
