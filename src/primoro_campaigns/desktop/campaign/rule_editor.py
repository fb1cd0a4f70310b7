"""Audience rules as rows one can edit: AND inside a group, OR between groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from primoro_campaigns.desktop.campaign.multi_choice import MultiChoice
from primoro_campaigns.desktop.campaign.rule_rows import RowGroups
from primoro_campaigns.desktop.campaign.rule_subjects import (
    CHANNEL_CHOICES,
    STATUS_CHOICES,
    SUBJECT_BY_KEY,
    SUBJECTS,
    RuleRow,
    ValueKind,
    operator_of,
)
from primoro_campaigns.desktop.kit.button import button, icon_button
from primoro_campaigns.desktop.kit.label import box, clear_layout, label, row
from primoro_campaigns.desktop.kit.theme import TextRole, em, restyle, set_role
from primoro_campaigns.desktop.kit.token import GRID

MOST_DAYS = 3650
_JOINT = 8 * GRID
"""Pixels for the "if" and "and" before a rule; what stands below the rule begins after it too."""


@dataclass(frozen=True)
class Choices:
    """What the lists of a rule offer: (id, name)."""

    practitioners: Sequence[tuple[str, str]] = ()
    locations: Sequence[tuple[str, str]] = ()


class RuleEditor(QWidget):
    """Shows groups of rows and tells of each edit; holds no state that the presenter does not know."""

    def __init__(
        self,
        changed: Callable[[int, int, RuleRow], None],
        removed: Callable[[int, int], None],
        added: Callable[[int], None],
        group_added: Callable[[], None],
    ) -> None:
        super().__init__()
        self._changed = changed
        self._removed = removed
        self._added = added
        self._group_added = group_added
        self._shown: RowGroups | None = None
        self._choices = Choices()
        self._rows: dict[tuple[int, int], _Row] = {}
        self._stops: list[QWidget] = []
        self._go_to = ""
        self.tab_after: QWidget | None = None
        """What Tab leaves for the first rule. Rows are made anew, and Qt would put them behind everything."""
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2 * GRID)

    def offer(self, choices: Choices) -> None:
        """The practitioners and locations to choose from."""
        if choices != self._choices:
            self._choices = choices
            shown, self._shown = self._shown, None
            if shown is not None:
                self.show_groups(shown)

    def show_groups(self, groups: RowGroups) -> None:
        same_shape = self._shape(groups) == self._shape(self._shown)
        if not same_shape or any(shown.value != groups[at[0]][at[1]] for at, shown in self._rows.items()):
            self._build(groups)
        self._shown = groups

    def put_in_order(self) -> None:
        """Tab goes through the rules as one reads them."""
        before = self.tab_after
        for stop in self._stops:
            if before is not None:
                QWidget.setTabOrder(before, stop)
            before = stop

    def show_marks(
        self, problems: Mapping[tuple[int, int], str], shares: Mapping[tuple[int, int], str]
    ) -> None:
        """What is wrong with a row, and how many patients each rule finds by itself."""
        for place, shown in self._rows.items():
            shown.show_marks(problems.get(place, ""), shares.get(place, ""))

    def set_allowed(self, allowed: bool) -> None:
        self.setEnabled(allowed)

    def _shape(self, groups: RowGroups | None) -> object:
        """What must be the same for the rows on screen to be kept: typing in a value must not rebuild its
        field.
        """
        if groups is None:
            return None
        return tuple(tuple((row.subject, operator_of(row).key) for row in rows) for rows in groups)

    def _build(self, groups: RowGroups) -> None:
        had = QApplication.focusWidget()
        go_to = self._go_to or (had.objectName() if had is not None and self.isAncestorOf(had) else "")
        self._go_to = ""
        self._fill(groups)
        self.put_in_order()
        if go_to:
            self._focus(go_to)

    def _focus(self, name: str) -> None:
        """The fields were made anew: the focus goes where it was, or to what is still there beside it."""
        for each in (name, name.rpartition(".")[0] + ".operator", "composer.audience.add"):
            found = next((one for one in self.findChildren(QWidget, each) if not one.isHidden()), None)
            if found is not None:
                found.setFocus()
                return

    def _fill(self, groups: RowGroups) -> None:
        clear_layout(self._layout)
        self._rows = {}
        self._stops = []
        for group_number, rows in enumerate(groups):
            if group_number:
                self._layout.addWidget(label("or", TextRole.STRONG))
            inner = QVBoxLayout()
            inner.setContentsMargins(3 * GRID, 3 * GRID, 2 * GRID, 2 * GRID)
            inner.setSpacing(2 * GRID)
            if not rows:
                inner.addWidget(label("Everybody, until you add a rule.", TextRole.MUTED))
            for row_number, rule_row in enumerate(rows):
                place = (group_number, row_number)
                shown = _Row(place, rule_row, self._choices, several=len(groups) > 1, editor=self)
                self._rows[place] = shown
                self._stops += shown.stops
                inner.addWidget(shown)
            add = button(
                "Add a rule",
                lambda number=group_number: self._add(number),  # type: ignore[misc]  # the loop's own number
                role="quiet",
                icon_name="plus",
            )
            add.setObjectName(
                "composer.audience.add" if group_number == 0 else f"composer.audience.add.{group_number}"
            )
            add.setAccessibleName(_add_words(group_number, rows=bool(rows), several=len(groups) > 1))
            self._stops.append(add)
            line = row(add, None, gap=0)
            # The icon stands below the fields, not the edge of the button, which one does not see.
            line.setContentsMargins(_JOINT - 2 * GRID if rows else 0, 0, 0, 0)
            inner.addLayout(line)
            self._layout.addWidget(box(inner, "group"))
        if any(rows for rows in groups):
            other = button("Or match other rules", self._add_group, role="quiet", icon_name="plus")
            other.setObjectName("composer.audience.or")
            other.setAccessibleName("Add a group: patients who match other rules instead")
            self._stops.append(other)
            self._layout.addLayout(row(other, None))

    def _add(self, group: int) -> None:
        rows = 0 if self._shown is None else len(self._shown[group])
        self._go_to = f"composer.rule.{group}.{rows}.subject"
        self._added(group)

    def _add_group(self) -> None:
        groups = 0 if self._shown is None else len(self._shown)
        self._go_to = f"composer.rule.{groups}.0.subject"
        self._group_added()

    def edited(self, place: tuple[int, int], changed: RuleRow) -> None:
        self._changed(place[0], place[1], changed)

    def remove(self, place: tuple[int, int]) -> None:
        """The rule after it moves up, and so its cross is where the pressed one was."""
        group, number = place
        last = self._shown is None or number == len(self._shown[group]) - 1
        add = "composer.audience.add" if group == 0 else f"composer.audience.add.{group}"
        self._go_to = add if last else f"composer.rule.{group}.{number}.remove"
        self._removed(group, number)


def _add_words(group: int, *, rows: bool, several: bool) -> str:
    words = "Add a rule that must hold too" if rows else "Add a rule"
    return f"{words}, group {group + 1}" if several else words


class _Row(QWidget):
    """One rule: what it asks about, how it is compared, with what; how many it finds; a cross."""

    def __init__(
        self, place: tuple[int, int], shown: RuleRow, choices: Choices, *, several: bool, editor: RuleEditor
    ) -> None:
        super().__init__()
        self._place = place
        self._row = shown
        self._editor = editor
        self._name = f"composer.rule.{place[0]}.{place[1]}"
        self._spoken = f"Rule {place[1] + 1}" + (f" of group {place[0] + 1}" if several else "")
        self._subject = QComboBox()
        self._subject.setObjectName(f"{self._name}.subject")
        self._subject.setAccessibleName(f"{self._spoken}: what it asks about")
        for subject in SUBJECTS:
            self._subject.addItem(subject.words, subject.key)
        self._subject.setCurrentIndex(self._subject.findData(shown.subject))
        self._operator = QComboBox()
        self._operator.setObjectName(f"{self._name}.operator")
        self._operator.setAccessibleName(f"{self._spoken}: how it is compared")
        self._operator.setMinimumWidth(em(12))
        for operator in SUBJECT_BY_KEY[shown.subject].operators:
            self._operator.addItem(operator.words, operator.key)
        self._operator.setCurrentIndex(self._operator.findData(operator_of(shown).key))
        self._subject.activated.connect(self._on_subject)
        self._operator.activated.connect(self._on_operator)
        self._editors: list[QWidget] = []
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2 * GRID)
        joint = label("If" if place[1] == 0 else "and", TextRole.MUTED)
        joint.setFixedWidth(_JOINT)
        joint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(joint)
        line.addWidget(self._subject)
        line.addWidget(self._operator)
        self._make_editors(line, operator_of(shown).value, choices)
        line.addStretch(1)
        self._share = label("", TextRole.MUTED)
        line.addWidget(self._share)
        remove = icon_button(f"Remove {self._spoken.lower()}", "close", lambda: editor.remove(place))
        remove.setObjectName(f"{self._name}.remove")
        line.addWidget(remove)
        self.stops = [self._subject, self._operator, *self._editors, remove]
        """What Tab reaches, as one reads it."""
        self._error = label("", TextRole.CAPTION, wrap=True)
        set_role(self._error, "error")
        self._error.setObjectName(f"{self._name}.problem")
        self._error.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(line)
        self._error.setContentsMargins(_JOINT + 2 * GRID, 0, 0, 0)
        layout.addWidget(self._error)

    @property
    def value(self) -> RuleRow:
        """The row as it stands in the fields.

        Another one from outside means that the fields are out of date.
        """
        return self._row

    def show_marks(self, problem: str, share: str) -> None:
        if problem != self._error.text():
            self._error.setText(problem)
            self._error.setVisible(bool(problem))
            for editor in self._editors:
                editor.setProperty("invalid", bool(problem))
                editor.setAccessibleDescription(problem)
                restyle(editor)
        self._share.setText(f"{share} match" if share else "")

    def _make_editors(self, line: QHBoxLayout, kind: ValueKind, choices: Choices) -> None:
        values = self._row.values
        offered: Mapping[ValueKind, Sequence[tuple[str, str]]] = {
            ValueKind.STATUS: STATUS_CHOICES,
            ValueKind.CHANNEL: CHANNEL_CHOICES,
            ValueKind.PRACTITIONER: choices.practitioners,
            ValueKind.LOCATION: choices.locations,
        }
        if kind in offered:
            some = MultiChoice("Which", offered[kind], values)
            some.on_chosen(lambda keys: self._take_values(tuple(keys)))
            self._add_editor(line, some, "value")
        elif kind is ValueKind.DAYS:
            self._add_editor(line, self._days_box(values[0] if values else ""), "value")
            line.addWidget(label("days"))
        elif kind is ValueKind.AGES:
            first, second = self._line(values, 0, "from", 6), self._line(values, 1, "to", 6)
            for words, field, key in (("from", first, "value"), ("to", second, "value2")):
                line.addWidget(label(words))
                self._add_editor(line, field, key)
        elif kind is ValueKind.DAY:
            self._add_editor(line, self._date(values, 0), "value")
        elif kind is ValueKind.TWO_DAYS:
            self._add_editor(line, self._date(values, 0), "value")
            line.addWidget(label("and"))
            self._add_editor(line, self._date(values, 1), "value2")
        elif kind is ValueKind.TEXT:
            self._add_editor(line, self._line(values, 0, "text", 24), "value")
        elif kind is ValueKind.TAGS:
            field = QLineEdit(", ".join(values))
            field.setPlaceholderText("Tags, separated by commas")
            field.setMaximumWidth(em(16))
            field.textEdited.connect(
                lambda text: self._take_values(
                    tuple(part.strip() for part in text.split(",") if part.strip())
                )
            )
            self._add_editor(line, field, "value")

    def _add_editor(self, line: QHBoxLayout, editor: QWidget, key: str) -> None:
        editor.setObjectName(f"{self._name}.{key}")
        editor.setAccessibleName(f"{self._spoken}: " + ("value" if key == "value" else "second value"))
        line.addWidget(editor)
        self._editors.append(editor)

    def _days_box(self, value: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(0, MOST_DAYS)
        # The style sheet's padding does not reach the field inside.
        spin.lineEdit().setTextMargins(2 * GRID, 0, 0, 0)
        spin.setValue(int(value) if value.isdecimal() else 180)
        if not value.isdecimal():
            self._row = replace(self._row, values=(str(spin.value()),))
        spin.valueChanged.connect(lambda days: self._take_values((str(days),)))
        return spin

    def _line(self, values: tuple[str, ...], place: int, what: str, width: int) -> QLineEdit:
        field = QLineEdit(values[place] if place < len(values) else "")
        if what == "text":
            field.setMaximumWidth(em(16))
        else:
            field.setFixedWidth(width * 2 * GRID)
            field.setPlaceholderText("any")
        field.textEdited.connect(lambda text: self._take_value(place, text))
        return field

    def _date(self, values: tuple[str, ...], place: int) -> QDateEdit:
        field = QDateEdit()
        field.setCalendarPopup(True)
        field.setDisplayFormat("dd/MM/yyyy")
        given = QDate.fromString(values[place], "yyyy-MM-dd") if place < len(values) else QDate()
        field.setDate(given if given.isValid() else QDate.currentDate())
        if not given.isValid():
            self._put(place, field.date().toString("yyyy-MM-dd"))
        field.dateChanged.connect(lambda day: self._take_value(place, day.toString("yyyy-MM-dd")))
        return field

    def _put(self, place: int, value: str) -> None:
        values = [*self._row.values, *([""] * (place + 1 - len(self._row.values)))]
        values[place] = value
        self._row = replace(self._row, values=tuple(values))

    def _take_value(self, place: int, value: str) -> None:
        self._put(place, value)
        self._editor.edited(self._place, self._row)

    def _take_values(self, values: tuple[str, ...]) -> None:
        self._row = replace(self._row, values=values)
        self._editor.edited(self._place, self._row)

    def _on_subject(self) -> None:
        subject = SUBJECT_BY_KEY[str(self._subject.currentData())]
        self._editor.edited(self._place, _begun(subject.key, subject.operators[0].key, ()))

    def _on_operator(self) -> None:
        key = str(self._operator.currentData())
        self._editor.edited(self._place, _begun(self._row.subject, key, self._row.values))


def _begun(subject: str, operator: str, values: tuple[str, ...]) -> RuleRow:
    """A row whose editor shows a value from the start has that value, so what one sees is what is asked."""
    kind = operator_of(RuleRow(subject, operator)).value
    today = QDate.currentDate().toString("yyyy-MM-dd")
    if kind is ValueKind.DAYS:
        return RuleRow(subject, operator, values if values and values[0].isdecimal() else ("180",))
    if kind is ValueKind.DAY:
        return RuleRow(subject, operator, (today,))
    if kind is ValueKind.TWO_DAYS:
        return RuleRow(subject, operator, (today, today))
    return RuleRow(subject, operator, ())
