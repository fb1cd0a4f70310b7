"""How one cell of a table is painted: the row's ground, then an icon, a badge or words."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QIcon, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolTip,
)

from primoro_campaigns.desktop.kit.badge import badge_size, paint_badge
from primoro_campaigns.desktop.kit.theme import em
from primoro_campaigns.desktop.kit.token import GRID, Tone, tokens

TONE_ROLE = Qt.ItemDataRole.UserRole + 1
"""A ``Tone``: the words are a badge."""
MUTED_ROLE = Qt.ItemDataRole.UserRole + 2
"""True: the words are of less weight than those of other columns."""

Index = QModelIndex | QPersistentModelIndex

PAD = 3 * GRID
"""Pixels at both sides of a cell's words; the headings' padding in the style sheet is the same."""


class TableCell(QStyledItemDelegate):
    """Words that do not fit end in dots and are the cell's tooltip, unless the model gives another."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self.hovered = -1
        """The row under the mouse, -1 for none."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = tokens()
        rect: QRect = option.rect
        painter.save()
        self._paint_ground(painter, rect, index, self._table.selectionModel().isSelected(index))
        text = str(index.data() or "")
        tone = index.data(TONE_ROLE)
        inner = self._paint_icon(painter, rect.adjusted(PAD, 0, -PAD, 0), index)
        if tone and text:
            size = badge_size(option.fontMetrics, text)
            place = QRect(
                inner.left() - 2,
                rect.center().y() - size.height() // 2 + 1,
                min(size.width(), inner.width() + PAD),
                size.height(),
            )
            paint_badge(painter, place, text, Tone(tone))
        else:
            colour = t.text_muted if index.data(MUTED_ROLE) else t.text
            painter.setPen(QColor(colour if self._table.isEnabled() else t.text_disabled))
            painter.drawText(
                inner,
                int(index.data(Qt.ItemDataRole.TextAlignmentRole)),
                option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width()),
            )
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, index: Index, selected: bool) -> None:
        t = tokens()
        if selected:
            painter.fillRect(rect, QColor(t.accent_soft))
        elif index.row() == self.hovered:
            painter.fillRect(rect, QColor(t.hover))
        painter.setPen(QColor(t.sunken))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if index.column() == 0 and self._table.hasFocus() and index.row() == self._table.currentIndex().row():
            painter.fillRect(rect.left(), rect.top(), 3, rect.height() - 1, QColor(t.focus))

    def _paint_icon(self, painter: QPainter, inner: QRect, index: Index) -> QRect:
        """Returns what room is left for the words."""
        shown = index.data(Qt.ItemDataRole.DecorationRole)
        if not isinstance(shown, QIcon):
            return inner
        shown.paint(painter, QRect(inner.left(), inner.center().y() - 7, 16, 16))
        return inner.adjusted(16 + 6, 0, 0, 0)

    def helpEvent(
        self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index
    ) -> bool:
        words = self.cut_off(index) if event.type() == QEvent.Type.ToolTip and index.isValid() else ""
        if words:
            QToolTip.showText(event.globalPos(), words, view)
            return True
        return super().helpEvent(event, view, option, index)

    def cut_off(self, index: Index) -> str:
        """The words of a cell too narrow for them; "" where they fit or the model has a tooltip for it."""
        if index.data(Qt.ItemDataRole.ToolTipRole):
            return ""
        words = str(index.data() or "")
        needed = self._need(index, words)
        return words if needed > self._table.columnWidth(index.column()) else ""

    def _need(self, index: Index, words: str) -> int:
        metrics = self._table.fontMetrics()
        if index.data(TONE_ROLE):
            return badge_size(metrics, words).width() + PAD
        icon_width = 22 if index.data(Qt.ItemDataRole.DecorationRole) is not None else 0
        return metrics.horizontalAdvance(words) + 2 * PAD + icon_width

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        words = str(index.data() or "")
        return QSize(self._need(index, words), max(option.fontMetrics.height() + 8, em(2.0)))
