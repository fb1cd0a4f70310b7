"""The dialog about messages that are not certain: three answers, none of them taken beforehand."""

from collections.abc import Callable

from PySide6.QtWidgets import QRadioButton, QWidget

from primoro_campaigns.desktop.campaign.doubts import Question
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.label import column, label
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.domain.delivery.doubt import Choice

_CHOOSE = "Choose one"


class DoubtDialog(Dialog):
    """``decided`` is called with the answer once it was given."""

    def __init__(self, parent: QWidget | None, question: Question, decided: Callable[[Choice], None]) -> None:
        content = QWidget()
        super().__init__(question.title, content, parent, lead=question.lead, ok=_CHOOSE, width=560)
        self._buttons_of: dict[Choice, QRadioButton] = {}
        people = "\n".join((*question.people, *([question.more] if question.more else [])))
        fields = []
        for option in question.options:
            button = QRadioButton(option.label)
            button.setObjectName(f"doubt.{option.choice}")
            field = Field("", button, option.why_not or option.does)
            if option.why_not:
                button.setEnabled(False)
            button.toggled.connect(lambda on, ok=option.ok: self._on_chosen(ok) if on else None)
            self._buttons_of[option.choice] = button
            fields.append(field)
        names = label(people, TextRole.STRONG, wrap=True, copy=True)
        names.setObjectName("doubt.people")
        content.setLayout(column(names, *fields, None, gap=3))
        self.setObjectName("doubt.dialog")
        self.ok.setEnabled(False)
        self.accepted.connect(lambda: self._tell(decided))
        first = next((each for each in self._buttons_of.values() if each.isEnabled()), self.cancel)
        first.setFocus()

    def _on_chosen(self, ok: str) -> None:
        self.ok.setText(ok)
        self.ok.setEnabled(True)

    def _tell(self, decided: Callable[[Choice], None]) -> None:
        for choice, button in self._buttons_of.items():
            if button.isChecked():
                decided(choice)
