"""Who of the audience gets the message, on which channel, and who does not and why.

``plan`` reads its candidates once. Who is refused comes out at once; those whom the gate cleared come out at
the end, when it is known who shares an address with whom. So the memory it takes grows with the patients
cleared, not with the audience.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import Chosen, channels_of, choose
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Channel, Refusal
from primoro_campaigns.domain.consent.rules import WAITS, Cleared, Refused, Standing, clear, objection
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.domain.patient.household import Member, guardian_of, precedence
from primoro_campaigns.domain.patient.model import PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy


@dataclass(frozen=True)
class Candidate:
    """One patient that the audience's rules selected.

    ``standings`` has one entry for every channel of the campaign's policy.
    """

    member: Member
    preferred: Channel | None
    standings: Mapping[Channel, Standing]


@dataclass(frozen=True)
class Planned:
    """This patient gets the message, at ``cleared.address``.

    ``stands_for`` are those on whose behalf alone a guardian gets it whom the rules did not select. Once all
    of them object, it is not to go (``against``).
    """

    cleared: Cleared
    why: str
    stands_for: tuple[PatientId, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """This patient does not get it, at least not now.

    ``instead`` is who does, where somebody at the same address does, or a minor's guardian. ``until`` is the
    day a rest ends, where it is known. ``stands_for`` as in ``Planned``, for a guardian who waits.
    """

    patient_id: PatientId
    channel: Channel
    reason: Refusal
    why: str
    instead: PatientId | None = None
    until: date | None = None
    stands_for: tuple[PatientId, ...] = ()

    @property
    def waits(self) -> bool:
        """True when the message may still go later, if the campaign's time allows: held, not lost."""
        return self.reason in WAITS


GUARDIAN_GETS_IT = "Is under 18: the message goes to the guardian"
NO_GUARDIAN = "Is under 18, and no adult of the household is on file"

_NEVER_A_GUARDIAN = frozenset({PatientStatus.DECEASED, PatientStatus.ARCHIVED})


def plan(
    candidates: Iterable[Candidate | Skipped],
    channel_policy: ChannelPolicy,
    moment: datetime,
    today: date,
    frequency: FrequencyPolicy,
    may_be_shared: Callable[[Channel, str], bool] = lambda _channel, _key: True,
    guardians: Callable[[], Iterable[Candidate]] | None = None,
) -> Iterator[Planned | Skipped]:
    """One answer for each candidate: every patient is in exactly once.

    Whom the gate refused already, for good and not as a minor, may come as the answer (``storage.gate_sql``).

    ``may_be_shared`` says of a channel and an ``address_key`` whether several of the candidates may have it;
    the others come out at once, so that the memory this takes grows with the shared addresses alone.
    ``guardians`` gives the members of the minors' households who may be their guardians. It is called when
    the candidates have been read, and one who gets the message in place of a minor (domain.md L20) is
    answered for too. Without it minors are left out, and nobody is asked for them.

    ``today`` is the day it is at the practice. Of the patients who share an address on a channel, and who may
    all be written to there, one gets the message: the head of the household, else the eldest adult, else the
    lowest id (domain.md L22). The others are skipped and name that one in ``instead``.
    """
    planning = _Planning(channel_policy, moment, today, frequency, may_be_shared, guardians is not None)
    for candidate in candidates:
        if isinstance(candidate, Skipped):
            yield candidate
        else:
            yield from planning.of(candidate)
    if guardians is not None:
        yield from planning.of_minors(guardians)
    for (channel, _), household in planning.households.items():
        yield from _of_household(household, channel, today)


