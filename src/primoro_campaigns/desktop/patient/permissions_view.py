"""The Permissions tab: a grid of channels and purposes, and the selected channel's three answers in full."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.rows import ListSource
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole, em, set_role
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.patient.permission_grid import CHANNELS, PURPOSES, Cell, ChannelLine
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.consent.model import (
    CHANNEL_WORDS,
    PURPOSE_WORDS,
    Channel,
    PermissionState,
    Purpose,
)

_TONES = {
    PermissionState.OPTED_IN: Tone.SUCCESS,
    PermissionState.OPTED_OUT: Tone.ERROR,
    PermissionState.UNKNOWN: Tone.NEUTRAL,
}

OptOut = Callable[[Channel, Purpose], None]
OptIn = Callable[[Purpose], None]


def _column(purpose: Purpose, header: str, width: int) -> Column[ChannelLine]:
    return Column(
        header,
        lambda line: line.cell(purpose).words,
        width=width,
        tone=lambda line: _TONES[line.cell(purpose).state],
        stretch=True,
    )


_COLUMNS: tuple[Column[ChannelLine], ...] = (
    Column("Channel", lambda line: CHANNEL_WORDS[line.channel], width=13),
    Column("Address or number", lambda line: line.address, width=26, stretch=True, muted=True),
    _column(Purpose.PROMOTIONS, "Promotions", 18),
    _column(Purpose.NEWSLETTERS, "Newsletters", 18),
    _column(Purpose.IMPORTANT, "Important notifications", 22),
)


class PermissionsView(QScrollArea):
    def __init__(self, runner: Running, opt_out: OptOut, opt_in: OptIn) -> None:
        super().__init__()
        self._lines: tuple[ChannelLine, ...] = ()
        self._channel = CHANNELS[0]
        self._model: TableModel[ChannelLine] = TableModel(
            _COLUMNS, lambda line: line.channel.value, runner, self
        )
        self.table: DataTable[ChannelLine] = DataTable(
            self._model, "Permissions by channel and purpose", empty=""
        )
        self.table.setObjectName("patient.permissions.table")
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._heading = label("", TextRole.HEADING)
        self._cards = {
            purpose: _Card(
                purpose,
                lambda given=purpose: opt_out(self._channel, given),  # type: ignore[misc]  # the loop's own purpose
                lambda given=purpose: opt_in(given),  # type: ignore[misc]  # the loop's own purpose
            )
            for purpose in PURPOSES
        }
        cards = row(*self._cards.values(), gap=4)
        for place in range(len(PURPOSES)):
            cards.setStretch(place, 1)
        lead = label(
            "What the patient said, for each channel and each kind of message. A restriction, or a number "
            "that must not be used, comes before any of it.",
            TextRole.MUTED,
            wrap=True,
        )
        page = QWidget()
        set_role(page, "scrolled")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 3 * GRID, 0, 0)
        layout.setSpacing(3 * GRID)
        layout.addWidget(lead)
        layout.addWidget(self.table)
        layout.addWidget(self._heading)
        layout.addLayout(cards)
        layout.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Permissions")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.on_selected(self._on_selected)
        self._model.loaded.connect(self._on_loaded)
        self.theme_changed()

    def show_lines(self, lines: Sequence[ChannelLine]) -> None:
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._model.show(ListSource(self._lines))
        self._show_cards()

    def theme_changed(self) -> None:
        """The table is as high as its four rows."""
        header = self.table.horizontalHeader().sizeHint().height()
        rows = self.table.verticalHeader().defaultSectionSize() * len(CHANNELS)
        self.table.setFixedHeight(header + rows + em(0.6))

    def _on_loaded(self) -> None:
        if not self.table.selected():
            self.table.select_key(self._channel.value)

    def _on_selected(self, lines: tuple[ChannelLine, ...]) -> None:
        if lines:
            self._channel = lines[0].channel
            self._show_cards()

    def _show_cards(self) -> None:
        line = next((each for each in self._lines if each.channel is self._channel), None)
        if line is None:
            return
        self._heading.setText(CHANNEL_WORDS[line.channel])
        for purpose, card in self._cards.items():
            card.show_cell(line.cell(purpose))


class _Card(QFrame):
    """One answer: what, since when and from whom, in which words, and what can be recorded now."""

    def __init__(self, purpose: Purpose, opt_out: Callable[[], None], opt_in: Callable[[], None]) -> None:
        super().__init__()
        set_role(self, "card")
        self._badge = Badge()
        self._since = label("", wrap=True)
        self._how = label("", TextRole.MUTED, wrap=True, copy=True)
        self._wording = label("", TextRole.CAPTION, wrap=True, copy=True)
        self._why_not = label("", TextRole.CAPTION, wrap=True)
        self._opt_out = button("Record an opt-out", opt_out)
        self._opt_out.setObjectName(f"patient.permissions.opt_out.{purpose.value}")
        self._opt_in = button("Record an opt-in …", opt_in)
        self._opt_in.setObjectName(f"patient.permissions.opt_in.{purpose.value}")
        self._how.setAccessibleName(f"{PURPOSE_WORDS[purpose]}: how it was recorded")
        self._wording.setAccessibleName(f"{PURPOSE_WORDS[purpose]}: what the patient was told")
        for control in (self._opt_out, self._opt_in):
            control.setAccessibleName(f"{control.text().removesuffix(' …')}: {PURPOSE_WORDS[purpose]}")
        layout = column(
            label(PURPOSE_WORDS[purpose], TextRole.STRONG, wrap=True),
            self._badge,
            self._since,
            self._how,
            self._wording,
            None,
            self._why_not,
            row(self._opt_out, self._opt_in, None),
            gap=2,
            margin=4,
        )
        self.setLayout(layout)

    def show_cell(self, cell: Cell) -> None:
        self._badge.show_state(cell.words, _TONES[cell.state])
        since = cell.since or "Nothing is on record."
        self._since.setText(f"{since}. Waiting to be sent to the server." if cell.pending else since)
        for words, text in ((self._how, cell.how), (self._wording, cell.wording)):
            words.setVisible(bool(text))
        self._how.setText(cell.how)
        self._wording.setText(f"Told: “{cell.wording}”")
        set_allowed(self._opt_out, not cell.why_no_opt_out, cell.why_no_opt_out)
        set_allowed(self._opt_in, not cell.why_no_opt_in, cell.why_no_opt_in)
        self._why_not.setText(cell.why_not)
        self._why_not.setVisible(bool(cell.why_not))
