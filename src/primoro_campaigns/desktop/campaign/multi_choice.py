"""A button that opens a menu of tick boxes: several choices in the space of one."""

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget


class MultiChoice(QToolButton):
    """Shows the chosen words, or ``empty`` while nothing is chosen.

    Keyboard: Space opens, arrows and Space tick.
    """

    def __init__(
        self, name: str, choices: Sequence[tuple[str, str]], chosen: Sequence[str], empty: str = "Choose …"
    ) -> None:
        """``choices`` are (key, words); ``chosen`` are keys.

        Keys that are no longer offered stay chosen by key.
        """
        super().__init__()
        self._empty = empty
        self._listener: Callable[[tuple[str, ...]], None] = lambda _keys: None
        self._menu = _StayingMenu(self)
        self._actions = {}
        for key, words in choices:
            action = self._menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(key in chosen)
            action.toggled.connect(self._on_toggled)
            self._actions[key] = action
        self._lost = tuple(key for key in chosen if key not in self._actions)
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName(name)
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

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setToolTipsVisible(True)

    def mouseReleaseEvent(self, event: object) -> None:
        action: QAction | None = self.activeAction()
        if action is not None and action.isCheckable():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)  # type: ignore[arg-type]  # Qt hands over its own event
