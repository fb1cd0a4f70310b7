"""A message as a patient would see it, beside the form."""

from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from primoro_campaigns.desktop.campaign.previewed import Previewed
from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import box, column, label, row, rule
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID

WIDTH = 320


class MessagePreview(QScrollArea):
    """A narrow column beside the form: the e-mail as a card, the text as a bubble."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName("Preview of the message")
        self._for_whom = label("", TextRole.CAPTION, wrap=True)
        self._problem = label("", TextRole.BODY, wrap=True)
        self._nothing = label("What you write appears here.", TextRole.MUTED, wrap=True)
        self._subject = label("", TextRole.STRONG, wrap=True)
        self._preview_text = label("", TextRole.CAPTION, wrap=True)
        self._email = label("", TextRole.BODY, wrap=True, copy=True)
        self._way_out = label("", TextRole.CAPTION, wrap=True)
        self._sms = label("", TextRole.BODY, wrap=True, copy=True)
        self._email_card = self._card(
            "E-mail", "mail", self._subject, self._preview_text, rule(), self._email, self._way_out
        )
        self._sms_card = self._card("Text message", "sms", self._sms)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4 * GRID, 4 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(4 * GRID)
        layout.addLayout(column(label("How it will look", TextRole.HEADING), self._for_whom, gap=1))
        layout.addWidget(self._problem)
        layout.addWidget(self._nothing)
        layout.addWidget(self._email_card)
        layout.addWidget(self._sms_card)
        layout.addStretch(1)
        self.setWidget(inner)

    def show_message(self, shown: Previewed, *, writing: bool = False) -> None:
        """``writing``: the words are being written, so their place is shown before there are any."""
        mail, text = bool(shown.email or shown.subject), bool(shown.sms)
        self._for_whom.setText(shown.for_whom)
        for part, words in (
            (self._problem, shown.problem),
            (self._preview_text, shown.preview_text),
            (self._way_out, shown.way_out if shown.email else ""),
        ):
            part.setText(words)
            part.setVisible(bool(words))
        self._subject.setText(shown.subject or "No subject yet")
        self._email.setText(shown.email or "No message yet")
        self._sms.setText(shown.sms)
        self._email_card.setVisible(mail)
        self._sms_card.setVisible(text)
        self._nothing.setVisible(writing and not (mail or text or shown.problem))

    def words(self) -> str:
        """Everything that is shown, as one text."""
        shown = [
            part
            for part in (self._problem, self._subject, self._preview_text, self._email, self._sms)
            if part.isVisibleTo(self)
        ]
        return "\n".join(part.text() for part in shown)

    def _card(self, title: str, icon_name: str, *parts: QWidget) -> QWidget:
        layout = QVBoxLayout()
        layout.setContentsMargins(4 * GRID, 3 * GRID, 4 * GRID, 4 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(row(_Mark(icon_name), label(title, TextRole.CAPTION), None, gap=1))
        for part in parts:
            layout.addWidget(part)
        return box(layout, "card")


class _Mark(QLabel):
    """A small icon that keeps its colour when the theme changes."""

    def __init__(self, icon_name: str) -> None:
        super().__init__()
        self._icon_name = icon_name
        self.theme_changed()

    def theme_changed(self) -> None:
        self.setPixmap(icon.pixmap(self._icon_name, Tint.MUTED, 16, self.devicePixelRatioF()))
