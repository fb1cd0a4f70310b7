"""Chips: one choice out of a few, side by side, with numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from primoro_campaigns.desktop.kit.theme import set_role
from primoro_campaigns.desktop.kit.token import GRID


@dataclass(frozen=True)
class Choice:
    """``words`` may carry a mnemonic; ``number`` None shows none."""

    key: str
    words: str
    number: int | None = None


class _Chip(QPushButton):
    """Room for the bolder words of a chip that is on, whether it is or not: the row never moves."""

    def __init__(self) -> None:
        super().__init__()
        self.setCheckable(True)
        self.setAutoDefault(False)
        set_role(self, "chip")

    def sizeHint(self) -> QSize:
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        more = QFontMetrics(bold).horizontalAdvance(self.text()) - self.fontMetrics().horizontalAdvance(
            self.text()
        )
        return super().sizeHint() + QSize(max(0, more), 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's own name
        return self.sizeHint()


class ChipRow(QWidget):
    """Exactly one chip is on. Tab reaches the row, Left and Right move in it."""

    def __init__(self, name: str, choices: Sequence[Choice], chosen: str) -> None:
        super().__init__()
        self._choices = {choice.key: choice for choice in choices}
        self._chips: dict[str, QPushButton] = {}
        self._listener: Callable[[str], None] = lambda _key: None
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        for choice in choices:
            chip = _Chip()
            chip.clicked.connect(lambda _checked=False, key=choice.key: self._chosen(key))
            self._chips[choice.key] = chip
            self._group.addButton(chip)
            layout.addWidget(chip)
        layout.addStretch(1)
        self.setAccessibleName(name)
        self.show_numbers({choice.key: choice.number for choice in choices})
        self.choose(chosen)

    def on_chosen(self, listener: Callable[[str], None]) -> None:
        """Called with the key when a person chooses."""
        self._listener = listener

    def choose(self, key: str) -> None:
        """Show a choice that was made elsewhere; the listener is not called."""
        self._chips[key].setChecked(True)
        self._keep_tab_stop()

    @property
    def chosen(self) -> str:
        return next(key for key, chip in self._chips.items() if chip.isChecked())

    def show_numbers(self, numbers: dict[str, int | None]) -> None:
        for key, number in numbers.items():
            choice, chip = self._choices[key], self._chips[key]
            chip.setText(choice.words + ("" if number is None else f"  {number:,}"))
            spoken = choice.words.replace("&", "")
            chip.setAccessibleName(spoken if number is None else f"{spoken}, {number:,}")

    def _chosen(self, key: str) -> None:
        self._keep_tab_stop()
        self._chips[key].setFocus()
        self._listener(key)

    def _keep_tab_stop(self) -> None:
        for chip in self._chips.values():
            on = chip.isChecked()
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        keys = list(self._chips)
        place = keys.index(self.chosen) + step
        if step and 0 <= place < len(keys):
            self._chips[keys[place]].setChecked(True)
            self._chosen(keys[place])
            return
        super().keyPressEvent(event)
