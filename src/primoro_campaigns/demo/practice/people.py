"""Makes up a practice's patients, household by household: the same ones for the same seed and day."""

import random
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate

from primoro_campaigns.demo.practice import names
from primoro_campaigns.demo.practice.history import History
from primoro_campaigns.demo.practice.mobiles import Mobiles
from primoro_campaigns.demo.practice.person import Person

_SIZES = (1,) * 52 + (2,) * 28 + (3,) * 10 + (4,) * 8 + (5,) * 2
_MAIL_HOSTS = ("example.org", "example.com", "example.net")
_BAD_MAIL = ("{0}@", "{0}.example.org", "{0}@@example.org", "{0} @example com", "none", "{0}@example")
_BAD_MOBILE = ("07700 9001", "0770", "ask wife", "07700 900 12", "n/a", "mobile off")
_INWARD = "ABDEFGHJLNPQRSTUWXYZ"


class People:
    """``count`` patients of ``places`` practices with ``dentists`` in each, as they stand on ``today``."""

    def __init__(
        self, seed: int, count: int, places: int, dentists: int, today: date, mobiles: Mobiles
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - nothing secret is made from it
        self._count = count
        self._all_places = range(places)
        # The first location is the largest, as where a group grew from.
        self._weights = list(accumulate(1 / (place + 1) for place in range(places)))
        self._dentists = dentists
        self._today = today
        self._history = History(self._random, today)
        self._households = 0
        self._mobiles = mobiles
        self._mailboxes = 0

    def __iter__(self) -> Iterator[Person]:
        made = 0
        while made < self._count:
            for person in self._household(made + 1):
                if made == self._count:
                    return
                made += 1
                yield person

    def _household(self, first_number: int) -> list[Person]:
        rng = self._random
        size = rng.choice(_SIZES)
        self._households += 1
        place = rng.choices(self._all_places, cum_weights=self._weights)[0]
        town, district, dialling = names.TOWNS[place % len(names.TOWNS)]
        family = self._family()
        address = f"{rng.randint(1, 180)} {rng.choice(names.STREETS)}"
        if rng.random() < 0.15:
            address = f"Flat {rng.randint(1, 24)}, {address}"
        postcode = (
            f"{district} {rng.randint(1, 9)}{rng.choice('ABDEFGHJLNPQRSTUWXYZ')}{rng.choice('ABDEFGHJLNPQ')}"
        )
        landline = f"{dialling}{rng.randint(0, 999):03d}" if rng.random() < 0.38 else None
        members: list[Person] = []
        for position in range(size):
            is_child = position >= 2 or (position == 1 and rng.random() < 0.18)
            own_family = family if position == 0 or rng.random() < 0.85 else self._family()
            person = self._child(own_family) if is_child else self._adult(own_family, members)
            person.number = first_number + position
            person.place = place
            person.dentist = (
                None if rng.random() < 0.06 else place * self._dentists + rng.randrange(self._dentists)
            )
            person.household = self._households if size > 1 else 0
            person.is_head = position == 0 and size > 1
            if rng.random() > 0.02:
                person.address_line, person.town, person.postcode = address, town, postcode
            if landline is not None and rng.random() < 0.9:
                person.landline = landline
                person.landline_e164 = _e164(landline)
            self._reach(person, members[0] if members else None, is_child, dialling)
            members.append(person)
        for person in members:
            self._history.live(person)
        self._history.bounce(members)
        if self._history.texts_stop(members):
            self._silence(members, self._mobiles.quiet())
        return members

    def _silence(self, members: list[Person], number: str | None) -> None:
        if number is not None:
            at = self._history.once()
            shared = members[0].mobile
            for person in members:
                if person.mobile == shared:
                    person.mobile, person.mobile_e164 = number, _e164(number)
                    self._history.stop_texts(person, at)

    def _family(self) -> str:
        rng = self._random
        chance = rng.random()
        if chance < 0.004:
            return rng.choice(names.LONG_FAMILY)
        if chance < 0.045:
            return f"{rng.choice(names.FAMILY)}-{rng.choice(names.FAMILY)}"
        return rng.choice(names.FAMILY)

    def _adult(self, family: str, members: list[Person]) -> Person:
        rng = self._random
        given, title = rng.choice(names.GIVEN)
        if rng.random() < 0.004:
            given = rng.choice(names.LONG_GIVEN)
        # The second adult of a household is about as old as the first.
        head_born_on = members[0].born_on if members else None
        if head_born_on is not None:
            like = head_born_on + timedelta(days=rng.randint(-1500, 1500))
            born_on: date | None = min(like, self._today - timedelta(days=19 * 366))
        else:
            age = min(97, max(18, int(rng.gauss(48, 18))))
            born_on = self._today - timedelta(days=age * 365.25 + rng.randint(1, 364))
        person = Person(0, title, given, family, born_on)
        chance = rng.random()
        if chance < 0.07:
            person.is_lead = True
            if rng.random() < 0.6:
                person.born_on = None
        elif chance < 0.10 or (born_on is not None and born_on.year < 1945 and chance < 0.22):
            person.status = "deceased"
        elif chance < 0.21:
            person.status = "inactive"
        elif chance < 0.225:
            person.status = "archived"
        if rng.random() < 0.12:
            person.tags = tuple(sorted(rng.sample(names.TAGS, rng.choice((1, 1, 2)))))
        chance = rng.random()
        person.preferred = "email" if chance < 0.25 else "sms" if chance < 0.5 else None
        return person

    def _child(self, family: str) -> Person:
        rng = self._random
        born_on = self._today - timedelta(days=rng.randint(200, 18 * 365))
        return Person(0, "", rng.choice(names.CHILD), family, born_on)

    def _reach(self, person: Person, head: Person | None, is_child: bool, dialling: str) -> None:
        """Give the person ways to be reached: own ones, the household's, wrong ones, or none."""
        rng = self._random
        chance = rng.random()
        if head is not None and chance < (0.7 if is_child else 0.09):
            person.mobile, person.mobile_e164 = head.mobile, head.mobile_e164
            person.mobile_state = head.mobile_state
        elif chance < 0.76:
            person.mobile, person.mobile_state = self._mobiles.fresh(), "ok"
            person.mobile_e164 = _e164(person.mobile)
        elif chance < 0.785:
            person.mobile, person.mobile_state = f"{dialling}{rng.randint(0, 999):03d}", "landline"
            person.mobile_e164 = _e164(person.mobile)
        elif chance < 0.80:
            person.mobile, person.mobile_state = rng.choice(_BAD_MOBILE), "invalid"
        chance = rng.random()
        if head is not None and chance < (0.75 if is_child else 0.12):
            person.email, person.email_state = head.email, head.email_state
        elif is_child and chance > 0.05:
            pass
        elif chance < 0.80:
            person.email, person.email_state = self._email(person), "ok"
        elif chance < 0.815:
            person.email = rng.choice(_BAD_MAIL).format(_ascii(person.given))
            person.email_state = "invalid"

    def _email(self, person: Person) -> str:
        rng = self._random
        given, family = _ascii(person.given), _ascii(person.family)
        form = rng.choice(("{0}.{1}{2}", "{0}{1}{2}", "{0}_{1}{2}", "{1}.{0}{2}"))
        self._mailboxes += 1
        # The end of it is what tells one mailbox from the next; at most 64 characters may stand before the @.
        name = form.format(given, family, self._mailboxes)[-60:].lstrip("._")
        return f"{name}@{rng.choice(_MAIL_HOSTS)}"


def _e164(number: str) -> str:
    """Of a number of ours, which is written as at home."""
    return f"+44{number.replace(' ', '')[1:]}"


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l").replace("ø", "o"))
    return "".join(each for each in plain.lower() if each.isascii() and each.isalnum())
