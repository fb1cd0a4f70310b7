"""Hands for a desktop that nobody sits at: finds controls by name and uses them as a person would.

Every control is found by its object name among the visible windows, and every act is a real mouse or key
event.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QAbstractItemModel, QDateTime, QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QRadioButton,
    QTextEdit,
    QWidget,
)

from primoro_campaigns.desktop.kit.theme import Scheme, apply

W = TypeVar("W", bound=QWidget)


class NotThereYet(Exception):  # noqa: N818 - a state to wait for, not an error
    """The control is not on the screen, or cannot be used, at this moment."""


def find(name: str, kind: type[W]) -> W:
    """The visible control of that object name. Raises ``NotThereYet``."""
    for window in QApplication.topLevelWidgets():
        if not window.isVisible():
            continue
        for widget in (window, *window.findChildren(kind)):
            if isinstance(widget, kind) and widget.objectName() == name and widget.isVisible():
                return widget
    raise NotThereYet(f"no visible {kind.__name__} called {name}")


def click(name: str) -> None:
    """Press a button, a tick box or a radio button. Raises ``NotThereYet`` while it cannot be pressed."""
    button = find(name, QAbstractButton)
    if not button.isEnabled():
        raise NotThereYet(f"{name} cannot be pressed yet")
    # A tick box answers to its box, not to the empty space beside its words.
    where = (
        QPoint(10, button.height() // 2)
        if isinstance(button, QCheckBox | QRadioButton)
        else button.rect().center()
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)


def write(name: str, text: str) -> None:
    """Replace what a field holds by typing ``text``."""
    field = find(name, QWidget)
    if not field.isEnabled():
        raise NotThereYet(f"{name} cannot be written in yet")
    if isinstance(field, QLineEdit | QPlainTextEdit | QTextEdit):
        field.setFocus()
        field.selectAll()
        if not text:
            QTest.keyClick(field, Qt.Key.Key_Delete)
        for number, line in enumerate(text.split("\n")):
            if number:
                QTest.keyClick(field, Qt.Key.Key_Return)
            QTest.keyClicks(field, line)
    elif isinstance(field, QDateTimeEdit):
        field.setDateTime(QDateTime.fromString(text, Qt.DateFormat.ISODate))
    else:
        raise NotThereYet(f"{name} is not a field")


def choose(name: str, text: str) -> None:
    """Choose the entry with that text from a list box.

    Raises ``NotThereYet`` while there is no such entry.
    """
    box = find(name, QComboBox)
    index = box.findText(text)
    if index < 0:
        raise NotThereYet(f"{name} does not offer {text!r}")
    box.setFocus()
    box.setCurrentIndex(index)
    box.activated.emit(index)


def tick(name: str, on: bool) -> None:
    """Tick or untick a box that does not stand that way already."""
    if find(name, QAbstractButton).isChecked() != on:
        click(name)


def open_tab(name: str, key: str) -> None:
    """Open the tab of that key: of ``patient.tabs`` it is the button ``patient.tab.<key>``."""
    click(f"{name.removesuffix('s')}.{key}")


def select_row(name: str, containing: str, activate: bool) -> None:
    """Click the first row in which a cell contains ``containing``; ``activate`` opens it as Enter would."""
    view = find(name, QAbstractItemView)
    index = _row(view.model(), containing)
    view.scrollTo(index)
    QTest.mouseClick(
        view.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        view.visualRect(index).center(),
    )
    view.setCurrentIndex(index)
    if activate:
        view.setFocus()
        QTest.keyClick(view, Qt.Key.Key_Return)


def rows(name: str, limit: int = 200) -> list[list[str]]:
    """The text of the rows a table shows, loaded ones only."""
    model = find(name, QAbstractItemView).model()
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(min(model.rowCount(), limit))
    ]


def read(name: str) -> str:
    """What a label, field or button says."""
    widget = find(name, QWidget)
    if isinstance(widget, QLabel | QLineEdit | QAbstractButton):
        return widget.text()
    if isinstance(widget, QPlainTextEdit | QTextEdit):
        return widget.toPlainText()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def is_ticked(name: str) -> bool:
    return find(name, QAbstractButton).isChecked()


def says(name: str, pattern: str) -> str:
    """The words of a control once they match ``pattern``. Raises ``NotThereYet`` until then."""
    words = read(name)
    if re.search(pattern, words) is None:
        raise NotThereYet(f"{name} says {words!r}, not {pattern!r}")
    return words


def press(keys: str) -> None:
    """Press a key sequence such as ``Ctrl+1`` in the active window."""
    window = QApplication.activeWindow() or next(w for w in QApplication.topLevelWidgets() if w.isVisible())
    QTest.keySequence(window, keys)


def shot(path: str) -> None:
    """Save a picture of the front window."""
    window = QApplication.activeModalWidget() or QApplication.activeWindow()
    if window is None or not window.isVisible():
        window = next(widget for widget in QApplication.topLevelWidgets() if widget.isVisible())
    if not window.grab().save(path):
        raise OSError(f"The picture {path} could not be written.")


def shots(folder: str, name: str) -> None:
    """Save a picture of the front window in light and in dark, 1366 x 768 where it is the main window."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        apply(app, scheme)
        for window in QApplication.topLevelWidgets():
            if isinstance(window, QMainWindow):
                window.resize(1366, 768)
        app.processEvents()
        shot(f"{folder}/{name}-{scheme.value}.png")
    apply(app, Scheme.LIGHT)


def _row(model: QAbstractItemModel, containing: str) -> QModelIndex:
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            if containing in str(index.data() or ""):
                return index
    raise NotThereYet(f"no row with {containing!r} yet")


VERBS: dict[str, Callable[..., object]] = {
    "click": click,
    "write": write,
    "choose": choose,
    "tick": tick,
    "open_tab": open_tab,
    "select_row": select_row,
    "rows": rows,
    "read": read,
    "is_ticked": is_ticked,
    "says": says,
    "press": press,
    "shot": shot,
    "shots": shots,
    "sees": lambda name: find(name, QWidget) is not None,
}
"""What the one who plays a desktop may ask of it."""
