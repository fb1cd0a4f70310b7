"""The list of those who may have rung: a name on one line, what tells it from others on the next."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from primoro_campaigns.desktop.call.people import Person
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import em
from primoro_campaigns.desktop.kit.token import GRID, tokens
from primoro_campaigns.desktop.work.runner import Running

_COLUMNS: tuple[Column[Person], ...] = (
    Column("Patient", lambda each: each.spoken, width=24, stretch=True, tooltip=lambda each: each.spoken),
)
_MARGIN = 3 * GRID
_MIDDLE_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class PeopleTable(DataTable[Person]):
    """Rows are two lines high."""

    def __init__(self, runner: Running, parent: QWidget) -> None:
        model: TableModel[Person] = TableModel(_COLUMNS, lambda each: each.patient_id, runner, parent)
        super().__init__(model, "Patients who may have rung")
        self.setItemDelegate(_TwoLines(self))
        self.horizontalHeader().hide()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def cut_off(self, person: Person) -> str:
        """What does not fit on the lines of this person, whole; empty where all of it fits."""
        room = self.viewport().width() - 2 * _MARGIN
        plain = self.fontMetrics()
        name = QFontMetrics(_strong(self.font())).horizontalAdvance(person.name)
        if name + plain.horizontalAdvance(_born(person)) > room:
            return person.spoken
        return person.about if plain.horizontalAdvance(person.about) > room else ""

    def theme_changed(self) -> None:
        super().theme_changed()
        self.verticalHeader().setDefaultSectionSize(em(2) + 4 * GRID)


class _TwoLines(QStyledItemDelegate):
    def __init__(self, table: PeopleTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        rect: QRect = option.rect
        self._paint_ground(painter, rect, index.row(), bool(option.state & QStyle.StateFlag.State_Selected))
        person = self._table.rows().row_at(index.row())
        if person is not None:
            half = rect.height() // 2
            lines = rect.adjusted(_MARGIN, GRID, -_MARGIN, -GRID)
            self._paint_name(painter, lines.adjusted(0, 0, 0, GRID - half), person)
            about = painter.fontMetrics().elidedText(person.about, Qt.TextElideMode.ElideRight, lines.width())
            painter.drawText(lines.adjusted(0, half - GRID, 0, 0), _MIDDLE_LEFT, about)
        painter.restore()

    def _paint_ground(self, painter: QPainter, rect: QRect, row: int, selected: bool) -> None:
        """As in every table of the kit."""
        t, table = tokens(), self._table
        if selected:
            painter.fillRect(rect, QColor(t.accent_soft))
        elif row == table.hovered:
            painter.fillRect(rect, QColor(t.hover))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, QColor(t.sunken))
        if table.hasFocus() and row == table.currentIndex().row():
            painter.fillRect(rect.left(), rect.top(), 3, rect.height() - 1, QColor(t.focus))

    def _paint_name(self, painter: QPainter, line: QRect, person: Person) -> None:
        """Leaves the painter with the muted words of the second line."""
        t, font = tokens(), self._table.font()
        born = _born(person)
        painter.setFont(_strong(font))
        painter.setPen(QColor(t.text))
        room = line.width() - QFontMetrics(font).horizontalAdvance(born)
        name = painter.fontMetrics().elidedText(person.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(line, _MIDDLE_LEFT, name)
        beside = line.adjusted(painter.fontMetrics().horizontalAdvance(name), 0, 0, 0)
        painter.setFont(font)
        painter.setPen(QColor(t.text_muted))
        painter.drawText(beside, _MIDDLE_LEFT, born)


def _strong(font: QFont) -> QFont:
    result = QFont(font)
    result.setWeight(QFont.Weight.DemiBold)
    return result


def _born(person: Person) -> str:
    return f"  {person.born}" if person.born else ""
