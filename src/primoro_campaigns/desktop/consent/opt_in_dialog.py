"""Recording an opt-in: the channels, the evidence, and the patient's yes, or what stands in for it."""

from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QRadioButton, QWidget

from primoro_campaigns.desktop.consent.opt_in_presenter import CHANNELS, OptIn, OptInState, purpose_words
from primoro_campaigns.desktop.consent.tick_box import AskingBox, TickLine
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.theme import TextRole, em, restyle
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, MARKETING, Channel, Purpose
from primoro_campaigns.domain.consent.soft_opt_in import CONDITION_WORDS, Condition

_MNEMONICS = {
    Channel.EMAIL: "&E-mail",
    Channel.SMS: "&SMS",
    Channel.WHATSAPP: "&WhatsApp",
    Channel.APP: "Patient &app",
}
_HOW = "At reception, when asked in person"
_HOW_SOFT = "When, and for which treatment"


class OptInDialog(Dialog):
    """``bind`` gives it its presenter."""

    def __init__(self, parent: QWidget | None, name: str, purpose: Purpose) -> None:
        content = QWidget()
        super().__init__(
            "Record an opt-in",
            content,
            parent,
            lead=f"{purpose_words(purpose)}: what {name or 'this patient'} says yes to.",
            ok="&OK",
            cancel="&Cancel",
            width=560,
        )
        self.setObjectName("opt_in.dialog")
        self.said = ""
        self._presenter: OptIn | None = None
        self._lines = {
            channel: TickLine(_MNEMONICS[channel], f"opt_in.channel.{channel.value}") for channel in CHANNELS
        }
        self._channels_error = _error_label()
        self._yes = QRadioButton("The &patient said yes")
        self._yes.setObjectName("opt_in.yes")
        self._yes.setChecked(True)
        self._soft = QRadioButton("So&ft opt-in: no yes, but an address or number given for a treatment")
        self._soft.setObjectName("opt_in.soft")
        self._basis = QWidget()
        self._basis.setLayout(column(self._yes, self._soft, gap=1))
        self._basis.setVisible(purpose in MARKETING)
        self._conditions = {
            each: TickLine(CONDITION_WORDS[each], f"opt_in.condition.{each.value}") for each in Condition
        }
        self._conditions_error = _error_label()
        self._evidence = QWidget()
        self._evidence.setLayout(column(*self._conditions.values(), self._conditions_error, gap=1))
        self._evidence.hide()
        self._who = _line("opt_in.who", "The patient")
        self._how = _line("opt_in.how", _HOW)
        self._wording = QPlainTextEdit()
        self._wording.setObjectName("opt_in.wording")
        self._wording.setTabChangesFocus(True)
        self._wording.setFixedHeight(em(4.2))
        self._fields = {
            "who": Field("W&ho?", self._who),
            "how": Field("H&ow?", self._how),
            "wording": Field("Wor&ds the patient was told", self._wording),
        }
        self._confirmed = AskingBox("I told the patient these words, and the patient said &yes")
        self._confirmed.setObjectName("opt_in.confirmed")
        confirmed = Field("", self._confirmed)
        self._fields["confirmed"] = confirmed
        self._problem = _error_label()
        self._problem.setObjectName("opt_in.problem")
        beside = row(self._fields["who"], self._fields["how"], gap=4)
        beside.setStretch(0, 2)
        beside.setStretch(1, 3)
        left, right = (
            column(*list(self._lines.values())[:2], gap=1),
            column(*list(self._lines.values())[2:], gap=1),
        )
        content.setLayout(
            column(
                self._basis,
                label("On which channels", TextRole.STRONG),
                row(left, right, gap=4),
                self._channels_error,
                beside,
                self._fields["wording"],
                confirmed,
                self._evidence,
                self._problem,
                gap=3,
            )
        )
        self.ok.setObjectName("opt_in.ok")
        self.cancel.setObjectName("opt_in.cancel")
        for channel, line in self._lines.items():
            line.box.setAccessibleName(CHANNEL_WORDS[channel])
            line.box.pressed_by_person.connect(lambda given=channel: self._on_channel(given))
        self._confirmed.pressed_by_person.connect(self._on_confirmed)
        for condition, tick in self._conditions.items():
            tick.box.pressed_by_person.connect(lambda given=condition: self._on_condition(given))
        self._soft.toggled.connect(self._on_basis)
        self._who.textChanged.connect(self._on_written)
        self._how.textChanged.connect(self._on_written)
        self._wording.textChanged.connect(self._on_written)
        self.set_check(self._on_ok_pressed)
        self._lines[Channel.EMAIL].setFocus()

    def bind(self, presenter: OptIn) -> None:
        self._presenter = presenter

    # What the presenter calls

    def show_state(self, state: OptInState) -> None:
        for box in state.boxes:
            self._lines[box.channel].show_line(box.on, box.under, box.locked)
        self._confirmed.setChecked(state.confirmed)
        self._fields["confirmed"].setVisible(not state.soft)
        self._evidence.setVisible(state.soft)
        self._how.setPlaceholderText(_HOW_SOFT if state.soft else _HOW)
        for condition, tick in self._conditions.items():
            tick.show_line(condition in state.conditions, "", "")
        if self._wording.toPlainText() != state.wording:
            self._wording.setPlainText(state.wording)
        for name, field in self._fields.items():
            field.set_error(state.error(name))
        for words, text in (
            (self._channels_error, state.error("channels")),
            (self._conditions_error, state.error("conditions")),
            (self._problem, state.problem),
        ):
            words.setText(text)
            words.setVisible(bool(text))
        self.ok.setEnabled(not state.saving)
        self._fit()

    def finish(self, said: str) -> None:
        self.said = said
        self.accept()

    # Inside

    def _fit(self) -> None:
        """As high as what is shown needs; ``adjustSize`` stops at two thirds of the screen."""
        layout = self.layout()
        if layout is None:
            return
        layout.activate()
        width = max(self.width(), self.minimumSizeHint().width())
        needed = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else self.sizeHint().height()
        self.resize(width, needed)

    def _on_ok_pressed(self) -> bool:
        if self._presenter is not None:
            self._presenter.ok()
        return False

    def _on_channel(self, channel: Channel) -> None:
        if self._presenter is not None:
            self._presenter.turn(channel)

    def _on_confirmed(self) -> None:
        if self._presenter is not None:
            self._presenter.turn_confirmed()

    def _on_basis(self, soft: bool) -> None:
        if self._presenter is not None:
            self._presenter.choose_soft(soft)

    def _on_condition(self, condition: Condition) -> None:
        if self._presenter is not None:
            self._presenter.turn_condition(condition)

    def _on_written(self) -> None:
        if self._presenter is not None:
            self._presenter.write(
                who=self._who.text(), how=self._how.text(), wording=self._wording.toPlainText()
            )


def _line(name: str, placeholder: str) -> QLineEdit:
    result = QLineEdit()
    result.setObjectName(name)
    result.setPlaceholderText(placeholder)
    result.setMaxLength(300)
    return result


def _error_label() -> QLabel:
    result = label("", wrap=True)
    result.setProperty("role", "error")
    restyle(result)
    result.hide()
    return result
