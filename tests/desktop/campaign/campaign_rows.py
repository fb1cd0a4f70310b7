"""Campaign rows for tests, with everything that does not matter filled in."""

from dataclasses import replace
from datetime import UTC, datetime

from primoro_campaigns.desktop.local.campaigns import CampaignRow
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Kind, State
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import CampaignId, UserId

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)

ROW = CampaignRow(
    campaign_id=CampaignId("c1"),
    owner_id=UserId("riley"),
    owner_name="Riley",
    name="Spring",
    revision=1,
    state=State.DRAFT,
    purpose=Purpose.PROMOTIONS,
    kind=Kind.ONE_OFF,
    channel_policy=ChannelPolicy.EMAIL,
    location_ids=(),
    fingerprint="f" * 64,
    scheduled_at=None,
    approved_by_name="",
    approved_at=None,
    created_at=AT,
    updated_at=AT,
    archived=False,
    recipients=0,
    planned=0,
    claimed=0,
    sent=0,
    failed=0,
    skipped=0,
    unknown=0,
    problem="",
    asked=(),
    pending=False,
)


def campaign(**fields: object) -> CampaignRow:
    """``ROW`` with some fields different."""
    return replace(ROW, **fields)  # type: ignore[arg-type]  # tests name fields of CampaignRow
