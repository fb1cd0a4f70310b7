"""What the campaign pages read of this computer's copy, and what they write to it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.campaign.composer_state import AudienceCount, OpenDraft
from primoro_campaigns.desktop.campaign.held import Holding
from primoro_campaigns.desktop.campaign.progress import Sending
from primoro_campaigns.desktop.campaign.results_presenter import Pace
from primoro_campaigns.desktop.campaign.review_presenter import Reviewed, needs_answer
from primoro_campaigns.desktop.campaign.rule_editor import Choices
from primoro_campaigns.desktop.campaign.rule_rows import RowGroups, places_of
from primoro_campaigns.desktop.context import Context, Review
from primoro_campaigns.desktop.local.campaigns import CampaignRow, CampaignText, RecipientRow
from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.desktop.sync.pending import PendingEvent
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.campaign.lifecycle import GOES_LIVE
from primoro_campaigns.domain.campaign.model import Content, State
from primoro_campaigns.domain.campaign.review import ReviewFacts, review
from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.delivery.explanation import Explained
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.domain.message.template import Field
from primoro_campaigns.domain.message.values import Addressee, merge_values
from primoro_campaigns.domain.schedule.window import SendWindow
from primoro_campaigns.wire.campaign import content_from_json, content_to_json


class DraftCache:
    """Drafts in the cache and the outbox."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def open(self, campaign_id: str) -> OpenDraft | None:
        found = self._context.campaigns.get(CampaignId(campaign_id))
        return None if found is None else opened(found)

    def keep(self, campaign_id: str, base_revision: int, content: Content) -> None:
        self._context.outbox.save_draft(CampaignId(campaign_id), base_revision, content_to_json(content))

    def take_over(self, campaign_id: str) -> None:
        self._context.outbox.take_over_draft(CampaignId(campaign_id))


def opened(found: CampaignText) -> OpenDraft:
    row = found.row
    return OpenDraft(
        campaign_id=row.campaign_id,
        content=content_from_json(found.content),
        base_revision=found.base_revision,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        waiting=row.pending,
    )


class AudienceCounting:
    """Counts on the cache, with what waits here."""

    def __init__(self, context: Context, age: Callable[[], str]) -> None:
        self._context = context
        self._age = age

    def count(self, groups: RowGroups, content: Content, ticket: Ticket) -> AudienceCount:
        found = self._context.audiences.count(content, ticket.stopped)
        places = places_of(groups)
        shares = {places[path]: number for path, number in found.by_rule if path in places}
        return AudienceCount(found.matching, found.everybody, shares, self._age(), found.left_out)

    def names(self) -> Mapping[str, str]:
        practice = self._context.practice
        return {
            **{str(each.practitioner_id): each.name for each in practice.practitioners()},
            **{str(each.location_id): each.name for each in practice.locations()},
        }

    def choices(self) -> Choices:
        practice = self._context.practice
        return Choices(
            tuple((each.practitioner_id, each.name) for each in practice.practitioners()),
            tuple((each.location_id, each.name) for each in practice.locations()),
        )


@dataclass(frozen=True)
class Decided:
    """What the practice decided about sending, and the names under which it writes."""

    policy: SendingPolicy
    names: Mapping[str, str]

    def facts(self, context: Context, location_ids: Collection[str] = ()) -> ReviewFacts:
        """What the content of a campaign for these locations (none: for all) is held against."""
        names = [name for place, name in self.names.items() if not location_ids or place in location_ids]
        own = self.policy.practice_name or context.person.organisation_name
        return ReviewFacts(
            now=context.clock.now(),
            today=context.today(),
            practice_name=max([own, *names], key=len),
            sms_takes_replies=self.policy.sms_takes_replies,
            sms_link=self.policy.opt_out_link,
            selection_limit=self.policy.selection_limit,
        )

    def window(self, context: Context) -> SendWindow:
        return self.policy.window(ZoneInfo(context.person.time_zone))

    def holding(self, context: Context) -> Holding:
        return Holding(self.window(context), self.policy.hold_days, context.clock.now())


def decided(context: Context) -> Decided:
    """As it was last synced. Call on a reading lane."""
    practice = context.practice
    return Decided(practice.policy(), {each.location_id: each.name for each in practice.locations()})


