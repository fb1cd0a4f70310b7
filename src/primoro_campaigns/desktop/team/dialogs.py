"""What is asked about a colleague: who, which role, where; and a new password."""

from collections.abc import Sequence

from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.form import Form as Fields
from primoro_campaigns.desktop.kit.label import column
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.desktop.local.practice import LocationRow
from primoro_campaigns.desktop.team.presenter import Form, Line, password_problem, problems, role_words
from primoro_campaigns.domain.account.right import ROLE_WORDS, Role
from primoro_campaigns.domain.ids import LocationId

_TELL_THEM = "Tell it to them yourself; it is not sent to anybody."


class ColleagueDialog(Dialog):
    """A new colleague, or what is to change about one. ``form`` is what was typed."""

    def __init__(self, parent: QWidget | None, locations: Sequence[LocationRow], line: Line | None) -> None:
        content = QWidget()
        super().__init__(
            "Add a colleague" if line is None else f"What may {line.name} do?",
            content,
            parent,
            ok="&Add" if line is None else "&Save",
            width=520,
        )
        self.setObjectName("team.dialog")
        self._new = line is None
        self._fields = Fields()
        self._name = _line_edit("team.name")
        self._username = _line_edit("team.username")
        self._password = _line_edit("team.password", secret=True)
        self._role = QComboBox()
        self._role.setObjectName("team.role")
        for role in Role:
            self._role.addItem(ROLE_WORDS[role], role)
        self._role_field = Field("&Role", self._role)
        if self._new:
            self._fields.add("display_name", Field("&Name", self._name, "As colleagues see it."))
            self._fields.add("username", Field("&User name", self._username, "To sign in with."))
            self._fields.add("password", Field("&Password", self._password, _TELL_THEM))
        self._fields.add("role", self._role_field)
        self._everywhere = QCheckBox("At &every location, also future ones")
        self._everywhere.setObjectName("team.everywhere")
        self._places: dict[LocationId, QCheckBox] = {}
        self._fields.add("locations", Field("", self._everywhere))
        places = QVBoxLayout()
        places.setContentsMargins(6 * GRID, 0, 0, 0)
        places.setSpacing(GRID)
        for each in locations:
            box = QCheckBox(each.name.replace("&", "&&"))
            box.setObjectName(f"team.place.{each.location_id}")
            self._places[each.location_id] = box
            places.addWidget(box)
        content.setLayout(column(self._fields, places, None, gap=2))
        self._role.currentIndexChanged.connect(lambda _place: self._role_changed())
        self._everywhere.toggled.connect(self._places_changed)
        self._fill(line)
        self.set_check(self._is_right)
        (self._name if self._new else self._role).setFocus()

    @property
    def form(self) -> Form:
        chosen = tuple(place for place, box in self._places.items() if box.isChecked())
        return Form(
            display_name=self._name.text(),
            username=self._username.text(),
            password=self._password.text(),
            role=Role(self._role.currentData()),
            location_ids=None if self._everywhere.isChecked() else chosen,
        )

    def _fill(self, line: Line | None) -> None:
        places = None if line is None else line.colleague.location_ids
        role = Role.RECEPTION if line is None else line.colleague.role
        self._role.setCurrentIndex(list(Role).index(role))
        self._everywhere.setChecked(places is None)
        for place, box in self._places.items():
            box.setChecked(places is not None and place in places)
        self._role_changed()
        self._places_changed()

    def _role_changed(self) -> None:
        self._role_field.set_hint(role_words(Role(self._role.currentData())))

    def _places_changed(self) -> None:
        for box in self._places.values():
            box.setEnabled(not self._everywhere.isChecked())

    def _is_right(self) -> bool:
        found = problems(self.form, new=self._new)
        self._fields.show_errors(found)
        return not found


class PasswordDialog(Dialog):
    """``password`` is what was typed."""

    def __init__(self, parent: QWidget | None, line: Line) -> None:
        content = QWidget()
        super().__init__(
            f"A new password for {line.name}",
            content,
            parent,
            lead="They are signed out everywhere and sign in with this one. What waits at their desks stays.",
            ok="&Set the password",
        )
        self.setObjectName("team.password_dialog")
        self._typed = _line_edit("team.new_password", secret=True)
        self._field = Field("New &password", self._typed, _TELL_THEM)
        content.setLayout(column(self._field, gap=3))
        self.set_check(self._is_right)
        self._typed.setFocus()

    @property
    def password(self) -> str:
        return self._typed.text()

    def _is_right(self) -> bool:
        self._field.set_error(password_problem(self.password))
        return not self._field.error


def _line_edit(name: str, *, secret: bool = False) -> QLineEdit:
    edit = QLineEdit()
    edit.setObjectName(name)
    edit.setMaxLength(200)
    if secret:
        edit.setEchoMode(QLineEdit.EchoMode.Password)
    return edit
