"""What a campaign is: its content, which approval binds to, and the names of its states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from primoro_campaigns.domain.audience.rule import Group
from primoro_campaigns.domain.consent.model import Channel, Purpose


class Kind(StrEnum):
    """A one-off's list is made once; an ongoing one goes on with those who newly qualify (domain.md E16)."""

    ONE_OFF = "one_off"
    ONGOING = "ongoing"
    JOURNEY = "journey"
    NEWSLETTER = "newsletter"


class Timing(StrEnum):
    """When a one-off is sent: as soon as approved, or at ``scheduled_at``."""

    INSTANT = "instant"
    SCHEDULED = "scheduled"


class Receives(StrEnum):
    """How often one patient gets an ongoing campaign (domain.md C22, 2.7): ever once, or each time that the
    patient comes to fit the rules, with a cool-down between.
    """

    ONCE = "once"
    EVERY_TIME = "every_time"


COOL_DOWN_DAYS = 30
"""The days between two messages of an ongoing campaign to one patient, where nothing else is chosen."""


class ChannelPolicy(StrEnum):
    """How a patient's channel is chosen (domain.md 2.4, C25). All are one message per patient.

    ``email_sms`` and ``sms_email`` fall back: the second channel is tried where the first is missing, refused
    or has definitely failed (docs/decisions/0041).
    """

    EMAIL = "email"
    SMS = "sms"
    PREFERRED = "preferred"
    EMAIL_SMS = "email_sms"
    SMS_EMAIL = "sms_email"


POLICY_WORDS: Mapping[ChannelPolicy, str] = {
    ChannelPolicy.EMAIL: "E-mail",
    ChannelPolicy.SMS: "SMS",
    ChannelPolicy.PREFERRED: "E-mail or SMS, whichever the patient prefers",
    ChannelPolicy.EMAIL_SMS: "E-mail first, SMS where that is not possible",
    ChannelPolicy.SMS_EMAIL: "SMS first, e-mail where that is not possible",
}


CHANNELS: Mapping[ChannelPolicy, tuple[Channel, ...]] = {
    ChannelPolicy.EMAIL: (Channel.EMAIL,),
    ChannelPolicy.SMS: (Channel.SMS,),
    ChannelPolicy.PREFERRED: (Channel.EMAIL, Channel.SMS),
    ChannelPolicy.EMAIL_SMS: (Channel.EMAIL, Channel.SMS),
    ChannelPolicy.SMS_EMAIL: (Channel.SMS, Channel.EMAIL),
}
"""The channels a policy may use, in the order in which they are tried without a preference."""

FALLS_BACK: frozenset[ChannelPolicy] = frozenset({ChannelPolicy.EMAIL_SMS, ChannelPolicy.SMS_EMAIL})
"""The policies that go on to the next channel when one has failed."""


class LawfulBasis(StrEnum):
    """Why clinical data may choose whom a campaign is for (domain.md L18)."""

    EXPLICIT_CONSENT = "explicit_consent"
    HEALTH_CARE = "health_care"
    OTHER = "other"


class State(StrEnum):
    """The states of a campaign (decisions.md, "Campaign"). ``archived`` is a flag, not a state."""

    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    LIVE = "live"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


STATE_WORDS: Mapping[State, str] = {
    State.DRAFT: "Draft",
    State.PENDING_APPROVAL: "Waiting for approval",
    State.SCHEDULED: "Scheduled",
    State.SENDING: "Sending",
    State.LIVE: "Live",
    State.PAUSED: "Paused",
    State.COMPLETED: "Completed",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Failed",
}

ACTIVE: frozenset[State] = frozenset({State.SCHEDULED, State.SENDING, State.LIVE})
"""What the counter "Active" counts (domain.md 2.2)."""


@dataclass(frozen=True)
class Content:
    """All that the author decides. Approval binds to the fingerprint of exactly this.

    ``name`` is internal and unique, never in a message (domain.md C06). ``email_body`` and ``sms_body`` are
    plain text with merge fields in braces. ``location_ids`` empty means every location of the organisation.
    ``excluded_patient_ids`` are patients taken out by hand (domain.md A35). ``from_name`` and ``reply_to``
    empty mean the practice's own. ``lawful_basis`` counts where a rule of the audience uses clinical data.
    ``receives`` and ``cool_down_days`` are about ongoing campaigns alone.
    ``most_a_day`` is how many messages of it leave on one day at the practice, 0 for no limit.
    """

    name: str
    purpose: Purpose = Purpose.PROMOTIONS
    kind: Kind = Kind.ONE_OFF
    channel_policy: ChannelPolicy = ChannelPolicy.EMAIL
    timing: Timing = Timing.INSTANT
    scheduled_at: datetime | None = None
    audience: Group = field(default_factory=Group)
    location_ids: tuple[str, ...] = ()
    excluded_patient_ids: tuple[str, ...] = ()
    subject: str = ""
    preview_text: str = ""
    email_body: str = ""
    sms_body: str = ""
    from_name: str = ""
    reply_to: str = ""
    lawful_basis: LawfulBasis | None = None
    lawful_basis_note: str = ""
    receives: Receives = Receives.ONCE
    cool_down_days: int = COOL_DOWN_DAYS
    most_a_day: int = 0
