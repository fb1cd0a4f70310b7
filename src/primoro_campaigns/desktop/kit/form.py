"""Forms: a label over its field, a hint below it, and what is wrong at the field itself."""

from PySide6 import QtGui
from PySide6.QtWidgets import QCheckBox, QLabel, QLayout, QRadioButton, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.theme import TextRole, restyle
from primoro_campaigns.desktop.kit.token import GRID


class Field(QWidget):
    """One row of a form. ``caption`` carries the mnemonic ("&Subject") and is the name screen readers say.

    A tick box or a choice carries its own words; give it an empty caption.
    """

    def __init__(
        self,
        caption: str,
        control: QWidget,
        hint: str = "",
        *,
        optional: bool = False,
        beside: QWidget | None = None,
    ) -> None:
        """``beside`` stands at the other end of the caption's line: what helps with this field alone."""
        super().__init__()
        self.control = control
        self._hint = label(hint, TextRole.CAPTION, wrap=True)
        self._hint.setVisible(bool(hint))
        self._mark = QLabel()
        self._error = label("", TextRole.CAPTION, wrap=True)
        self._error.setObjectName("fieldError")
        self._error.setProperty("role", "error")
        self._line = QWidget()
        line = row(self._mark, self._error, gap=1)
        line.setStretch(1, 1)
        self._line.setLayout(line)
        self._line.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        if caption:
            words = label(caption + (" (optional)" if optional else ""), TextRole.STRONG)
            words.setBuddy(control)
            if beside is None:
                layout.addWidget(words)
            else:
                layout.addLayout(row(words, None, beside))
            control.setAccessibleName(caption.replace("&", ""))
        elif isinstance(control, QCheckBox | QRadioButton):
            control.setAccessibleName(control.text().replace("&", ""))
        control.setAccessibleDescription(hint)
        layout.addWidget(control)
        if beside is not None:
            QWidget.setTabOrder(beside, control)
        layout.addWidget(self._line)
        layout.addWidget(self._hint)
        self._hint_text = hint
        if beside is None:
            # With a proxy Tab would go from the field before straight to the control.
            self.setFocusProxy(control)

    @property
    def error(self) -> str:
        return self._error.text()

    def set_error(self, words: str) -> None:
        """Say what is wrong with what was typed; "" when nothing is."""
        if words == self._error.text():
            return
        self._error.setText(words)
        self._line.setVisible(bool(words))
        # The error says what to do, so the hint gives way: two lines of advice below a field are none.
        self._hint.setVisible(bool(self._hint_text) and not words)
        self.theme_changed()
        self.control.setProperty("invalid", bool(words))
        restyle(self.control)
        self.control.setAccessibleDescription(words or self._hint_text)
        QtGui.QAccessible.updateAccessibility(
            QtGui.QAccessibleEvent(self.control, QtGui.QAccessible.Event.DescriptionChanged)
        )

    def set_hint(self, words: str) -> None:
        self._hint_text = words
        self._hint.setText(words)
        self._hint.setVisible(bool(words) and not self.error)
        if not self.error:
            self.control.setAccessibleDescription(words)

    def theme_changed(self) -> None:
        if self.error:
            self._mark.setPixmap(icon.pixmap("error", Tint.ERROR, 16, self.devicePixelRatioF()))


class Form(QWidget):
    """Fields below each other, in tab order. Errors are set by the field's name."""

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, Field] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(3 * GRID)

    def add(self, name: str, field: Field) -> Field:
        self._fields[name] = field
        self._layout.addWidget(field)
        return field

    def add_beside(self, **fields: Field) -> None:
        """Several short fields on one line."""
        self._fields |= fields
        self._layout.addLayout(row(*fields.values(), gap=4))

    def take(self, name: str, field: Field) -> None:
        """A field of the form that is laid out elsewhere; ``place`` puts that into the form."""
        self._fields[name] = field

    def place(self, layout: QLayout) -> None:
        self._layout.addLayout(layout)

    def field(self, name: str) -> Field:
        return self._fields[name]

    def show_errors(self, errors: dict[str, str]) -> None:
        """Show exactly these errors, and put the focus on the first field that has one."""
        for name, field in self._fields.items():
            field.set_error(errors.get(name, ""))
        for name, field in self._fields.items():
            if errors.get(name):
                field.control.setFocus()
                break
