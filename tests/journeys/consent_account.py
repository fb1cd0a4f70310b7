"""Who said what about consent, and what was known where it was said: an account kept beside the program."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.ids import EventId, PatientId


@dataclass(frozen=True)
class Subject:
    """What is wanted or not. ``channel`` None is a restriction: the purpose on every channel."""

    patient_id: PatientId
    purpose: Purpose
    channel: Channel | None = None


@dataclass(frozen=True)
class Said:
    """``no``: a withdrawal. ``seen``: the withdrawals that were known where a yes was recorded.

    ``event_id`` is None for what reached the server without a desk.
    """

    subject: Subject
    no: bool
    event_id: EventId | None
    seen: frozenset[int] = frozenset()


class ConsentAccount:
    """All that was said, in the order in which it was said."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def no(self, subject: Subject, event_id: EventId | None = None) -> int:
        """Returns the number of this withdrawal."""
        self.said.append(Said(subject, True, event_id))
        return len(self.said) - 1

    def yes(self, subject: Subject, known: Collection[int], event_id: EventId | None = None) -> None:
        self.said.append(Said(subject, False, event_id, frozenset(known) & self._noes(subject)))

    def at_server(self, outcomes: Mapping[str, str]) -> set[int]:
        """The withdrawals that have arrived; ``outcomes`` are the server's answers by event."""
        return {
            number
            for number, said in enumerate(self.said)
            if said.no and (said.event_id is None or said.event_id in outcomes)
        }

    def wrong(self, stopped: Collection[Subject], outcomes: Mapping[str, str]) -> Iterator[str]:
        """What is wrong once everything has arrived. ``stopped`` is what the server holds back.

        A withdrawal holds unless somebody who knew of it took it back; who may withdraw is never refused.
        """
        for number, said in enumerate(self.said):
            if said.no and said.event_id is not None and outcomes[said.event_id] != "applied":
                yield f"withdrawal {number} was {outcomes[said.event_id]}: {said.subject}"
            taken_back = any(
                each.subject == said.subject
                and number in each.seen
                and (each.event_id is None or outcomes[each.event_id] == "applied")
                for each in self.said
            )
            if said.no and said.subject not in stopped and not taken_back:
                yield f"withdrawal {number} is lost: {said.subject}"

    def _noes(self, subject: Subject) -> frozenset[int]:
        return frozenset(
            number for number, said in enumerate(self.said) if said.no and said.subject == subject
        )
