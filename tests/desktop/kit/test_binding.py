"""Qt's binding itself: what every screen does thousands of times must not wear the interpreter out."""

import sys

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is not counted there")
def test_calls_into_qt_give_back_what_they_take(qtbot: QtBot) -> None:
    """PySide 6.12 on Python 3.11 uses up one reference to None a call, and ends the program with the last."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(200):
        label.setText("words")
        label.parent()
    assert sys.getrefcount(None) > before - 100
