"""Why one patient is in or out: the rules, the channels, and what was or would be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from primoro_campaigns.desktop.campaign.words import When, address_words, channel_words, why_words
from primoro_campaigns.desktop.local.campaigns import RecipientRow
from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.desktop.moment import day_words
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.channel.choose import Chosen, refusal_in_words
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, Channel
from primoro_campaigns.domain.consent.rules import Cleared, Refused
from primoro_campaigns.domain.delivery.explanation import Explained
from primoro_campaigns.domain.delivery.model import DELIVERY_WORDS
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

MOST_FOUND = 8

GONE = "This record is no longer here."
NOT_IN = "Is not among the patients whom this campaign selects."


@dataclass(frozen=True)
class Line:
    """One rule or one channel: ``good`` where it speaks for the message, ``more`` is what the record says."""

    good: bool
    words: str
    more: str


@dataclass(frozen=True)
class Answer:
    """``said`` is what is or was done; ``rules`` and ``channels`` are the record of today."""

    name: str
    said: str
    rules_title: str = ""
    rules: tuple[Line, ...] = ()
    channels_title: str = ""
    channels: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A patient found by name."""

    patient_id: PatientId
    words: str


class Source(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def find(self, text: str, limit: int) -> Sequence[PatientRow]: ...

    def explain(self, patient_id: PatientId) -> tuple[str, Explained] | None:
        """The patient's name, and what the rules and the gate say; None when the record is gone."""
        ...

    def said(self, patient_id: PatientId) -> str:
        """What was done with this patient, or would be; empty where the campaign does not know them."""
        ...


class View(Protocol):
    def show_hits(self, hits: Sequence[Hit]) -> None: ...

    def show_answer(self, answer: Answer) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


T = TypeVar("T")


class Explaining:
    """Answers about one patient after the other; an older question is given up."""

    def __init__(self, view: View, source: Source, runner: Running) -> None:
        self._view = view
        self._source = source
        self._runner = runner
        self._asking: Ticket | None = None

    def search(self, text: str) -> None:
        """Offer the patients whose names begin so; none for an empty text."""

        def read(_ticket: Ticket) -> Sequence[Hit]:
            rows = self._source.find(text, MOST_FOUND) if text else ()
            return [_hit(row) for row in rows]

        self._ask(read, self._view.show_hits)

    def choose(self, patient_id: PatientId) -> None:
        def read(_ticket: Ticket) -> Answer:
            found = self._source.explain(patient_id)
            if found is None:
                return Answer("", GONE)
            name, explained = found
            return answer(name, explained, self._source.said(patient_id))

        self._ask(read, self._view.show_answer)

    def close(self) -> None:
        if self._asking is not None:
            self._asking.stop()

    def _ask(self, read: Callable[[Ticket], T], then: Callable[[T], None]) -> None:
        self.close()
        self._asking = self._runner.run(read, then, self._view.say_error)


def answer(name: str, explained: Explained, said: str) -> Answer:
    """Put into words by the same functions as the server's."""
    rules, choice = explained.rules, explained.choice
    decisive = [Line(each.holds, each.words, _recorded(each.found)) for each in rules.decisive]
    if not explained.within:
        decisive.insert(0, Line(False, "Belongs to a location that this campaign is not for", ""))
    if explained.is_in:
        title = "In the audience: these rules select this patient" if decisive else "In the audience"
    else:
        title = "Not in the audience: these rules leave this patient out"
    chosen = choice.cleared.channel if isinstance(choice, Chosen) else None
    channels = tuple(_channel(channel, each, choice, chosen) for channel, each in explained.answers.items())
    return Answer(
        name=name,
        said=said or NOT_IN,
        rules_title=title,
        rules=tuple(decisive),
        channels_title="Where this patient may be written to today, in the order in which it is tried",
        channels=channels,
    )


def became(rows: Sequence[RecipientRow], when: When) -> str:
    """What the ledger says of one patient, a sentence a line; empty where there is none."""
    return "\n".join(_became(row, when) for row in rows)


def _became(row: RecipientRow, when: When) -> str:
    where = ""
    if row.channel is not None and row.address:
        where = f", by {channel_words(row.channel)} to {address_words(row.channel, row.address)}"
    why = why_words(row)
    ends = "" if why.endswith(".") else "."
    return f"{DELIVERY_WORDS[row.state]}, {when(row.at)}{where}{f': {why}{ends}' if why else '.'}"


def _recorded(found: str) -> str:
    return f"On record: {found}" if found else ""


def _channel(channel: Channel, each: Cleared | Refused, choice: object, chosen: Channel | None) -> Line:
    name = CHANNEL_WORDS[channel]
    if isinstance(each, Refused):
        until = f", until {day_words(each.until)}" if each.until is not None else ""
        return Line(False, name, f"No: {refusal_in_words(channel, each.reason)}{until}")
    where = address_words(channel, each.address)
    if channel is chosen and isinstance(choice, Chosen):
        why = choice.why.removeprefix(f"{name}: ")
        return Line(True, name, f"Chosen, to {where}: {why}")
    return Line(True, name, f"Possible, to {where}")


def _hit(row: PatientRow) -> Hit:
    name = f"{row.family_name}, {row.given_name}".strip(", ")
    born = "" if row.born_on is None else f", born {day_words(row.born_on)}"
    return Hit(row.patient_id, f"{name}{born}")
