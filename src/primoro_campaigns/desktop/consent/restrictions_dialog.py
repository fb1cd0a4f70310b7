"""The Restrictions dialog: two tick boxes, OK and Cancel (domain.md E04)."""

from PySide6.QtWidgets import QLineEdit, QWidget

from primoro_campaigns.desktop.consent.restrictions_presenter import Restrictions, RestrictionsState
from primoro_campaigns.desktop.consent.tick_box import TickLine
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.label import column, label
from primoro_campaigns.desktop.kit.theme import TextRole, restyle
from primoro_campaigns.domain.consent.model import Purpose

_TICKS = {
    Purpose.PROMOTIONS: ("&Product and service information or promotions", "restrictions.promotions"),
    Purpose.NEWSLETTERS: ("&Newsletters", "restrictions.newsletters"),
}


class RestrictionsDialog(Dialog):
    """``bind`` gives it its presenter; the presenter fills it before it is opened."""

    def __init__(self, parent: QWidget | None, name: str) -> None:
        content = QWidget()
        super().__init__(
            "Contact restrictions",
            content,
            parent,
            lead=f"Tick what {name or 'this patient'} does not want from us, on any channel.",
            ok="&OK",
            cancel="&Cancel",
            width=520,
        )
        self.setObjectName("restrictions.dialog")
        self.said = ""
        self._presenter: Restrictions | None = None
        self._ticks = {purpose: TickLine(words, key) for purpose, (words, key) in _TICKS.items()}
        self._why = QLineEdit()
        self._why.setObjectName("restrictions.why")
        self._why.setPlaceholderText("The patient, on the telephone this morning")
        self._why.setMaxLength(500)
        self._why_field = Field("&Who asked for messages again, and how?", self._why)
        self._note = label("", TextRole.CAPTION, wrap=True)
        self._problem = label("", wrap=True)
        self._problem.setObjectName("restrictions.problem")
        self._problem.setProperty("role", "error")
        restyle(self._problem)
        always = label(
            "Important notifications, about appointments and treatment, are sent all the same.",
            TextRole.CAPTION,
            wrap=True,
        )
        content.setLayout(
            column(*self._ticks.values(), self._why_field, self._note, always, self._problem, gap=3)
        )
        self._why_field.hide()
        self._note.hide()
        self._problem.hide()
        self.ok.setObjectName("restrictions.ok")
        self.cancel.setObjectName("restrictions.cancel")
        for purpose, line in self._ticks.items():
            line.box.pressed_by_person.connect(lambda given=purpose: self._on_pressed(given))
        self._why.textChanged.connect(self._on_why)
        self.set_check(self._on_ok_pressed)
        self._ticks[Purpose.PROMOTIONS].setFocus()

    def bind(self, presenter: Restrictions) -> None:
        self._presenter = presenter

    # What the presenter calls

    def show_state(self, state: RestrictionsState) -> None:
        for tick in state.ticks:
            self._ticks[tick.purpose].show_line(tick.on, tick.under, tick.locked)
        appears = state.asks_why and self._why_field.isHidden()
        self._why_field.setVisible(state.asks_why)
        if appears:
            self._why.setFocus()
        self._note.setText(state.note)
        self._note.setVisible(bool(state.note))
        self._problem.setText(state.problem)
        self._problem.setVisible(bool(state.problem))
        self.ok.setEnabled(not state.saving)
        self.adjustSize()

    def finish(self, said: str) -> None:
        self.said = said
        self.accept()

    # Inside

    def _on_ok_pressed(self) -> bool:
        """The presenter closes the dialog once all is recorded."""
        if self._presenter is not None:
            self._presenter.ok()
        return False

    def _on_pressed(self, purpose: Purpose) -> None:
        if self._presenter is not None:
            self._presenter.turn(purpose)

    def _on_why(self, text: str) -> None:
        if self._presenter is not None:
            self._presenter.say_why(text)
