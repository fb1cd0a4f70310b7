"""The Contacts tab: every contact, one in full, and the Restrictions button at the bottom (domain.md E04)."""

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.label import box, column, label, row
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.local.patients import ContactRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.patient import contact_words as words
from primoro_campaigns.desktop.patient.file_presenter import ALL_KINDS, ContactSource
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError

_STATUS_TONES = {
    "sent": Tone.SUCCESS,
    "failed": Tone.ERROR,
    "unknown": Tone.WARNING,
    "received": Tone.INFO,
}

_STATUS_TIPS = {
    "sent": "The message was handed over for delivery.",
    "failed": "The message did not go out.",
    "unknown": "It is not certain whether the message went out. It is not sent again by itself.",
    "received": "This came from the patient.",
    "recorded": "Nothing was sent: this was written down.",
}


class ContactsView(QWidget):
    def __init__(self, runner: Running, time_zone: str, restrictions: Callable[[], None]) -> None:
        super().__init__()
        self._time_zone = time_zone
        choices = [Choice(ALL_KINDS, "All")]
        choices += [Choice(key, kind.filter_words) for key, kind in words.KINDS.items()]
        self._kinds = ChipRow("Which contacts to show", choices, ALL_KINDS)
        self._kinds.setObjectName("patient.contacts.filter")
        for choice, chip in zip(choices, self._kinds.findChildren(QPushButton), strict=True):
            chip.setObjectName(f"patient.contacts.filter.{choice.key or 'all'}")
        self._model: TableModel[ContactRow] = TableModel(
            self._columns(), lambda each: each.contact_id, runner, self
        )
        self.table: DataTable[ContactRow] = DataTable(self._model, "Contacts of this patient")
        self.table.setObjectName("patient.contacts.table")
        self._whole = _Whole(time_zone)
        self.restrictions = button(
            "&Restrictions …",
            restrictions,
            icon_name="restrict",
            tooltip="What this patient asked us not to send",
        )
        self.restrictions.setAccessibleName("Restrictions")
        self.restrictions.setObjectName("patient.restrictions")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 3 * GRID, 0, 0)
        layout.setSpacing(3 * GRID)
        layout.addWidget(self._kinds)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._whole)
        layout.addLayout(row(self.restrictions, None))
        self.table.on_selected(self._on_selected)
        self._model.loaded.connect(self._on_loaded)

    def on_kind(self, listener: Callable[[str], None]) -> None:
        self._kinds.on_chosen(listener)

    def on_opened(self, listener: Callable[[ContactRow], None]) -> None:
        """A contact was opened by Enter or a double click."""
        self.table.on_activated(listener)

    def on_failed(self, listener: Callable[[PrimoroError], None]) -> None:
        self._model.failed.connect(listener)

    def start_over(self) -> None:
        """Another patient: all kinds again."""
        self._kinds.choose(ALL_KINDS)

    def show_source(self, source: ContactSource, empty: str) -> None:
        self.table.clearSelection()
        self.table.set_empty_text(empty)
        self._model.show(source)

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        self._kinds.show_numbers(dict(numbers))

    def refresh(self) -> None:
        self._model.refresh()

    def _columns(self) -> tuple[Column[ContactRow], ...]:
        return (
            Column("Date", lambda each: instant_words(each.at, self._time_zone), width=20),
            Column("Type", words.kind_words, width=13, icon=words.kind_icon),
            Column("Direction", words.direction_words, width=15, muted=True),
            Column("Category", words.category_words, width=12, muted=True),
            Column("Title", lambda each: each.title, width=26, stretch=True),
            Column("Detail", lambda each: each.detail, width=26, stretch=True, muted=True),
            Column(
                "Status",
                words.status_words,
                width=12,
                tone=lambda each: _STATUS_TONES.get(each.status, Tone.NEUTRAL),
                tooltip=lambda each: _STATUS_TIPS.get(each.status, ""),
            ),
            Column("By", lambda each: each.by_name, width=11, muted=True),
        )

    def _on_selected(self, rows: tuple[ContactRow, ...]) -> None:
        self._whole.show_contact(rows[0] if rows else None)

    def _on_loaded(self) -> None:
        self._on_selected(self.table.selected())


class _Whole(QFrame):
    """The selected contact with all its words: a table shows only their beginning."""

    def __init__(self, time_zone: str) -> None:
        super().__init__()
        self._time_zone = time_zone
        self._title = label("", TextRole.STRONG, wrap=True, copy=True)
        self._detail = label("", wrap=True, copy=True)
        self._about = label("", TextRole.CAPTION, wrap=True)
        inside = column(self._title, self._detail, self._about, gap=1, margin=3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box(inside, "card"))
        self._title.setAccessibleName("Title of the selected contact")
        self._detail.setAccessibleName("Detail of the selected contact")
        self.hide()

    def show_contact(self, row: ContactRow | None) -> None:
        self.setVisible(row is not None)
        if row is None:
            return
        self._title.setText(row.title)
        self._detail.setText(row.detail)
        self._detail.setVisible(bool(row.detail))
        about = (
            words.kind_words(row),
            words.direction_words(row),
            instant_words(row.at, self._time_zone),
            row.by_name and f"by {row.by_name}",
            "Enter opens the campaign’s results" if row.campaign_id is not None else "",
        )
        self._about.setText("  ·  ".join(part for part in about if part))
