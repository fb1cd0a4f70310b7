"""Dialogs: a question, its fields, OK and Cancel. Opened without blocking; the answer comes by signal."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.label import box, label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID


class Dialog(QDialog):
    """``content`` between a title and OK / Cancel. Enter is OK, or the button with the focus; Esc is Cancel.

    OK emits ``accepted`` and closes, unless ``set_check`` gave a function that says no (it shows why itself,
    at the fields or in ``notices``). Open with ``ask(then)``: it returns at once.
    """

    def __init__(
        self,
        title: str,
        content: QWidget,
        parent: QWidget | None,
        *,
        lead: str = "",
        ok: str = "OK",
        cancel: str = "Cancel",
        ok_role: str = "primary",
        width: int = 480,
    ) -> None:
        super().__init__(parent)
        self.content = content
        self._check: Callable[[], bool] = lambda: True
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(lead)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setMinimumWidth(width)
        self.notices = NoticeArea()
        self.ok = button(ok, self._on_ok, role=ok_role)
        self.ok.setDefault(True)
        self.cancel = button(cancel, self.reject)
        self.ok.setObjectName("dialog.ok")
        self.cancel.setObjectName("dialog.cancel")
        for control in (self.ok, self.cancel):
            control.setMinimumWidth(88)
        inner = QVBoxLayout()
        inner.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 5 * GRID)
        inner.setSpacing(3 * GRID)
        inner.addWidget(label(title, TextRole.HEADING, wrap=True))
        if lead:
            inner.addWidget(label(lead, TextRole.MUTED, wrap=True))
        inner.addWidget(self.notices)
        inner.addWidget(content, 1)
        self._buttons = row(None, self.ok, self.cancel)
        self._buttons.setContentsMargins(6 * GRID, 3 * GRID, 6 * GRID, 3 * GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        body = box(inner, "panel")
        layout.addWidget(body, 1)
        layout.addLayout(self._buttons)

    def set_check(self, check: Callable[[], bool]) -> None:
        """``check`` is called by OK; the dialog closes only if it returns True."""
        self._check = check

    def add_button(self, control: QWidget) -> None:
        """Another button, at the left."""
        self._buttons.insertWidget(0, control)

    def ask(self, then: Callable[[], None]) -> "Dialog":
        """Open the dialog; ``then`` is called after OK. It deletes itself when it is closed."""
        self.accepted.connect(then)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.open()
        return self

    def _on_ok(self) -> None:
        if self.ok.isEnabled() and self._check():
            self.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_ok()
            return
        super().keyPressEvent(event)


def confirm(
    parent: QWidget | None,
    title: str,
    words: str,
    ok: str,
    then: Callable[[], None],
    *,
    danger: bool = False,
) -> Dialog:
    """Ask before something that cannot be taken back; ``ok`` names the act ("Send to 214 patients").

    ``danger`` is for what destroys: Enter pressed without reading cancels.
    """
    question = label(words, wrap=True)
    question.setMinimumWidth(400)
    dialog = Dialog(title, question, parent, ok=ok, ok_role="danger" if danger else "primary")
    if danger:
        dialog.cancel.setFocus()
    return dialog.ask(then)
