"""The places one can go to. Rooms never import each other: they ask the navigator to go somewhere."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from primoro_campaigns.domain.ids import CampaignId, PatientId


class PatientTab(StrEnum):
    """The tabs of the patient file."""

    DETAILS = "details"
    CONTACTS = "contacts"
    PERMISSIONS = "permissions"


class CampaignStatus(StrEnum):
    """What the campaign counters filter by; ``ALL`` is no filter."""

    ALL = "all"
    ACTIVE = "active"
    COMPLETED = "completed"
    PAUSED = "paused"
    DRAFT = "draft"


@dataclass(frozen=True)
class PatientsRoute:
    """The list of patients, searched for ``query``."""

    query: str = ""


@dataclass(frozen=True)
class PatientRoute:
    """One patient's file."""

    patient_id: PatientId
    tab: PatientTab = PatientTab.DETAILS


@dataclass(frozen=True)
class CampaignsRoute:
    """The list of campaigns."""

    status: CampaignStatus = CampaignStatus.ALL


@dataclass(frozen=True)
class ComposerRoute:
    """The composer: on a draft, or on a new campaign where there is no id."""

    campaign_id: CampaignId | None = None


@dataclass(frozen=True)
class ReviewRoute:
    """Who would get a campaign, who would not and why."""

    campaign_id: CampaignId


@dataclass(frozen=True)
class ResultsRoute:
    """What became of a campaign, patient by patient."""

    campaign_id: CampaignId


@dataclass(frozen=True)
class CallsRoute:
    """The list of calls."""


@dataclass(frozen=True)
class RepliesRoute:
    """The list of replies."""


@dataclass(frozen=True)
class ChangesRoute:
    """The changes made here that the server has not answered yet."""


@dataclass(frozen=True)
class SendingRoute:
    """What carries the messages, and whether it works."""


@dataclass(frozen=True)
class TeamRoute:
    """Who works here."""


Route = (
    PatientsRoute
    | PatientRoute
    | CampaignsRoute
    | ComposerRoute
    | ReviewRoute
    | ResultsRoute
    | CallsRoute
    | RepliesRoute
    | ChangesRoute
    | SendingRoute
    | TeamRoute
)


class Navigator(Protocol):
    """Call on the screens' thread."""

    def go(self, route: Route) -> None:
        """Go to a place and remember the way back."""
        ...

    def replace(self, route: Route) -> None:
        """Note what the present page shows now (a new search, another tab), for the way back."""
        ...

    def back(self) -> None:
        """Return to where one came from; at the beginning nothing happens."""
        ...