class ReviewCache:
    """A campaign, its audience and its patients, for the review."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def open(self, campaign_id: CampaignId) -> Reviewed | None:
        found = self._context.campaigns.get(campaign_id)
        if found is None:
            return None
        content = content_from_json(found.content)
        known = decided(self._context)
        facts = known.facts(self._context, content.location_ids)
        blocking = [each for each in review(content, facts) if each.blocks]
        problem = ""
        if blocking and found.row.state in (State.DRAFT, State.PENDING_APPROVAL):
            problem = f"{blocking[0].title} Go back to the draft and put it right."
        again = bool(found.row.recipients) and found.row.kind not in GOES_LIVE
        return Reviewed(found.row, content, problem, known.holding(self._context), again)

    def review(self, campaign: Reviewed, stopped: Callable[[], bool]) -> Review:
        again = campaign.row.campaign_id if campaign.again else None
        return self._context.audiences.review(campaign.content, stopped, again)

    def names(self, patient_ids: Sequence[PatientId]) -> Sequence[PatientRow]:
        return self._context.patients.rows(list(patient_ids))

    def patient(self, patient_id: PatientId) -> PatientFile | None:
        return self._context.patients.get(patient_id)

    def merge(self, patient: PatientFile) -> Mapping[Field, str]:
        locations = {each.location_id: each for each in self._context.practice.locations()}
        location = locations.get(patient.location_id)
        return merge_values(
            Addressee(
                title=patient.title,
                given_name=patient.given_name,
                family_name=patient.family_name,
                practice_name=self._context.person.organisation_name if location is None else location.name,
                practice_phone="" if location is None else location.phone,
                practitioner_name=patient.practitioner_name,
                last_visit_on=patient.last_visit_on,
                next_visit_on=patient.next_visit_on,
            )
        )

    def refused(self, campaign_id: CampaignId) -> Sequence[PendingEvent]:
        return [
            event
            for event in self._context.outbox.events()
            if needs_answer(event) and event.payload.get("campaign_id") == campaign_id
        ]


class ExplainCache:
    """One patient and one campaign. ``said`` tells what was, or is to be, done with a patient."""

    def __init__(self, context: Context, campaign_id: CampaignId, said: Callable[[PatientId], str]) -> None:
        self._context = context
        self._campaign_id = campaign_id
        self._said = said

    def find(self, text: str, limit: int) -> Sequence[PatientRow]:
        return self._context.patients.search(text, limit)

    def explain(self, patient_id: PatientId) -> tuple[str, Explained] | None:
        campaign = self._context.campaigns.get(self._campaign_id)
        patient = self._context.patients.get(patient_id)
        if campaign is None or patient is None:
            return None
        found = self._context.audiences.explain(content_from_json(campaign.content), patient_id)
        return None if found is None else (patient.name, found)

    def said(self, patient_id: PatientId) -> str:
        return self._said(patient_id)


class ResultsCache:
    """The ledger of a campaign as it was last synced."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._campaigns = context.campaigns

    def campaign(self, campaign_id: CampaignId) -> CampaignRow | None:
        found = self._campaigns.get(campaign_id)
        return None if found is None else found.row

    def skipped_by_reason(self, campaign_id: CampaignId) -> Mapping[Refusal, int]:
        return self._campaigns.skipped_by_reason(campaign_id)

    def held(self, campaign_id: CampaignId) -> int:
        return self._campaigns.held(campaign_id)

    def sending(self) -> Sending:
        known = decided(self._context)
        return Sending(known.window(self._context), known.policy.selection_limit)

    def doubts(self, campaign_id: CampaignId) -> Sequence[RecipientRow]:
        return self._campaigns.doubts(campaign_id)

    def not_reached(self, campaign_id: CampaignId) -> int:
        return self._campaigns.not_reached(campaign_id)

    def pace(self, campaign_id: CampaignId) -> Pace:
        found = self._campaigns.get(campaign_id)
        most = 0 if found is None else content_from_json(found.content).most_a_day
        if not most:
            return Pace(0, 0)
        zone = ZoneInfo(self._context.person.time_zone)
        midnight = datetime.combine(self._context.today(), time.min, zone)
        return Pace(most, self._campaigns.written_since(campaign_id, midnight))

    def results(
        self,
        campaign_id: CampaignId,
        limit: int,
        offset: int,
        states: frozenset[DeliveryState],
        reasons: frozenset[Refusal] | None,
    ) -> Sequence[RecipientRow]:
        return self._campaigns.results(campaign_id, limit, offset, states, reasons)

    def results_count(
        self, campaign_id: CampaignId, states: frozenset[DeliveryState], reasons: frozenset[Refusal] | None
    ) -> int:
        return self._campaigns.results_count(campaign_id, states, reasons)
