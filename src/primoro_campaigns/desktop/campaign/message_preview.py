"""A message as a patient would see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.label import box, label
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.consent.model import MARKETING
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.message.sms import STOP_WORDS
from primoro_campaigns.domain.message.sms import compose as compose_sms
from primoro_campaigns.domain.message.template import FIELD_SAMPLES, Field, parse

WIDTH = 340


@dataclass(frozen=True)
class Previewed:
    """The words of both messages, merge fields filled; empty where the campaign does not use the channel.

    ``for_whom`` says whose message it is. ``problem`` stands in place of a message that cannot be made.
    """

    for_whom: str
    subject: str = ""
    email: str = ""
    sms: str = ""
    problem: str = ""

    @staticmethod
    def sample(content: Content) -> "Previewed":
        """The message for a made-up patient, while one is writing."""
        return Previewed.filled(content, FIELD_SAMPLES, "For a patient such as Mrs Ann Smith", forgiving=True)

    @staticmethod
    def filled(
        content: Content, values: Mapping[Field, str], for_whom: str, *, forgiving: bool = False
    ) -> "Previewed":
        """The message with ``values`` in its fields.

        ``forgiving`` shows a source that cannot be read as it was typed.
        """
        practice = values.get(Field.PRACTICE_NAME, "")
        try:
            subject, email, sms = (
                _render(source, values, forgiving)
                for source in (content.subject, content.email_body, content.sms_body)
            )
        except PrimoroError as error:
            return Previewed(for_whom, problem=f"{error.title} {error.advice}")
        way_out = STOP_WORDS if content.purpose in MARKETING else ""
        return Previewed(
            for_whom,
            subject if content.channel_policy is not ChannelPolicy.SMS else "",
            email if content.channel_policy is not ChannelPolicy.SMS else "",
            compose_sms(sms, practice, way_out)
            if content.channel_policy is not ChannelPolicy.EMAIL and sms
            else "",
        )


def _render(source: str, values: Mapping[Field, str], forgiving: bool) -> str:
    try:
        return parse(source).render(values)
    except PrimoroError:
        if forgiving:
            return source
        raise


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
        self._subject = label("", TextRole.STRONG, wrap=True)
        self._email = label("", TextRole.BODY, wrap=True, copy=True)
        self._sms = label("", TextRole.BODY, wrap=True, copy=True)
        self._email_card = self._card("E-mail", self._subject, self._email)
        self._sms_card = self._card("Text message", self._sms)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(4 * GRID, 4 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(4 * GRID)
        layout.addWidget(label("How it will look", TextRole.HEADING))
        layout.addWidget(self._for_whom)
        layout.addWidget(self._problem)
        layout.addWidget(self._email_card)
        layout.addWidget(self._sms_card)
        layout.addStretch(1)
        self.setWidget(inner)

    def show_message(self, shown: Previewed) -> None:
        self._for_whom.setText(shown.for_whom)
        self._problem.setText(shown.problem)
        self._problem.setVisible(bool(shown.problem))
        self._subject.setText(shown.subject or "No subject yet")
        self._email.setText(shown.email or "No message yet")
        self._sms.setText(shown.sms or "No text yet")
        self._email_card.setVisible(bool(shown.email or shown.subject))
        self._sms_card.setVisible(bool(shown.sms))

    def words(self) -> str:
        """Everything that is shown, as one text."""
        shown = [
            part for part in (self._problem, self._subject, self._email, self._sms) if part.isVisibleTo(self)
        ]
        return "\n".join(part.text() for part in shown)

    def _card(self, title: str, *parts: QLabel) -> QWidget:
        layout = QVBoxLayout()
        layout.setContentsMargins(4 * GRID, 3 * GRID, 4 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(label(title, TextRole.CAPTION))
        for part in parts:
            layout.addWidget(part)
        return box(layout, "card")
