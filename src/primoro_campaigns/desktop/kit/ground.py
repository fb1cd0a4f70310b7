"""What a scrolled view paints on."""

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QWidget


def ground() -> QWidget:
    """For ``setViewport``, as Qt makes it by itself. Qt's own would be looked up among every class of widget
    there is, which takes as long as the rest of a table.
    """
    made = QWidget()
    made.setObjectName("qt_scrollarea_viewport")
    made.setBackgroundRole(QPalette.ColorRole.Base)
    made.setAutoFillBackground(True)
    return made
