"""The room of patients: makes its pages, gives them their data, refreshes them after changes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.patient.file_presenter import Patient
from primoro_campaigns.desktop.patient.file_view import PatientPage
from primoro_campaigns.desktop.patient.list_presenter import PatientList
from primoro_campaigns.desktop.patient.list_view import PatientListPage
from primoro_campaigns.desktop.routes import PatientRoute, PatientsRoute, Route
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId

_FILE_ROOMS = (LocalRoom.PATIENT, LocalRoom.RESTRICTION, LocalRoom.PERMISSION, LocalRoom.CONTACT)
_LISTED_ROOMS = (LocalRoom.PATIENT, LocalRoom.RESTRICTION)


class Questions(Protocol):
    """What is asked over the patient's file; the room of consent answers."""

    def open_restrictions(self, over: QWidget, patient_id: PatientId) -> None: ...

    def open_opt_in(self, over: QWidget, patient_id: PatientId, purpose: Purpose) -> None: ...


class PatientPages:
    """Makes the page of each patient route. Every page lives until the shell lets it go."""

    def __init__(self, context: Context, questions: Questions) -> None:
        self._whole = context
        self._questions = questions

    def page_for(self, route: Route) -> QWidget | None:
        """A page for a route of this room; None for any other."""
        runner = PageRunner(self._whole.runner)
        context = replace(self._whole, runner=runner)
        page: QWidget
        match route:
            case PatientsRoute():
                page = self._list(context, route)
            case PatientRoute():
                page = self._file(context, route)
            case _:
                return None
        runner.follow(page)
        return page

    def _list(self, context: Context, route: PatientsRoute) -> QWidget:
        page = PatientListPage(context.runner)
        presenter = PatientList(page, context.patients, context.navigator)
        page.bind(presenter)
        presenter.show(route.query)
        page.setFocusProxy(page.search)
        _follow(context, page, lambda _changes: page.refresh(), *_LISTED_ROOMS)
        return page

    def _file(self, context: Context, route: PatientRoute) -> QWidget:
        questions = self._questions
        page = PatientPage(
            context.runner,
            context.person.time_zone,
            questions.open_restrictions,
            questions.open_opt_in,
        )
        presenter = Patient(
            page,
            context.patients,
            context.outbox,
            context.runner,
            context.navigator,
            context.person,
            context.sync,
            context.today,
        )
        page.bind(presenter)
        presenter.open(route.patient_id, route.tab)
        close_with(page, presenter.follow_status())

        def changed(changes: Changes) -> None:
            if PENDING in changes.rooms or any(
                changes.touches(room.value, route.patient_id) for room in _FILE_ROOMS
            ):
                presenter.refresh()

        _follow(context, page, changed, *_FILE_ROOMS, PENDING)
        return page


def create(context: Context, questions: Questions) -> Room:
    """The room of patients, for the shell."""
    pages = PatientPages(context, questions)
    return Room("patients", "&Patients", "patients", PatientsRoute(), pages.page_for)


def _follow(context: Context, page: QWidget, changed: Callable[[Changes], None], *rooms: str) -> None:
    close_with(page, context.changes.subscribe(changed, *(str(room) for room in rooms)))
