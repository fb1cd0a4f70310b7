"""The room of patients: makes its pages, gives them their data, refreshes them after changes."""

from dataclasses import replace
from typing import Protocol

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.patient.file_presenter import Patient
from primoro_campaigns.desktop.patient.file_view import PatientPage
from primoro_campaigns.desktop.patient.listing import listing
from primoro_campaigns.desktop.routes import PatientRoute, PatientsRoute, Route
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId

_FILE_ROOMS = (
    LocalRoom.PATIENT,
    LocalRoom.RESTRICTION,
    LocalRoom.PERMISSION,
    LocalRoom.CONTACT,
    LocalRoom.POLICY,
)


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
        whole = self._whole
        match route:
            case PatientsRoute():
                return listing(whole.runner, whole.patients, whole.navigator, whole.changes, route)
            case PatientRoute():
                runner = PageRunner(whole.runner)
                page = self._file(replace(whole, runner=runner), route)
                runner.follow(page)
                return page
            case _:
                return None

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
            context.clock.now,
        )
        page.bind(presenter)
        presenter.open(route.patient_id, route.tab)
        close_with(page, presenter.follow_status())

        def changed(changes: Changes) -> None:
            everybody = (PENDING, LocalRoom.POLICY.value)
            if changes.rooms.intersection(everybody) or any(
                changes.touches(room.value, route.patient_id) for room in _FILE_ROOMS
            ):
                presenter.refresh()

        heard = context.changes.subscribe(changed, *(room.value for room in _FILE_ROOMS), PENDING)
        close_with(page, heard)
        return page


def create(context: Context, questions: Questions) -> Room:
    """The room of patients, for the shell."""
    pages = PatientPages(context, questions)
    return Room("patients", "&Patients", "patients", PatientsRoute(), pages.page_for)
