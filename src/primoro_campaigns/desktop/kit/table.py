"""One table for every list: a paged model over frozen rows, and the view that shows it.

Rows are fetched page by page off the Qt thread and only the last few pages are held. Sorting and filtering
are the source's work (SQL): a source is made for one search, and ``show`` is called again for another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.column_width import Wish, heading_width, share_width
from primoro_campaigns.desktop.kit.ground import ground
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.page_reader import PAGE, Load, Page, PageReader
from primoro_campaigns.desktop.kit.rows import Order, PageSource
from primoro_campaigns.desktop.kit.table_cell import MUTED_ROLE, PAD, TONE_ROLE, Index, TableCell
from primoro_campaigns.desktop.kit.theme import em
from primoro_campaigns.desktop.kit.token import Tone, tokens
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError

Row = TypeVar("Row")
RowIn = TypeVar("RowIn", contravariant=True)

PATIENCE_MS = 500
_NARROWEST = 16
"""Characters that a stretching column keeps where the room is too little; then the table scrolls sideways."""


class Align(Enum):
    """Numbers stand to the right, everything else to the left."""

    LEFT = Qt.AlignmentFlag.AlignLeft
    RIGHT = Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class Column(Generic[RowIn]):
    """One column. ``width`` is in characters of ordinary text; ``stretch`` shares what room is left.

    ``icon`` names an icon to stand before the text. ``tone`` shows the text as a badge of that tone (None:
    plain text). ``sort_key`` empty means that the column cannot be sorted. Without ``tooltip`` a text that
    does not fit is shown whole as the tooltip.
    """

    header: str
    text: Callable[[RowIn], str]
    width: int = 16
    stretch: bool = False
    align: Align = Align.LEFT
    icon: Callable[[RowIn], str | None] | None = None
    tooltip: Callable[[RowIn], str] | None = None
    tone: Callable[[RowIn], Tone | None] | None = None
    sort_key: str = ""
    muted: bool = False


class TableModel(QAbstractTableModel, Generic[Row]):
    """``key`` gives the id of a row, by which selection and scroll survive a refresh.

    ``show`` and ``refresh`` keep what is on screen until the new rows are there, so nothing flickers.
    """

    loaded = Signal()
    """New rows are in place (also when there are none)."""
    failed = Signal(object)
    """A ``PrimoroError``: the rows could not be read."""
    loading_changed = Signal()

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], str],
        runner: Running,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._count = 0
        self._reader: PageReader[Row] = PageReader(
            runner, self, lambda work: QTimer.singleShot(0, self, work)
        )
        self.from_top = True
        self.needed_rows: Callable[[], Sequence[int]] = lambda: ()

    # What screens call

    def show(self, source: PageSource[Row], *, from_top: bool = True) -> None:
        """Show the rows of another search, from the top; the selected row stays selected if it is there.

        ``from_top`` false is for the same search read anew: scroll and selection stay with their rows.
        """
        self._reader.show(source, from_top=from_top)

    def refresh(self) -> None:
        """Read again what is shown, after a change. Selection and scroll stay with their rows."""
        self._reader.refresh()

    @property
    def loading(self) -> bool:
        """Rows of a new search are on their way."""
        return self._reader.loading

    @property
    def count(self) -> int:
        return self._count

    @property
    def order(self) -> Order | None:
        return self._reader.order

    def row_at(self, row: int) -> Row | None:
        """The row, or None while its page has not been read."""
        return self._reader.row_at(row)

    def key_at(self, row: int) -> str | None:
        found = self.row_at(row)
        return None if found is None else self._key(found)

    def position(self, key: str) -> int | None:
        """Where the row with this key stands, among the pages that are held."""
        for number, page in self._reader.pages.items():
            for offset, row in enumerate(page):
                if self._key(row) == key:
                    return number * PAGE + offset
        return None

    # What Qt calls

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.header
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int((column.align.value | Qt.AlignmentFlag.AlignVCenter).value)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= self._count:
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int((column.align.value | Qt.AlignmentFlag.AlignVCenter).value)
        if role == MUTED_ROLE:
            return column.muted
        row = self.row_at(index.row())
        if row is None:
            if role == Qt.ItemDataRole.DisplayRole:
                self._reader.want(index.row() // PAGE)
                return "…" if index.column() == 0 else ""
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if role == Qt.ItemDataRole.DisplayRole:
                self._reader.looked_at(index.row())
            return column.text(row)
        if role == Qt.ItemDataRole.DecorationRole and column.icon is not None:
            name = column.icon(row)
            return None if name is None else icon.icon(name, Tint.MUTED)
        if role == Qt.ItemDataRole.ToolTipRole and column.tooltip is not None:
            return column.tooltip(row) or None
        if role == TONE_ROLE and column.tone is not None:
            return column.tone(row)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Column -1 is the source's own order."""
        key = self.columns[column].sort_key if 0 <= column < len(self.columns) else ""
        self._reader.sort(Order(key, order is Qt.SortOrder.DescendingOrder) if key else None)

    # What the reader calls

    def needed_pages(self) -> set[int]:
        return {row // PAGE for row in self.needed_rows()}

    def take(self, load: Load[Row]) -> None:
        self.from_top = load.from_top
        self._place(load)
        self.loading_changed.emit()
        self.loaded.emit()

    def take_page(self, number: int) -> bool:
        first = number * PAGE
        last = min(first + PAGE, self._count) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
        return len(self._reader.pages[number]) >= min(PAGE, self._count - first)

    def reading_failed(self, error: PrimoroError) -> None:
        self.failed.emit(error)

    def reading_changed(self) -> None:
        self.loading_changed.emit()

    # Inside

    def _place(self, load: Load[Row]) -> None:
        """Put rows in place of the old ones; what pointed at a row points at it where it stands now."""
        pages = self._reader.pages
        same = load.count == self._count and all(
            number in pages and self._keys(pages[number]) == self._keys(page)
            for number, page in load.pages.items()
        )
        if same and load.pages.keys() == pages.keys():
            self._reader.hold(load.pages)
            self._tell_all()
            return
        if load.count > self._count:
            self.beginInsertRows(QModelIndex(), self._count, load.count - 1)
            self._count = load.count
            self.endInsertRows()
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        keys = [self.key_at(index.row()) for index in old]
        self._reader.hold(load.pages)
        places = {
            self._key(row): number * PAGE + offset
            for number, page in load.pages.items()
            for offset, row in enumerate(page)
        }
        new = [
            self.index(places[key], index.column()) if key is not None and key in places else QModelIndex()
            for index, key in zip(old, keys, strict=True)
        ]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()
        if load.count < self._count:
            self.beginRemoveRows(QModelIndex(), load.count, self._count - 1)
            self._count = load.count
            self.endRemoveRows()
        self._tell_all()

    def _keys(self, page: Page[Row]) -> list[str]:
        return [self._key(row) for row in page]

    def _tell_all(self) -> None:
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, len(self.columns) - 1))


