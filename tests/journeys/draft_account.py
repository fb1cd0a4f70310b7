"""Which versions of a draft were saved, and what was known where each was saved or deleted."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from primoro_campaigns.domain.ids import CampaignId, EventId


@dataclass(frozen=True)
class Stroke:
    """A save of ``version``, or a deletion where it is None. ``seen`` are the versions known there."""

    campaign_id: CampaignId
    version: int | None
    seen: frozenset[int]


class DraftAccount:
    """By the event that carries it; typing on replaces what was not sent."""

    def __init__(self) -> None:
        self._strokes: dict[EventId, Stroke] = {}

    def stroke(
        self, event_id: EventId, campaign_id: CampaignId, version: int | None, seen: Collection[int]
    ) -> None:
        self._strokes[event_id] = Stroke(campaign_id, version, frozenset(seen))

    def lost(self, present: Collection[int], codes: Mapping[str, str]) -> Iterator[str]:
        """Versions that were taken in and are gone, though nobody who knew them replaced or deleted them.

        ``present`` are those that the server has. ``codes`` are its answers, empty for what it applied.
        """
        for event_id, saved in self._strokes.items():
            if saved.version is None or codes.get(event_id) not in ("", "campaign.both_kept"):
                continue
            replaced = any(
                codes.get(other) == ""
                and each.campaign_id == saved.campaign_id
                and saved.version in each.seen
                for other, each in self._strokes.items()
            )
            if saved.version not in present and not replaced:
                yield f"version {saved.version} of {saved.campaign_id} is lost"
