"""Who may be written to, written down a second time and as plainly as can be, from the rules alone.

Nothing here asks the program. It hears of each thing that happens and answers, for a message that is being
handed over, what forbids it.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MARKETING = ("promotions", "newsletters")

Key = tuple[str, str]
"""Channel and purpose."""


@dataclass
class Person:
    """What is on record about one patient; ``said`` holds (in or out, source) by channel and purpose."""

    status: str = "active"
    born_on: date | None = None
    email: str | None = None
    mobile: str | None = None
    restricted: set[str] = field(default_factory=set)
    said: dict[Key, tuple[str, str]] = field(default_factory=dict)
    withdrawn: list[tuple[datetime, str, str, str]] = field(default_factory=list)
    booked_at: list[datetime] = field(default_factory=list)

    def address(self, channel: str) -> str | None:
        if channel != "email":
            return self.mobile
        return None if self.email is None else self.email.casefold()


@dataclass(frozen=True)
class Message:
    """One message at the moment at which it is handed over."""

    at: datetime
    patient_id: str
    channel: str
    purpose: str
    address: str
    run_id: str
    approved_at: datetime


@dataclass
class Oracle:
    """``stopped`` are the addresses nobody may use, with the source that took them out first."""

    people: dict[str, Person] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    reset_months: dict[str, int] = field(default_factory=lambda: {"promotions": 1, "newsletters": 1})
    sent: list[Message] = field(default_factory=list)

    def restrict(self, at: datetime, who: str, purpose: str, by: str) -> None:
        person = self.people[who]
        if purpose not in person.restricted:
            person.restricted.add(purpose)
            person.withdrawn.append((at, by, "", purpose))

    def lift(self, who: str, purpose: str, asked_at: datetime, by: str) -> None:
        if not self._withdrawn_since(who, "", purpose, asked_at, by):
            self.people[who].restricted.discard(purpose)

    def say_no(self, at: datetime, who: str, key: Key, source: str, by: str) -> None:
        person = self.people[who]
        if person.said.get(key, ("", ""))[0] != "out":
            person.said[key] = ("out", source)
            person.withdrawn.append((at, by, *key))

    def say_yes(self, who: str, key: Key, source: str, asked_at: datetime, by: str) -> None:
        """A yes counts, unless the address is taken out or the no is newer than the asking (L10)."""
        person = self.people[who]
        if (person.address(key[0]) or "") in self.stopped or person.said.get(key, ("", ""))[0] == "in":
            return
        if not self._withdrawn_since(who, *key, asked_at, by):
            person.said[key] = ("in", source)

    def import_yes(self, who: str, key: Key) -> None:
        """An import never revives a no, and never overrules what was said before (L03, L07)."""
        person = self.people[who]
        if key not in person.said and key[1] not in person.restricted:
            self.say_yes(who, key, "import", datetime.max.replace(tzinfo=LONDON), "")

    def take_out(self, at: datetime, address: str, source: str) -> None:
        self.stopped.setdefault(address, source)
        if source == "stop_text":
            for who in self.holders(address):
                for purpose in MARKETING:
                    self.say_no(at, who, ("sms", purpose), source, "")

    def start(self, number: str) -> None:
        """The holder's own START brings back what a STOP took out, and nothing else (S6)."""
        if self.stopped.get(number) != "stop_text":
            return
        del self.stopped[number]
        for who in self.holders(number):
            for purpose in MARKETING:
                if self.people[who].said.get(("sms", purpose)) == ("out", "stop_text"):
                    self.people[who].said["sms", purpose] = ("in", "start_text")

    def erase(self, at: datetime, who: str) -> None:
        person = self.people[who]
        said_no = bool(person.restricted) or any(state == "out" for state, _ in person.said.values())
        for address in (person.address("email"), person.mobile):
            if address and (said_no or len(self.holders(address)) == 1):
                self.take_out(at, address, "erasure")
        del self.people[who]

    def holders(self, address: str) -> list[str]:
        return [who for who, each in self.people.items() if address in (each.address("email"), each.mobile)]

    def handed_over(self, message: Message, *, leaves: bool) -> list[str]:
        """What forbids the message; nothing when it may go. When it ``leaves``, it counts as sent."""
        wrong = list(self._wrong(message))
        if leaves:
            self.sent.append(message)
        return wrong

    def _wrong(self, message: Message) -> Iterator[str]:
        person = self.people.get(message.patient_id)
        if person is None:
            yield "the patient's data was erased"
            return
        marketing = message.purpose in MARKETING
        today = message.at.astimezone(LONDON).date()
        address = message.address.casefold()
        if person.address(message.channel) != address:
            yield "this is not the patient's address"
        if person.status in ("deceased", "archived") or (marketing and person.status == "inactive"):
            yield f"the patient is {person.status}"
        if marketing and person.born_on is not None and _birthday(person.born_on, 18) > today:
            yield "the patient is under 18"
        if message.purpose in person.restricted:
            yield "the patient asked for no messages of this kind"
        state, _ = person.said.get((message.channel, message.purpose), ("unknown", ""))
        if state == "out" or (marketing and state != "in"):
            yield f"the permission is {state}"
        if address in self.stopped:
            yield f"the address was taken out: {self.stopped[address]}"
        if marketing:
            yield from self._too_soon(message, person, today)
        for other in self.sent:
            if other.run_id == message.run_id and other.patient_id == message.patient_id:
                yield "the campaign wrote to the patient before"
            elif (other.run_id, other.channel) == (message.run_id, message.channel) and (
                other.address.casefold() == address
            ):
                yield "the campaign wrote to this address before"

    def _too_soon(self, message: Message, person: Person, today: date) -> Iterator[str]:
        if any(at > message.approved_at for at in person.booked_at):
            yield "the patient has booked since"
        mine = [each for each in self.sent if each.patient_id == message.patient_id]
        before = [each.at for each in mine if each.purpose in MARKETING]
        for days, most in ((7, 1), (90, 4)):
            if sum(at > message.at - timedelta(days=days) for at in before) >= most:
                yield f"the patient has had {most} in {days} days"
        months = self.reset_months[message.purpose]
        starts = [
            max(some).astimezone(LONDON).date()
            for some in ([each.at for each in mine if each.purpose == message.purpose], person.booked_at)
            if some
        ]
        until: date | None = None
        for start in sorted(starts):
            if months and (until is None or start >= until):
                until = _months_on(start, months)
        if until is not None and today < until:
            yield f"the patient rests until {until}"

    def _withdrawn_since(self, who: str, channel: str, purpose: str, asked_at: datetime, by: str) -> bool:
        return any(
            at > asked_at and by != whose and (channel, purpose) == (where, what)
            for at, whose, where, what in self.people[who].withdrawn
        )


def _birthday(born_on: date, age: int) -> date:
    """The day on which somebody comes of an age; born on 29 February, on 1 March (as the law counts)."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
