"""A tick box that asks before it turns, and words below it that belong to it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.label import label
from primoro_campaigns.desktop.kit.theme import TextRole


class AskingBox(QCheckBox):
    """Turns only when it is told to by ``setChecked``: a press is a wish, told by ``pressed_by_person``.

    So a box that may not be turned keeps its place in the tab order, and whoever tries learns why.
    """

    pressed_by_person = Signal()

    def nextCheckState(self) -> None:  # noqa: N802 - Qt's own name
        self.pressed_by_person.emit()


class TickLine(QWidget):
    """A tick box with a line of words below it. ``words`` may carry a mnemonic."""

    def __init__(self, words: str, name: str) -> None:
        super().__init__()
        self.box = AskingBox(words)
        self.box.setAccessibleName(words.replace("&", ""))
        self.box.setObjectName(name)
        self._under = label("", TextRole.CAPTION, wrap=True)
        self._under.setIndent(29)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.box)
        layout.addWidget(self._under)
        self.setFocusProxy(self.box)

    def show_line(self, on: bool, under: str, locked: str) -> None:
        """``locked`` says why a press would be refused; a screen reader says it with the box."""
        self.box.setChecked(on)
        self._under.setText(under)
        self._under.setVisible(bool(under))
        self.box.setAccessibleDescription(" ".join(part for part in (under, locked) if part))
