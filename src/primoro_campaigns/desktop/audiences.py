"""Selections over the cache, for every room; the first one loads SQLAlchemy."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.context import AudienceCount, Review
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.domain.audience.rule import Group
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.delivery.explanation import Explained
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.support.clock import Clock


class LateAudiences:
    """``context.Audiences``. Its first call loads SQLAlchemy, on the reading thread that makes it."""

    def __init__(self, database: Database, person: SignedInPerson, clock: Clock) -> None:
        self._database = database
        self._person = person
        self._clock = clock

    def count(self, content: Content, stopped: Callable[[], bool] | None = None) -> AudienceCount:
        today = self._person.day_of(self._clock.now())
        found = late.selections().count(self._database, content, today, stopped)
        return AudienceCount(found.everybody, found.matching, found.left_out, found.shares)

    def sample(
        self,
        audience: Group,
        location_ids: Sequence[str],
        limit: int,
        offset: int = 0,
        stopped: Callable[[], bool] | None = None,
    ) -> list[PatientId]:
        today = self._person.day_of(self._clock.now())
        return late.selections().sample(
            self._database, audience, location_ids, today, (limit, offset), stopped
        )

    def review(
        self,
        content: Content,
        stopped: Callable[[], bool] | None = None,
        again: CampaignId | None = None,
    ) -> Review:
        now = self._clock.now()
        zone = ZoneInfo(self._person.time_zone)
        planned: list[Planned] = []
        skipped: list[Skipped] = []
        today = self._person.day_of(now)
        for each in late.selections().review(self._database, content, today, now, zone, stopped, again):
            if isinstance(each, Planned):
                planned.append(each)
            else:
                skipped.append(each)
        return Review(tuple(planned), tuple(skipped))

    def explain(self, content: Content, patient_id: PatientId) -> Explained | None:
        now = self._clock.now()
        zone = ZoneInfo(self._person.time_zone)
        today = self._person.day_of(now)
        return late.selections().explain(self._database, content, patient_id, today, now, zone)
