"""The page of the list of patients, which is there before any other: it needs little."""

from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.patient.list_presenter import PatientList, PatientLists
from primoro_campaigns.desktop.patient.list_view import PatientListPage
from primoro_campaigns.desktop.routes import Navigator, PatientsRoute
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Announcer
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.desktop.work.runner import Running


def listing(
    runner: Running, patients: PatientLists, navigator: Navigator, changes: Announcer, route: PatientsRoute
) -> PatientListPage:
    """A page with what the route looks for; it is read again when patients or restrictions change."""
    own = PageRunner(runner)
    page = PatientListPage(own)
    presenter = PatientList(page, patients, navigator)
    page.bind(presenter)
    presenter.show(route.query)
    page.setFocusProxy(page.search)
    heard = changes.subscribe(
        lambda _changes: page.refresh(), LocalRoom.PATIENT.value, LocalRoom.RESTRICTION.value
    )
    close_with(page, heard)
    own.follow(page)
    return page