class _Planning:
    """``households`` are those whose answers depend on each other; they come out last."""

    def __init__(
        self,
        channel_policy: ChannelPolicy,
        moment: datetime,
        today: date,
        frequency: FrequencyPolicy,
        may_be_shared: Callable[[Channel, str], bool],
        asks_guardians: bool,
    ) -> None:
        self._channel_policy = channel_policy
        self._moment = moment
        self._today = today
        self._frequency = frequency
        self._may_be_shared = may_be_shared
        self._asks_guardians = asks_guardians
        self.households: dict[tuple[Channel, str], list[tuple[Member, Planned | Skipped]]] = {}
        self._minors: dict[str, list[Skipped]] = {}
        self._refused: dict[PatientId, str] = {}
        """Of the adults of households: why not, empty for those who get it, now or later."""

    def of(self, candidate: Candidate) -> Iterator[Planned | Skipped]:
        answer = self._answer(candidate)
        household_id = candidate.member.household_id
        if isinstance(answer, Skipped) and answer.reason is Refusal.UNDER_18 and self._asks_guardians:
            no = _objection(candidate)
            if no is not None:
                yield replace(answer, why=f"Is under 18, and {_lower(REFUSAL_WORDS[no])}")
            elif household_id is None:
                yield replace(answer, why=NO_GUARDIAN)
            else:
                self._minors.setdefault(household_id, []).append(answer)
            return
        if household_id is not None:
            gets_it = isinstance(answer, Planned) or answer.waits
            self._refused[candidate.member.patient_id] = "" if gets_it else answer.why
        yield from self._out(candidate, answer)

    def of_minors(self, guardians: Callable[[], Iterable[Candidate]]) -> Iterator[Planned | Skipped]:
        """The minors, and those guardians who get it and were not answered for yet."""
        if not self._minors:
            return
        able: dict[str, dict[PatientId, Candidate]] = {}
        for each in guardians():
            status = next(iter(each.standings.values())).status
            if each.member.household_id in self._minors and status not in _NEVER_A_GUARDIAN:
                able.setdefault(each.member.household_id, {})[each.member.patient_id] = each
        for household_id, minors in self._minors.items():
            household = able.get(household_id, {})
            guardian = guardian_of((each.member for each in household.values()), self._today)
            if guardian is None:
                yield from (replace(minor, why=NO_GUARDIAN) for minor in minors)
                continue
            if guardian.patient_id not in self._refused:
                children = tuple(minor.patient_id for minor in minors)
                yield from self._as_guardian(household[guardian.patient_id], children)
            why = self._refused[guardian.patient_id]
            for minor in minors:
                if why:
                    words = f"Is under 18, and the guardian would not get it: {_lower(why)}"
                    yield replace(minor, why=words)
                else:
                    yield replace(minor, why=GUARDIAN_GETS_IT, instead=guardian.patient_id)

    def _as_guardian(
        self, candidate: Candidate, children: tuple[PatientId, ...]
    ) -> Iterator[Planned | Skipped]:
        """Somebody who was not selected is answered for only when there is a message, now or later."""
        answer = self._answer(candidate)
        self._refused[candidate.member.patient_id] = ""
        if isinstance(answer, Planned):
            why = f"{answer.why}; as the guardian"
            yield from self._out(candidate, replace(answer, why=why, stands_for=children))
        elif answer.waits:
            yield from self._out(candidate, replace(answer, stands_for=children))
        else:
            self._refused[candidate.member.patient_id] = answer.why

    def _answer(self, candidate: Candidate) -> Planned | Skipped:
        channels = channels_of(self._channel_policy, candidate.preferred)
        answers = {
            each: clear(candidate.standings[each], self._moment, self._today, self._frequency)
            for each in channels
        }
        choice = choose(self._channel_policy, candidate.preferred, answers)
        if isinstance(choice, Chosen):
            return Planned(choice.cleared, choice.why)
        answer = answers[choice.channel]
        until = answer.until if isinstance(answer, Refused) and answer.reason is choice.reason else None
        return Skipped(candidate.member.patient_id, choice.channel, choice.reason, choice.why, until=until)

    def _out(self, candidate: Candidate, answer: Planned | Skipped) -> Iterator[Planned | Skipped]:
        """The answer now, or with those who share its address."""
        if isinstance(answer, Planned):
            channel, address = answer.cleared.channel, answer.cleared.address
        else:
            channel, address = answer.channel, candidate.standings[answer.channel].address or ""
        # Who waits would get it later, at an address that somebody else was written to by then.
        if address and (isinstance(answer, Planned) or answer.waits):
            key = (channel, address_key(address))
            if self._may_be_shared(*key):
                self.households.setdefault(key, []).append((candidate.member, answer))
                return
        yield answer


def against(stands_for: Iterable[Candidate | None]) -> Refusal | None:
    """Why a guardian's message is not to go any more: all those for whom alone it was planned object by now,
    or are no longer on file (None). None while one of them does not; and where there are none.
    """
    reasons = [Refusal.GONE if each is None else _objection(each) for each in stands_for]
    return None if None in reasons else next(iter(reasons), None)


def _objection(candidate: Candidate) -> Refusal | None:
    return next(filter(None, map(objection, candidate.standings.values())), None)


def _lower(words: str) -> str:
    """As part of a sentence; "SMS" and "E-mail: …" stay as they are."""
    return words if ":" in words or words[:2].isupper() else words[0].lower() + words[1:]


def _of_household(
    household: Sequence[tuple[Member, Planned | Skipped]], channel: Channel, today: date
) -> Iterator[Planned | Skipped]:
    """One answer for each member; those who wait keep their own as long as nobody else gets it now."""
    planned = [(member, answer) for member, answer in household if isinstance(answer, Planned)]
    if not planned:
        yield from (answer for _, answer in household)
        return
    first = min(planned, key=lambda each: precedence(each[0], today))
    if first[1].stands_for:
        # Who was selected, and has the guardian's address, is one more for whom the guardian gets it.
        selected = tuple(member.patient_id for member, answer in planned if not answer.stands_for)
        yield replace(first[1], stands_for=first[1].stands_for + selected)
    else:
        yield first[1]
    for member, answer in household:
        if answer is not first[1]:
            yield Skipped(
                member.patient_id,
                channel,
                Refusal.SAME_ADDRESS,
                REFUSAL_WORDS[Refusal.SAME_ADDRESS],
                instead=first[0].patient_id,
            )
