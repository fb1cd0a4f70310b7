"""Waits for the moment at which somebody can work with the desktop."""

import time

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QTableView

from primoro_campaigns.desktop.patient.list_view import PatientListPage
from primoro_campaigns.desktop.shell.window import Window

PATIENCE_MS = 60_000


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


def usable_at() -> float:
    """The moment, after waiting for it."""
    (page,) = [
        window.page
        for window in QApplication.topLevelWidgets()
        if isinstance(window, Window) and window.isVisible()
    ]
    if not isinstance(page, PatientListPage):
        raise RuntimeError("the list of patients is not on the screen")
    search = page.search
    loop = QEventLoop()
    listed = Listed(page.table, loop)
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
