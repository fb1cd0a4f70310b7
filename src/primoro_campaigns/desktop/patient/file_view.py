"""The patient file: who it is, what is in force, and three tabs."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import column, label, row, rule
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.theme import TextRole, set_role
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.patient.banner import Banner
from primoro_campaigns.desktop.patient.contacts_view import ContactsView
from primoro_campaigns.desktop.patient.details_view import DetailsView
from primoro_campaigns.desktop.patient.file_presenter import ALL_KINDS, ContactSource, FileState, Patient
from primoro_campaigns.desktop.patient.list_view import status_tone
from primoro_campaigns.desktop.patient.permissions_view import PermissionsView
from primoro_campaigns.desktop.routes import PatientTab
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

OpenRestrictions = Callable[[QWidget, PatientId], None]
OpenOptIn = Callable[[QWidget, PatientId, Purpose], None]

_TABS = (
    Choice(PatientTab.DETAILS.value, "&Details"),
    Choice(PatientTab.CONTACTS.value, "&Contacts"),
    Choice(PatientTab.PERMISSIONS.value, "&Permissions"),
)


class PatientPage(QWidget):
    """``bind`` gives it its presenter.

    ``open_restrictions`` and ``open_opt_in`` ask their questions over this page.
    """

    def __init__(
        self,
        runner: Running,
        time_zone: str,
        open_restrictions: OpenRestrictions,
        open_opt_in: OpenOptIn,
    ) -> None:
        super().__init__()
        self._presenter: Patient | None = None
        self._open_restrictions = open_restrictions
        self._open_opt_in = open_opt_in
        self._refused: set[str] = set()
        self.notices = NoticeArea()
        self._title = label("", TextRole.TITLE, wrap=True, copy=True)
        self._title.setObjectName("patient.title")
        self._title.setAccessibleName("Patient")
        self._status = Badge()
        self._about = label("", TextRole.MUTED, wrap=True, copy=True)
        self._about.setAccessibleName("Date of birth, number and location")
        self._banner = Banner()
        self._banner.setObjectName("patient.banner")
        self.tabs = ChipRow("Parts of the patient file", _TABS, PatientTab.DETAILS.value)
        self.tabs.setObjectName("patient.tabs")
        for choice, tab in zip(_TABS, self.tabs.findChildren(QPushButton), strict=True):
            tab.setObjectName(f"patient.tab.{choice.key}")
            set_role(tab, "tab")
        self.details = DetailsView()
        self.contacts = ContactsView(runner, time_zone, self._on_restrictions)
        self.permissions = PermissionsView(runner, self._on_opt_out, self._on_opt_in)
        self._pages = QStackedWidget()
        for page in (self.details, self.contacts, self.permissions):
            self._pages.addWidget(page)
        self._gone = EmptyState(
            "patients",
            "This record is not here any more.",
            "It was removed, merged, or moved to a location that you do not see. Look the patient up again.",
        )
        self._gone.hide()
        self._file = QWidget()
        self._lay_out()
        self.tabs.on_chosen(self._on_tab)
        self.contacts.on_failed(self.say_error)

    def bind(self, presenter: Patient) -> None:
        self._presenter = presenter
        self.contacts.on_kind(presenter.choose_kind)
        self.contacts.on_opened(presenter.open_contact)

    # What the presenter calls

    def show_state(self, state: FileState) -> None:
        self._file.setVisible(not state.gone)
        self._gone.setVisible(state.gone)
        if state.file is None:
            return
        self._title.setText(state.name)
        self._status.show_state(state.status, status_tone(state.file.status, state.file.is_lead))
        self._about.setText(state.about)
        self._banner.show_facts(state.facts)
        self.details.show_file(state.file)
        self.permissions.show_lines(state.lines)
        if state.numbers is not None:
            self.contacts.show_numbers(state.numbers)
            self.tabs.show_numbers({PatientTab.CONTACTS.value: state.numbers[ALL_KINDS]})
        self._show_refused(state)

    def show_contacts(self, source: ContactSource, empty: str) -> None:
        self.contacts.show_source(source, empty)

    def refresh_contacts(self) -> None:
        self.contacts.refresh()

    def show_tab(self, tab: PatientTab) -> None:
        self.tabs.choose(tab.value)
        self._pages.setCurrentIndex(list(PatientTab).index(tab))

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    # Inside

    def _lay_out(self) -> None:
        who = row(self._status, self._about, gap=3)
        who.setStretch(1, 1)
        who.setAlignment(self._status, Qt.AlignmentFlag.AlignVCenter)
        inside = QVBoxLayout(self._file)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(2 * GRID)
        inside.addWidget(self._title)
        inside.addLayout(who)
        inside.addWidget(self._banner)
        inside.addSpacing(GRID)
        tabs = column(self.tabs, rule(), gap=0)
        inside.addLayout(tabs)
        inside.addWidget(self._pages, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 4 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.notices)
        layout.addWidget(self._file, 1)
        layout.addWidget(self._gone, 1)

    def _show_refused(self, state: FileState) -> None:
        """What the server said no to stays until the person has read it."""
        presenter = self._presenter
        if presenter is None:
            return
        shown = {str(event.event_id) for event in state.refused}
        for event in state.refused:
            if event.event_id not in self._refused:
                self.notices.say(
                    Tone.ERROR,
                    event.title,
                    event.advice,
                    action=("Dismiss", lambda given=event: presenter.dismiss(given)),  # type: ignore[misc]  # the loop's own event
                    key=event.event_id,
                    closable=False,
                )
        for key in self._refused - shown:
            self.notices.take_away(key)
        self._refused = shown

    def _on_tab(self, key: str) -> None:
        if self._presenter is not None:
            self._presenter.choose_tab(PatientTab(key))

    def _on_restrictions(self) -> None:
        if self._presenter is not None and self._presenter.patient_id is not None:
            self._open_restrictions(self, self._presenter.patient_id)

    def _on_opt_out(self, channel: Channel, purpose: Purpose) -> None:
        if self._presenter is not None:
            self._presenter.opt_out(channel, purpose)

    def _on_opt_in(self, purpose: Purpose) -> None:
        if self._presenter is not None and self._presenter.patient_id is not None:
            self._open_opt_in(self, self._presenter.patient_id, purpose)
