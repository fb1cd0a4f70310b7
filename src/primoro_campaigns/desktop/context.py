"""What every room is given: the stores, the way to do things, and the way to go places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from primoro_campaigns.desktop.colleague import Team
from primoro_campaigns.desktop.local.calls import Calls
from primoro_campaigns.desktop.local.campaigns import Campaigns
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.local.practice import Practice
from primoro_campaigns.desktop.local.providers import Providers
from primoro_campaigns.desktop.local.replies import Replies
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.routes import Navigator
from primoro_campaigns.desktop.sync.status import StatusSource
from primoro_campaigns.desktop.trial import Trials
from primoro_campaigns.desktop.work.changes import Announcer
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.audience.rule import Group, Path
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.support.clock import Clock

if TYPE_CHECKING:
    from primoro_campaigns.domain.delivery.explanation import Explained


@dataclass(frozen=True)
class AudienceCount:
    """``by_rule`` has, for each rule's path, how many patients it alone selects.

    Who objects to what the campaign is for is in ``everybody``, and else only in ``left_out``: those of the
    audience who do (domain.md L17).
    """

    everybody: int
    matching: int
    left_out: int
    by_rule: tuple[tuple[Path, int], ...]


@dataclass(frozen=True)
class Review:
    """Who would get it and who would not, by the consent gate over this computer's copy and what waits
    here.

    An estimate: the server asks again when it plans and when it sends.
    """

    planned: tuple[Planned, ...]
    skipped: tuple[Skipped, ...]


class Audiences(Protocol):
    """Selections over the cache. The implementation loads SQLAlchemy when it is first called: call on a
    reading lane.

    ``stopped`` is asked every few milliseconds; ``Stopped`` is raised when it says yes.
    """

    def count(self, content: Content, stopped: Callable[[], bool] | None = None) -> AudienceCount:
        """Live count. No locations are every location this person may see."""
        ...

    def sample(
        self,
        audience: Group,
        location_ids: Sequence[str],
        limit: int,
        offset: int = 0,
        stopped: Callable[[], bool] | None = None,
    ) -> list[PatientId]:
        """Members of the audience by family name, whatever their consent; for ``Patients.rows``."""
        ...

    def review(
        self,
        content: Content,
        stopped: Callable[[], bool] | None = None,
        again: CampaignId | None = None,
    ) -> Review:
        """The gate's answer for every member of the audience; with ``again``, for those whom this campaign
        has not reached.
        """
        ...

    def explain(self, content: Content, patient_id: PatientId) -> "Explained | None":
        """Why this patient is in or out; None when the record is not in the cache."""
        ...


class Notices(Protocol):
    """Messages over the present page; call on the screens' thread."""

    def tell(self, words: str) -> None:
        """Something went well; the notice goes away by itself."""
        ...

    def problem(self, error: PrimoroError) -> None:
        """Something was refused; the notice stays until the person closes it."""
        ...


@dataclass(frozen=True)
class Context:
    """Made once after signing in (``main.py``). Reads go on the reading lane, ``outbox`` on the writing
    lane.

    After each write by the outbox one ``Changes`` is announced through ``changes``, and so after each sync
    that brought something; rooms' names are those of ``local.room.Room`` and ``PENDING``.
    """

    person: SignedInPerson
    clock: Clock
    runner: Running
    changes: Announcer
    navigator: Navigator
    notices: Notices
    patients: Patients
    campaigns: Campaigns
    calls: Calls
    replies: Replies
    practice: Practice
    providers: Providers
    trials: Trials
    team: Team
    outbox: Outbox
    audiences: Audiences
    sync: StatusSource
    sync_now: Callable[[], None]
    """Wakes the sync; returns at once."""
    new_id: Callable[[], str]

    def today(self) -> date:
        """The day it is at the practice."""
        return self.person.day_of(self.clock.now())
