"""What the organisation decided about sending, as the rules of the domain take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.campaign.review import ReviewFacts
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.schedule.holiday import closed_days, read_weekdays
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from primoro_campaigns.domain.schedule.window import SendWindow
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.organisation import Organisation, OrganisationSettings
from primoro_campaigns.server.audience import service as audience
from primoro_campaigns.server.campaign import store

TOKEN_LENGTH = 22
"""Characters of the opaque token in an unsubscribe link: 128 bits in base64url without padding."""


@dataclass(frozen=True)
class Sending:
    """``zone`` is the practice's own clock, which decides its days and its sending hours. ``elsewhere`` are
    the hours of locations whose clock shows another time.
    """

    organisation: Organisation
    settings: OrganisationSettings
    zone: ZoneInfo
    window: SendWindow
    frequency: FrequencyPolicy
    elsewhere: Mapping[str, SendWindow] = field(default_factory=dict)

    def window_of(self, location_id: str) -> SendWindow:
        """The sending hours of the patients of a location."""
        return self.elsewhere.get(location_id, self.window)

    def is_open_anywhere(self, instant: datetime) -> bool:
        """Whether the patients of any location may be written to now."""
        return any(each.is_open(instant) for each in (self.window, *self.elsewhere.values()))

    def opens_anywhere(self, instant: datetime) -> datetime:
        """When those of any location may be written to next."""
        return min(each.next_opening(instant) for each in (self.window, *self.elsewhere.values()))

    def today(self, instant: datetime) -> date:
        return self.window.today(instant)

    @property
    def policy(self) -> SendingPolicy:
        """What every desktop is told of it."""
        settings = self.settings
        return SendingPolicy(
            practice_name=self.practice_name,
            soft_opt_in_allowed=settings.soft_opt_in_allowed,
            reset_months_promotions=settings.reset_months_promotions,
            reset_months_newsletters=settings.reset_months_newsletters,
            most_in_7_days=settings.most_in_7_days,
            most_in_90_days=settings.most_in_90_days,
            hold_days=settings.hold_days,
            selection_limit=settings.selection_limit,
            window_opens=settings.window_opens,
            window_closes=settings.window_closes,
            closed_weekdays=settings.closed_weekdays,
            bank_holidays=settings.bank_holidays,
            holidays=settings.holidays,
            email_ready=self.email_ready,
            sms_takes_replies=self.sms_takes_replies,
            opt_out_link=self.unsubscribe_address("x" * TOKEN_LENGTH),
        )

    @property
    def practice_name(self) -> str:
        """The name under which the organisation writes."""
        return self.settings.sender_name or self.organisation.name

    def reset_months(self, purpose: Purpose) -> int:
        """How long a patient rests from a purpose after a message of it or a booking (domain.md E20)."""
        return self.policy.reset_months(purpose)

    def unsubscribe_address(self, token: str) -> str:
        """The page on which the holder of ``token`` opts out; empty while there is no public address."""
        return f"{self.settings.public_address}/u/{token}" if self.settings.public_address else ""

    def preferences_address(self, token: str) -> str:
        """The page on which the holder of ``token`` chooses; empty while there is no public address."""
        return f"{self.settings.public_address}/p/{token}" if self.settings.public_address else ""

    @property
    def sms_takes_replies(self) -> bool:
        """A sender that is a name cannot be answered (domain.md S8)."""
        return self.settings.sms_from.startswith("+")

    @property
    def email_ready(self) -> bool:
        """Without a public address nobody could unsubscribe, so nothing may be sent (domain.md EM1)."""
        return bool(self.settings.smtp_host and self.settings.sender_email and self.settings.public_address)

    @property
    def sms_ready(self) -> bool:
        return bool(self.settings.sms_gateway and self.settings.sms_from)

    def ready(self, channel: Channel, _location_id: str) -> bool:
        """Whether the channel can be used for patients of a location."""
        match channel:
            case Channel.EMAIL:
                return self.email_ready
            case Channel.SMS:
                return self.sms_ready
            case _:
                return False


def sending(connection: Connection) -> Sending:
    """Raises ``NoOrganisationError`` before the set-up."""
    found, settings = organisation.decided(connection)
    zone = ZoneInfo(found.time_zone)
    window = _window(zone, settings)
    frequency = FrequencyPolicy(settings.most_in_7_days, settings.most_in_90_days)
    elsewhere = {
        location_id: replace(window, zone=ZoneInfo(name))
        for location_id, name in store.zones(connection, found.time_zone)
    }
    return Sending(found, settings, zone, window, frequency, elsewhere)


def _window(zone: ZoneInfo, settings: OrganisationSettings) -> SendWindow:
    return SendWindow(
        zone,
        settings.window_opens,
        settings.window_closes,
        read_weekdays(settings.closed_weekdays),
        closed_days(settings.bank_holidays, settings.holidays),
    )


def review_facts(connection: Connection, content: Content, now: datetime, decided: Sending) -> ReviewFacts:
    """What the review of a campaign's content needs from the database."""
    today = decided.today(now)
    names = [
        each.name
        for each in store.locations(connection)
        if not content.location_ids or each.id in content.location_ids
    ]
    return ReviewFacts(
        now=now,
        today=today,
        practice_name=max([decided.practice_name, *names], key=len),
        longest=audience.longest_values(connection, content, today),
        sms_takes_replies=decided.sms_takes_replies,
        sms_link=decided.policy.opt_out_link,
        selected=audience.count(connection, content, today),
        selection_limit=decided.settings.selection_limit,
    )
