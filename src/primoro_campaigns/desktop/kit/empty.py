"""What stands where there is nothing to show: why, and what one can do about it."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import label
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID

_WIDEST = 440
"""Pixels: longer lines of words in the middle of a page are hard to read."""


class EmptyState(QWidget):
    """``EmptyState("campaigns", "No campaigns yet.", "Write the first one.", ("&New campaign", go))``."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        advice: str = "",
        action: tuple[str, Callable[[], None]] | None = None,
    ) -> None:
        super().__init__()
        self._icon_name = icon_name
        self._mark = QLabel()
        centre = Qt.AlignmentFlag.AlignHCenter
        self._title = label(title, TextRole.HEADING, wrap=True)
        self._advice = label(advice, TextRole.MUTED, wrap=True)
        for words in (self._title, self._advice):
            words.setAlignment(centre)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 6 * GRID, 6 * GRID, 6 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addStretch(1)
        layout.addWidget(self._mark, alignment=centre)
        layout.addWidget(self._title)
        layout.addWidget(self._advice, alignment=centre)
        if action is not None:
            self.action = button(action[0], action[1], role="primary")
            layout.addWidget(self.action, alignment=centre)
        layout.addStretch(2)
        self.setAccessibleName(title)
        self.setAccessibleDescription(advice)
        self.theme_changed()

    def show_words(self, title: str, advice: str = "") -> None:
        self._title.setText(title)
        self._advice.setText(advice)
        self.setAccessibleName(title)
        self.setAccessibleDescription(advice)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As wide as reads well, as high as the words then need: a layout asks for the height of another
        width, and cuts off the rest.
        """
        width = max(0, min(_WIDEST, self.width() - 12 * GRID))
        self._advice.setFixedSize(width, self._advice.heightForWidth(width))

    def theme_changed(self) -> None:
        self._fit()
        self._mark.setPixmap(icon.pixmap(self._icon_name, Tint.MUTED, 40, self.devicePixelRatioF()))
