"""A search field that waits until one pauses in typing."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint

PAUSE_MS = 80


class SearchField(QLineEdit):
    """``searched`` carries the text, stripped, a moment after the last key; Enter does not wait, Esc clears.

    Down asks for the first result (``down``). Tests call ``fire()`` in place of the pause.
    """

    searched = Signal(str)
    down = Signal()

    def __init__(self, name: str, placeholder: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._last = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.fire)
        self._mark = QAction(self)
        self.addAction(self._mark, QLineEdit.ActionPosition.LeadingPosition)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.setClearButtonEnabled(True)
        self.textChanged.connect(lambda: self._pause.start())
        self.returnPressed.connect(self.fire)
        self.theme_changed()

    def fire(self) -> None:
        """Search now, if the text is another than last time."""
        self._pause.stop()
        text = self.text().strip()
        if text != self._last:
            self._last = text
            self.searched.emit(text)

    def set_quietly(self, text: str) -> None:
        """Show a text that is being searched for already."""
        self._last = text.strip()
        self.setText(text)
        self._pause.stop()

    def theme_changed(self) -> None:
        self._mark.setIcon(icon.icon("search", Tint.MUTED))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self.fire()
        elif event.key() == Qt.Key.Key_Down:
            self.down.emit()
        else:
            super().keyPressEvent(event)