class DataTable(QTableView, Generic[Row]):
    """Shows a ``TableModel``. Signals give rows, not indexes; use them through the typed ``on_`` methods.

    Up, Down, Page Up, Page Down, Home and End move, Enter or a double click opens, a heading sorts.
    """

    activated_row = Signal(object)
    selected_changed = Signal()

    def __init__(
        self,
        model: TableModel[Row],
        name: str,
        *,
        empty: str = "Nothing here yet.",
        several: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """``name`` is what a screen reader calls the table, ``empty`` what stands there without rows."""
        super().__init__(parent)
        self.setViewport(ground())
        self._model = model
        self._empty = empty
        self._keys: tuple[str, ...] = ()
        self._anchor: tuple[str, int] | None = None
        self._slow = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_over)
        self.setAccessibleName(name)
        self.setModel(model)
        self._cells = TableCell(self)
        self.setItemDelegate(self._cells)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.theme_changed()
        if any(column.sort_key for column in model.columns):
            self.setSortingEnabled(True)
        model.needed_rows = self.needed_rows
        model.layoutAboutToBeChanged.connect(self._remember)
        model.loaded.connect(self._on_loaded)
        model.loading_changed.connect(self._on_loading)
        self.selectionModel().selectionChanged.connect(self._on_selection)

    # What screens call

    def rows(self) -> TableModel[Row]:
        return self._model

    def on_activated(self, listener: Callable[[Row], None]) -> None:
        """Called with the row that was opened by Enter or a double click."""
        self.activated_row.connect(listener)

    def on_selected(self, listener: Callable[[tuple[Row, ...]], None]) -> None:
        """Called with the selected rows when others are selected (not when the same ones are read again)."""
        self.selected_changed.connect(lambda: listener(self.selected()))

    def selected(self) -> tuple[Row, ...]:
        found = [self._model.row_at(index.row()) for index in self.selectionModel().selectedRows()]
        return tuple(row for row in found if row is not None)

    def current(self) -> Row | None:
        """The one selected row, if exactly one is."""
        rows = self.selected()
        return rows[0] if len(rows) == 1 else None

    def select_key(self, key: str) -> bool:
        """Select the row with this key and show it; false if it is not among the pages that are held."""
        row = self._model.position(key)
        if row is None:
            return False
        self.selectRow(row)
        self.scrollTo(self._model.index(row, 0))
        return True

    @property
    def hovered(self) -> int:
        """The row under the mouse, -1 for none. For delegates that paint other cells than words."""
        return self._cells.hovered

    def words_cut_off(self, row: int, column: int) -> str:
        """What the tooltip of a cell says because the words do not fit into it; "" when they do."""
        return self._cells.cut_off(self._model.index(row, column))

    @property
    def empty_text(self) -> str:
        return self._empty

    def set_empty_text(self, text: str) -> None:
        self._empty = text
        self.viewport().update()

    def show_column(self, number: int, shown: bool) -> None:
        """Hide a column that would be empty, or show it again; the others share its room."""
        if self.isColumnHidden(number) == shown:
            self.setColumnHidden(number, not shown)
            self._lay_out_columns()

    def needed_rows(self) -> list[int]:
        """The rows on screen and the selected ones: what a refresh has to read."""
        first = self.rowAt(0)
        rows: list[int] = []
        if first >= 0:
            last = self.rowAt(self.viewport().height() - 1)
            rows = list(range(first, (self._model.count - 1 if last < 0 else last) + 1))
        chosen = [index.row() for index in self.selectionModel().selectedRows()]
        return rows + chosen[:PAGE]

    def theme_changed(self) -> None:
        """Called by the theme: sizes that follow the text."""
        self.verticalHeader().setDefaultSectionSize(em(2.0))
        self.verticalHeader().setMinimumSectionSize(em(1.6))
        self.setIconSize(QSize(16, 16))
        self._lay_out_columns()

    # Inside

    def _lay_out_columns(self) -> None:
        header = self.horizontalHeader()
        shown = [number for number in range(len(self._model.columns)) if not self.isColumnHidden(number)]
        unit = self.fontMetrics().averageCharWidth()
        wishes = [
            Wish(
                column.width * unit,
                0 if header.isHidden() else heading_width(self.font(), column.header, bool(column.sort_key)),
                column.stretch,
            )
            for column in (self._model.columns[number] for number in shown)
        ]
        widths = share_width(wishes, self.viewport().width(), 2 * PAD, _NARROWEST * unit)
        for number, width in zip(shown, widths, strict=True):
            header.resizeSection(number, width)

    def _remember(self) -> None:
        first = self.rowAt(0)
        key = self._model.key_at(first) if first > 0 else None
        self._anchor = None if key is None else (key, first)

    def _on_loaded(self) -> None:
        anchor, self._anchor = self._anchor, None
        if self._model.from_top:
            self.scrollToTop()
        elif anchor is not None:
            row = self._model.position(anchor[0])
            if row is not None and row != anchor[1]:
                bar = self.verticalScrollBar()
                bar.setValue(bar.value() + row - anchor[1])
        self._on_selection()
        self.viewport().update()

    def _on_loading(self) -> None:
        if self._model.loading:
            if not self._patience.isActive() and not self._slow:
                self._patience.start()
        else:
            self._patience.stop()
            if self._slow:
                self._slow = False
                self.viewport().update()

    def _on_patience_over(self) -> None:
        self._slow = True
        self.viewport().update()

    def _on_selection(self, *_: object) -> None:
        keys = tuple(
            key
            for key in (self._model.key_at(index.row()) for index in self.selectionModel().selectedRows())
            if key is not None
        )
        if keys != self._keys:
            self._keys = keys
            self.selected_changed.emit()

    def _activate(self) -> None:
        row = self._model.row_at(self.currentIndex().row()) if self.currentIndex().isValid() else None
        if row is not None:
            self.activated_row.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate()
            event.accept()
        elif event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and plain and self._model.count:
            # Qt would go to the first and last column, which says nothing where whole rows are chosen.
            row = 0 if event.key() == Qt.Key.Key_Home else self._model.count - 1
            self.setCurrentIndex(self._model.index(row, 0))
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        left, self._cells.hovered = self._cells.hovered, row
        for each in {left, row} - {-1} if left != row else ():
            top, height = self.rowViewportPosition(each), self.rowHeight(each)
            self.viewport().update(0, top, self.viewport().width(), height)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        if self.indexAt(event.position().toPoint()).isValid():
            self._activate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out_columns()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._model.count:
            return
        words = "Reading…" if self._slow else "" if self._model.loading else self._empty
        if not words:
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(tokens().text_muted))
        side = max(24, (self.viewport().width() - em(30)) // 2)
        place = self.viewport().rect().adjusted(side, min(em(4), self.viewport().height() // 4), -side, 0)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(place, int(flags), words)
        painter.end()
