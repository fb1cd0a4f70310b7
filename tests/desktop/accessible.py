"""Whether a page can be used without a mouse and without sight: names, focus, the order of Tab."""

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QCalendarWidget,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTextEdit,
    QWidget,
)

_INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTextEdit,
)
_WHOLE = (QAbstractItemView, QAbstractSpinBox, QCalendarWidget, QComboBox, QLineEdit, QTabBar)
"""Controls whose inner parts Qt itself makes usable."""


def controls(page: QWidget) -> Iterator[QWidget]:
    """What a person can use on the page as it is shown now, and whatever else Tab stops at."""
    for widget in page.findChildren(QWidget):
        stops = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
        used = isinstance(widget, _INTERACTIVE) or stops
        if used and widget.isVisibleTo(page) and not _is_inside(widget, page):
            yield widget


def unusable(page: QWidget) -> list[str]:
    """One line for each control without an accessible name, or that Tab and the arrows cannot reach."""
    wrong = []
    for control in controls(page):
        what = f"{type(control).__name__} {control.objectName()!r}"
        if not spoken(control):
            wrong.append(f"{what} has no accessible name")
        if not control.focusPolicy() & Qt.FocusPolicy.TabFocus and not _is_reached_by_arrows(control):
            wrong.append(f"{what} ({spoken(control)}) cannot be reached by Tab")
    return wrong


def spoken(control: QWidget) -> str:
    """What a screen reader calls the control."""
    if control.accessibleName():
        return control.accessibleName().strip()
    if isinstance(control, QComboBox):
        # On some systems Qt calls a list box by what is chosen in it, not by what it is for.
        return ""
    interface = QAccessible.queryAccessibleInterface(control)
    return interface.text(QAccessible.Text.Name).strip()


def tab_order(page: QWidget) -> list[str]:
    """Names of the controls in the order in which Tab reaches them, by pressing it; each once.

    The page's window must be active. A control without an object name goes by what is spoken.
    """
    found: list[QWidget] = []
    window = page.window()
    for _ in range(500):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now in found:
            break
        found.append(now)
    inside = [control for control in found if page is window or page.isAncestorOf(control)]
    return [control.objectName() or spoken(control) for control in inside]


def _is_inside(widget: QWidget, page: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None and parent is not page:
        if isinstance(parent, _WHOLE):
            return True
        parent = parent.parentWidget()
    return False


def _is_reached_by_arrows(control: QWidget) -> bool:
    """One of several that exclude each other: Tab reaches one of them, the arrows the others."""
    group = control.group() if isinstance(control, QAbstractButton) else None
    if group is None or not group.exclusive():
        return False
    return any(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in group.buttons())
