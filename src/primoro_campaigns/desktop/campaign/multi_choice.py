"""A button that opens a menu of tick boxes: several choices in the space of one."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from primoro_campaigns.desktop.kit.button import ChoiceButton


class MultiChoice(ChoiceButton):
    """Shows the chosen words, or ``empty`` while nothing is chosen.

    Keyboard: Space or Enter opens, arrows move, Space and Enter tick, Esc closes.
    """

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str], empty: str = "Choose …"
    ) -> None:
        """``choices`` are (key, words); ``chosen`` are keys.

        Keys that are no longer offered stay chosen by key.
        """
        self._menu = _StayingMenu(None)
        super().__init__(name, self._menu)
        self._menu.setParent(self, self._menu.windowFlags())
        self._empty = empty
        self._listener: Callable[[tuple[str, ...]], None] = lambda _keys: None
        self._actions = {}
        for key, words in choices:
            action = self._menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(key in chosen)
            action.toggled.connect(self._on_toggled)
            self._actions[key] = action
        self._lost = tuple(key for key in chosen if key not in self._actions)
        self._show_words()

    def on_chosen(self, listener: Callable[[tuple[str, ...]], None]) -> None:
        self._listener = listener

    def chosen(self) -> tuple[str, ...]:
        return (*(key for key, action in self._actions.items() if action.isChecked()), *self._lost)

    def _on_toggled(self) -> None:
        self._show_words()
        self._listener(self.chosen())

    def _show_words(self) -> None:
        words = [action.text() for action in self._actions.values() if action.isChecked()]
        if self._lost:
            words.append(f"{len(self._lost)} no longer there")
        shown = ", ".join(words[:2]) + (f" and {len(words) - 2} more" if len(words) > 2 else "")
        self.setText(shown or self._empty)
        self.setToolTip("\n".join(words))
        self.setAccessibleDescription(shown or self._empty)


class _StayingMenu(QMenu):
    """Stays open while one ticks."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._tick():
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ticks = event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (ticks and self._tick()):
            super().keyPressEvent(event)

    def _tick(self) -> bool:
        action: QAction | None = self.activeAction()
        if action is None or not action.isCheckable():
            return False
        action.trigger()
        return True
