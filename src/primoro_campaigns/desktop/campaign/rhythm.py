"""How often a patient gets a campaign, and how many messages of it leave a day."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.form import Field, Form
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.domain.campaign.model import Content, Kind, Receives

_OFTEN: tuple[tuple[Kind, Receives, str], ...] = (
    (Kind.ONE_OFF, Receives.ONCE, "Once, to everybody who fits the rules then"),
    (Kind.ONGOING, Receives.ONCE, "Ongoing: when a patient comes to fit the rules, once ever"),
    (Kind.ONGOING, Receives.EVERY_TIME, "Ongoing: each time that a patient comes to fit the rules"),
)
_FIELDS = ("kind", "cool_down_days", "most_a_day")


class Rhythm(QWidget):
    """``changed`` is given the fields of ``Content`` that a person changed."""

    def __init__(self, changed: Callable[[Mapping[str, object]], None]) -> None:
        super().__init__()
        self._changed = changed
        self._often = QComboBox()
        self._often.setObjectName("composer.often")
        for place, (_, _, words) in enumerate(_OFTEN):
            self._often.addItem(words, place)
        self._cool_down = self._spin("composer.cool_down_days", 1, 730, " days")
        self._most = self._spin("composer.most_a_day", 0, 10_000, "")
        self._most.setSpecialValueText("No limit")
        self._often.activated.connect(self._on_often)
        self._cool_down.valueChanged.connect(lambda days: self._changed({"cool_down_days": days}))
        self._most.valueChanged.connect(lambda number: self._changed({"most_a_day": number}))
        self._form = Form()
        self._form.add("kind", self._field("Ho&w often", self._often, "kind"))
        self._form.add_beside(
            most_a_day=self._field(
                "Most messages a da&y",
                self._most,
                "most_a_day",
                "The others go on the days after, so that the telephone can be answered.",
            ),
            cool_down_days=self._field(
                "Not again within",
                self._cool_down,
                "cool_down_days",
                "Who comes to fit again sooner is left out.",
            ),
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._form)

    @property
    def first(self) -> QWidget:
        return self._often

    def show_content(self, content: Content, problems: Mapping[str, str]) -> None:
        place = next(
            (
                at
                for at, (kind, receives, _) in enumerate(_OFTEN)
                if kind is content.kind and (kind is not Kind.ONGOING or receives is content.receives)
            ),
            0,
        )
        self._often.setCurrentIndex(place)
        for spin, value in ((self._cool_down, content.cool_down_days), (self._most, content.most_a_day)):
            if spin.value() != value:
                blocked = spin.blockSignals(True)
                spin.setValue(value)
                spin.blockSignals(blocked)
        repeats = content.kind is Kind.ONGOING and content.receives is Receives.EVERY_TIME
        self._form.field("cool_down_days").setVisible(repeats)
        for name in _FIELDS:
            self._form.field(name).set_error(problems.get(name, ""))

    def _on_often(self) -> None:
        kind, receives, _ = _OFTEN[int(self._often.currentData())]
        self._changed({"kind": kind, "receives": receives})

    def _field(self, caption: str, control: QWidget, name: str, hint: str = "") -> Field:
        field = Field(caption, control, hint)
        field.setObjectName(f"composer.problem.{name}")
        return field

    def _spin(self, name: str, least: int, most: int, suffix: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(name)
        spin.setRange(least, most)
        spin.setSuffix(suffix)
        # The style sheet's padding does not reach the field inside.
        spin.lineEdit().setTextMargins(2 * GRID, 0, 0, 0)
        return spin
