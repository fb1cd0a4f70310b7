"""What the practice decided about sending: the numbers that the gate is asked with."""

from dataclasses import dataclass
from datetime import time, tzinfo

from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.schedule.holiday import closed_days, read_weekdays
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from primoro_campaigns.domain.schedule.window import SendWindow


@dataclass(frozen=True)
class SendingPolicy:
    """The defaults are those of decisions.md, on the cautious side where there is none.

    ``practice_name`` is the name under which the practice writes. ``reset_months_…`` 0 is no rest,
    ``most_in_…`` 0 no limit. ``hold_days``: for so long after its time a campaign waits for patients who rest
    or have had enough. Times are local to the practice; closed days are written as in its settings.
    ``email_ready``: the server can send e-mail. ``sms_takes_replies`` is False for a sender that is a
    name; ``opt_out_link`` is as long as each link will be, and empty while there is no public address.
    """

    practice_name: str = ""
    soft_opt_in_allowed: bool = False
    reset_months_promotions: int = 1
    reset_months_newsletters: int = 1
    most_in_7_days: int = 1
    most_in_90_days: int = 4
    hold_days: int = 7
    selection_limit: int = 500
    window_opens: time = time(10)
    window_closes: time = time(18)
    closed_weekdays: str = ""
    bank_holidays: str = ""
    holidays: str = ""
    email_ready: bool = True
    sms_takes_replies: bool = True
    opt_out_link: str = ""

    @property
    def frequency(self) -> FrequencyPolicy:
        return FrequencyPolicy(self.most_in_7_days, self.most_in_90_days)

    def window(self, zone: tzinfo) -> SendWindow:
        """The hours in which the practice sends."""
        return SendWindow(
            zone,
            self.window_opens,
            self.window_closes,
            read_weekdays(self.closed_weekdays),
            closed_days(self.bank_holidays, self.holidays),
        )

    def reset_months(self, purpose: Purpose) -> int:
        """How long a patient rests from a purpose after a message of it or a booking (domain.md E20)."""
        match purpose:
            case Purpose.PROMOTIONS:
                return self.reset_months_promotions
            case Purpose.NEWSLETTERS:
                return self.reset_months_newsletters
            case Purpose.IMPORTANT:
                return 0
