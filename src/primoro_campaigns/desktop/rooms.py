"""The rooms of the window, and what each is given. Loaded once the window is there, or when somebody goes
further than the list of patients.
"""

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.audiences import LateAudiences
from primoro_campaigns.desktop.call import room as call_room
from primoro_campaigns.desktop.changes import room as changes_room
from primoro_campaigns.desktop.consent import room as consent_room
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.given import Given
from primoro_campaigns.desktop.local.calls import Calls
from primoro_campaigns.desktop.local.campaigns import Campaigns
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.local.practice import Practice
from primoro_campaigns.desktop.local.providers import Providers
from primoro_campaigns.desktop.local.replies import Replies
from primoro_campaigns.desktop.patient import room as patient_room
from primoro_campaigns.desktop.reply import room as reply_room
from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.desktop.sending import room as sending_room
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.team import room as team_room
from primoro_campaigns.support.ids import new_id


class Rooms:
    """One person's rooms. They share the questions about consent."""

    def __init__(self, given: Given) -> None:
        database, person, clock = given.database, given.person, given.clock
        self.context = Context(
            person=person,
            clock=clock,
            runner=given.runner,
            changes=given.changes,
            navigator=given.window,
            notices=given.window,
            patients=Patients(database, lambda: person.day_of(clock.now())),
            campaigns=Campaigns(database),
            calls=Calls(database),
            replies=Replies(database),
            practice=Practice(database),
            providers=Providers(database),
            trials=given.trials,
            team=given.team,
            outbox=Outbox(database, person, clock, new_id, given.recorded),
            audiences=LateAudiences(database, person, clock),
            sync=given.sync,
            sync_now=given.sync_now,
            new_id=new_id,
        )
        questions = consent_room.create(self.context)
        self._first = patient_room.create(self.context, questions)
        self._others = [
            call_room.create(self.context),
            reply_room.create(self.context, questions),
            changes_room.create(self.context),
            sending_room.create(self.context),
            team_room.create(self.context),
        ]

    def beside(self, campaigns: Room) -> list[Room]:
        return [self._first, campaigns, *self._others]

    def page_for(self, name: str, route: Route) -> QWidget | None:
        for room in (self._first, *self._others):
            if room.name == name:
                return room.page_for(route)
        return None


def open_rooms(given: Given) -> Rooms:
    """For ``late.py``, which loads this module by name."""
    return Rooms(given)
