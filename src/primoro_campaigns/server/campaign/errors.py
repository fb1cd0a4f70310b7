"""The refusals of this room, in words."""

from datetime import datetime

from primoro_campaigns.domain.errors import ConflictError, NotAllowedError, NotFoundError, PrimoroError


class CampaignGoneError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "This campaign is no longer there.",
            "Nothing was changed. Somebody may have deleted it, or it belongs to another location.",
            "campaign.gone",
        )


class NameTakenError(PrimoroError):
    """Names are unique in the organisation, whatever the capitals (domain.md E11)."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a campaign called “{name}” already.",
            "Your draft is kept on this computer. Give it another name; patients never see it.",
            "campaign.name_taken",
        )


class NotYoursError(NotAllowedError):
    def __init__(self, owner_name: str) -> None:
        super().__init__(
            f"This draft belongs to {owner_name or 'somebody else'}.",
            "Nothing was changed. Ask a manager to take it over, or make a copy.",
            "campaign.not_yours",
        )


class OtherLocationsError(NotAllowedError):
    def __init__(self) -> None:
        super().__init__(
            "You can write only to patients of your own locations.",
            "Your draft is kept on this computer. Choose your locations in it and save it again.",
            "campaign.other_locations",
        )


class BothKeptError(ConflictError):
    """Two people changed the same draft. Raised by nobody: it is the answer after the copy was kept."""

    def __init__(self, name: str, copy_name: str, who: str) -> None:
        super().__init__(
            f"{who or 'Somebody'} changed “{name}” at the same time.",
            f"Both versions are kept: yours is the draft “{copy_name}”.",
            "campaign.both_kept",
        )


class ChangedSinceError(ConflictError):
    """An approval or submit binds to exactly what the person saw."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"“{name}” was changed after you looked at it.",
            "Nothing was sent. Read it again and decide once more.",
            "campaign.changed_since",
        )


class StaleApprovalError(PrimoroError):
    """ "Send now" meant then, not now."""

    def __init__(self, made: str) -> None:
        super().__init__(
            f"You approved this at {made} to be sent at once, and it arrives only now.",
            "Nothing was sent. If you still want it to go now, approve it again.",
            "campaign.stale_approval",
        )


class OutsideWindowError(PrimoroError):
    """An instant send outside the sending hours asks first."""

    def __init__(self, opens: str, closes: str, next_opening: str) -> None:
        super().__init__(
            f"It is outside the sending hours ({opens} to {closes}).",
            f"Nothing was sent. Send it now all the same, or schedule it for {next_opening}.",
            "campaign.outside_window",
        )


class TimePassedError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "The time of this send has passed.",
            "Nothing was sent. Choose a time to come, or send it now.",
            "campaign.time_passed",
        )


class NoTimeError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "A scheduled send needs a day and a time.", "Nothing was sent. Choose them.", "campaign.no_time"
        )


class KindNotReadyError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "This server does not run journeys yet.",
            "Nothing was sent. Make it a one-off or an ongoing campaign, or keep it as a draft.",
            "campaign.kind_not_ready",
        )


class NobodyLeftError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "There is nobody whom this campaign certainly did not reach.",
            "Nothing was sent. To write to more patients, make a copy of the campaign.",
            "campaign.nobody_left",
        )


class SentBeforeError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "This campaign has been sent before, so its record is kept.",
            "Nothing was deleted.",
            "campaign.sent_before",
        )


def in_words(instant: datetime) -> str:
    """ "21 Nov, 14:05", for an instant already on the practice's clock."""
    return f"{instant.day} {instant:%b, %H:%M}"
