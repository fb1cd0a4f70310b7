"""The questions about consent, for the pages that ask them. This room has no page of its own."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from primoro_campaigns.desktop.consent.opt_in_dialog import OptInDialog
from primoro_campaigns.desktop.consent.opt_in_presenter import OptIn
from primoro_campaigns.desktop.consent.restrictions_dialog import RestrictionsDialog
from primoro_campaigns.desktop.consent.restrictions_presenter import Asked, Restrictions
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.domain.ids import PatientId


class PatientGoneError(NotFoundError):
    """The record vanished between showing it and asking about it."""

    def __init__(self) -> None:
        super().__init__(
            "This patient's record is no longer on this computer.",
            "Nothing was changed. Look the patient up again.",
            "patient.gone",
        )


class _Asking(Protocol):
    """What the two presenters have in common."""

    def follow_status(self) -> Subscription: ...


class ConsentQuestions:
    """Each question reads what it needs, then opens over the page it was asked from. One at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._busy = False

    def open_restrictions(self, over: QWidget, patient_id: PatientId) -> None:
        """Which messages the patient does not want (domain.md E04)."""

        def ask(asked: Asked) -> None:
            dialog = RestrictionsDialog(over.window(), asked.file.name)
            context = self._context
            presenter = Restrictions(
                dialog, asked, context.outbox, context.runner, context.person, context.sync
            )
            dialog.bind(presenter)
            self._open(dialog, presenter, lambda: dialog.said)

        self._read(over, patient_id, ask)

    def open_opt_in(self, over: QWidget, patient_id: PatientId, purpose: Purpose) -> None:
        """On which channels the patient says yes to ``purpose``, with the evidence (domain.md L05)."""

        def ask(asked: Asked) -> None:
            dialog = OptInDialog(over.window(), asked.file.name, purpose)
            context = self._context
            presenter = OptIn(
                dialog,
                asked.file,
                asked.permissions,
                purpose,
                context.outbox,
                context.runner,
                context.person,
                context.sync,
            )
            dialog.bind(presenter)
            self._open(dialog, presenter, lambda: dialog.said)

        self._read(over, patient_id, ask)

    def _read(self, over: QWidget, patient_id: PatientId, ask: Callable[[Asked], None]) -> None:
        if self._busy:
            return
        self._busy = True
        patients = self._context.patients

        def read(_ticket: Ticket) -> Asked:
            file = patients.get(patient_id)
            if file is None:
                raise PatientGoneError
            return Asked(file, patients.restrictions(patient_id), patients.permissions(patient_id))

        def done(asked: Asked) -> None:
            if shiboken6.isValid(over) and over.isVisible():
                ask(asked)
            else:
                self._done()

        self._context.runner.run(read, done, self._failed)

    def _open(self, dialog: QDialog, presenter: _Asking, said: Callable[[], str]) -> None:
        close_with(dialog, presenter.follow_status())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(partial(self._tell, said))
        dialog.finished.connect(self._done)
        dialog.open()

    def _tell(self, said: Callable[[], str]) -> None:
        words = said()
        if words:
            self._context.notices.tell(words)

    def _failed(self, error: PrimoroError) -> None:
        self._done()
        self._context.notices.problem(error)

    def _done(self) -> None:
        self._busy = False


def create(context: Context) -> ConsentQuestions:
    """Give its ``open_restrictions`` and ``open_opt_in`` to the rooms that ask."""
    return ConsentQuestions(context)
