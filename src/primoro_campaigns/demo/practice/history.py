"""What happened to a made-up patient: visits, recalls, proposals, and what they said about messages."""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from primoro_campaigns.demo.practice import names
from primoro_campaigns.demo.practice.person import Answer, Person, Planned, Silenced, Stop, Visit, Written

ZONE = ZoneInfo("Europe/London")
_YEARS = 3
_CHANNEL_WORDS = {"email": "e-mail", "sms": "text"}
_TITLES = (
    ("newsletters", "Autumn newsletter"),
    ("promotions", "Whitening week"),
    ("promotions", "Spring check-up"),
)


class History:
    """Lives each patient's last years up to ``today``, from one stream of chance."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self._random = chance
        self._today = today
        self._midnight = datetime.combine(today, time(), UTC)

    def live(self, person: Person) -> None:
        if not person.is_lead:
            self._visits(person)
            self._recall(person)
            self._proposals(person)
        self._say(person)
        self._write_to(person)

    def _visits(self, person: Person) -> None:
        rng = self._random
        habit = rng.random()
        # Regular patients come twice a year, others now and then, the rest stopped coming.
        gap, until = (183, 0) if habit < 0.55 else (400, 0) if habit < 0.8 else (220, rng.randint(400, 1000))
        if person.status != "active":
            until = max(until, rng.randint(120, 1000))
        back = until + rng.randint(1, gap)
        while back < _YEARS * 365:
            day = self._workday(self._today - timedelta(days=back))
            if person.born_on is not None and day < person.born_on:
                break
            chance = rng.random()
            status = "attended" if chance < 0.86 else "cancelled" if chance < 0.94 else "missed"
            person.visits.append(self._visit(day, status))
            back += int(gap * rng.uniform(0.7, 1.5)) + 1
        if person.status == "active" and habit < 0.8 and rng.random() < 0.42:
            day = self._workday(self._today + timedelta(days=rng.randint(5, 200)))
            person.visits.append(self._visit(day, "cancelled" if rng.random() < 0.07 else "booked"))

    def _visit(self, day: date, status: str) -> Visit:
        rng = self._random
        treatment, pence = names.TREATMENTS[min(int(rng.expovariate(0.9)), len(names.TREATMENTS) - 1)]
        start = time(rng.randint(8, 16), rng.choice((0, 15, 30, 45)))
        moment = datetime.combine(day, start, ZONE).astimezone(UTC)
        return Visit(moment, day, status, rng.choice((15, 30, 30, 45, 60)), treatment, pence)

    def _workday(self, day: date) -> date:
        """That day, or the Friday before."""
        return day - timedelta(days=max(0, day.weekday() - 4))

    def _recall(self, person: Person) -> None:
        attended = [visit.on for visit in person.visits if visit.status == "attended"]
        if attended and person.status == "active" and self._random.random() < 0.8:
            person.recall_due_on = max(attended) + timedelta(days=self._random.choice((91, 183, 183, 365)))

    def _proposals(self, person: Person) -> None:
        rng = self._random
        if person.visits and rng.random() < 0.14:
            name = names.TREATMENTS[rng.randint(3, len(names.TREATMENTS) - 1)][0]
            on = min(person.visits[0].on, self._today)
            person.planned.append(Planned(name, on, rng.random() < 0.4))

    def _say(self, person: Person) -> None:
        """About three in four were ever asked; of those most said yes to some of it."""
        rng = self._random
        if rng.random() < 0.05:
            source = rng.choice(("staff", "staff", "unsubscribe_page", "one_click"))
            by_name = rng.choice(names.BY_NAMES[:4]) if source == "staff" else ""
            person.stops.append(Stop("promotions", self.once(), source, by_name))
            if rng.random() < 0.5:
                person.stops.append(Stop("newsletters", self.once(), source, by_name))
        if rng.random() > 0.76:
            return
        at, by_name = self.once(), rng.choice(names.BY_NAMES)
        for channel, address in (("email", person.email), ("sms", person.mobile)):
            if address is None:
                continue
            chance = rng.random()
            state = "opted_in" if chance < 0.72 else "opted_out" if chance < 0.88 else "unknown"
            soft = state == "unknown" and rng.random() < 0.5
            purposes = ("promotions", "newsletters") if rng.random() < 0.7 else ("promotions",)
            how = rng.choice(names.HOW_OUT if state == "opted_out" else names.HOW_IN)
            if soft:
                how = "Asked about treatment, was told of news by this channel and how to refuse it"
            for purpose in purposes:
                person.answers.append(
                    Answer(
                        channel,
                        purpose,
                        state,
                        at,
                        "staff",
                        by_name,
                        how if state != "unknown" or soft else "",
                        "" if state == "opted_out" else names.WORDING.format(channel=_CHANNEL_WORDS[channel]),
                        soft,
                    )
                )

    def bounce(self, members: list[Person]) -> None:
        """Now and then mail to a household came back."""
        head = members[0]
        if head.email_state == "ok" and self._random.random() < 0.005:
            at = self.once()
            for person in members:
                if person.email == head.email:
                    person.email_silenced = Silenced(at, "bounce")

    def texts_stop(self, members: list[Person]) -> bool:
        """Whether somebody texted STOP from the household's number, as happens now and then."""
        return members[0].mobile_state == "ok" and self._random.random() < 0.008

    def stop_texts(self, person: Person, at: datetime) -> None:
        """What a STOP from the number leaves behind on the file of each person who holds it."""
        person.mobile_silenced = Silenced(at, "stop_text")
        person.answers = [answer for answer in person.answers if answer.channel != "sms"]
        person.answers += [
            Answer("sms", purpose, "opted_out", at, "stop_text", "", "Replied STOP", "", False)
            for purpose in ("promotions", "newsletters")
        ]

    def _write_to(self, person: Person) -> None:
        """Some who said yes had a message of an earlier campaign."""
        rng = self._random
        for answer in person.answers:
            if answer.state != "opted_in" or person.stops or rng.random() > 0.12:
                continue
            reached = person.email_state if answer.channel == "email" else person.mobile_state
            purpose, title = rng.choice(_TITLES)
            if reached == "ok" and purpose == answer.purpose and person.status == "active":
                person.written.append(Written(self.once(), answer.channel, purpose, title))

    def once(self) -> datetime:
        """Some working minute of the last two years."""
        back = timedelta(days=self._random.randint(2, 700), minutes=self._random.randint(0, 500))
        return self._midnight - back + timedelta(hours=17)
