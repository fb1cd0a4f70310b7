"""How far something is: a thin bar and its words."""

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.label import label
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID


class ProgressLine(QWidget):
    """``show_progress(words, share)``; ``share`` 0 to 1, or None where nobody knows how much there is."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._words = label("", TextRole.CAPTION, wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._words)
        layout.addWidget(self._bar)

    def show_progress(self, words: str, share: float | None) -> None:
        self._words.setText(words)
        self._words.setVisible(bool(words))
        if share is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(share * 1000))
        self._bar.setAccessibleDescription(words)
