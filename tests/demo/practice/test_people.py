"""A made-up practice looks like life: every kind of patient there is, in a share that one would expect."""

import re
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

import pytest

from primoro_campaigns.demo.cast import CAST, UNKNOWN_CALLER
from primoro_campaigns.demo.practice.mobiles import Mobiles
from primoro_campaigns.demo.practice.person import Answer, Person
from primoro_campaigns.demo.practice.practice import DENTISTS_A_PLACE, people, places_for
from primoro_campaigns.domain.patient import email_address, phone
from primoro_campaigns.domain.patient.age import is_minor
from primoro_campaigns.domain.patient.phone import NumberKind
from tests.conftest import NOW
from tests.demo.practice.conftest import SEED

TODAY = NOW.date()

Is = Callable[[Person], object]


def visited(status: str) -> Is:
    return lambda person: any(visit.status == status for visit in person.visits)


def said(holds: Callable[[Answer], object]) -> Is:
    return lambda person: any(holds(answer) for answer in person.answers)


KINDS: dict[str, tuple[Is, float, float]] = {
    "under 18": (lambda each: is_minor(each.born_on, TODAY), 0.15, 0.3),
    "deceased": (lambda each: each.status == "deceased", 0.01, 0.05),
    "inactive": (lambda each: each.status == "inactive", 0.05, 0.12),
    "archived": (lambda each: each.status == "archived", 0.005, 0.02),
    "leads": (lambda each: each.is_lead, 0.03, 0.08),
    "of unknown age": (lambda each: each.born_on is None, 0.01, 0.05),
    "in a household": (lambda each: each.household, 0.55, 0.8),
    "with visits": (visited("attended"), 0.8, 0.97),
    "with a visit to come": (visited("booked"), 0.15, 0.35),
    "who cancelled": (visited("cancelled"), 0.15, 0.35),
    "who did not come": (visited("missed"), 0.1, 0.25),
    "with a recall": (lambda each: each.recall_due_on, 0.5, 0.8),
    "overdue": (lambda each: each.recall_due_on and each.recall_due_on < TODAY, 0.15, 0.4),
    "with treatment to book": (lambda each: any(not one.has_appointment for one in each.planned), 0.04, 0.12),
    "with treatment booked": (lambda each: any(one.has_appointment for one in each.planned), 0.03, 0.1),
    "with a landline": (lambda each: each.landline, 0.25, 0.45),
    "with a landline for a mobile": (lambda each: each.mobile_state == "landline", 0.01, 0.05),
    "with a wrong number": (lambda each: each.mobile_state == "invalid", 0.01, 0.04),
    "with a wrong address": (lambda each: each.email_state == "invalid", 0.005, 0.03),
    "without e-mail": (lambda each: each.email is None, 0.15, 0.35),
    "out of reach": (lambda each: not (each.email or each.mobile or each.landline), 0.02, 0.08),
    "without a postal address": (lambda each: not each.address_line, 0.01, 0.04),
    "who said yes": (said(lambda answer: answer.state == "opted_in"), 0.5, 0.75),
    "who said no": (said(lambda answer: answer.state == "opted_out"), 0.1, 0.25),
    "who were asked and did not say": (said(lambda answer: answer.state == "unknown"), 0.08, 0.2),
    "with a soft opt-in": (said(lambda answer: answer.soft_opt_in), 0.03, 0.12),
    "who were never asked": (lambda each: not each.answers, 0.2, 0.35),
    "restricted": (lambda each: each.stops, 0.03, 0.08),
    "whose mail came back": (lambda each: each.email_silenced, 0.0005, 0.01),
    "who texted STOP": (lambda each: each.mobile_silenced, 0.0005, 0.015),
    "with accents": (lambda each: not f"{each.given}{each.family}".isascii(), 0.15, 0.35),
    "with hyphens": (lambda each: "-" in f"{each.given}{each.family}", 0.05, 0.2),
    "with an apostrophe": (lambda each: "'" in each.family, 0.02, 0.08),
    "with a very long name": (lambda each: len(f"{each.given} {each.family}") > 40, 0.002, 0.02),
    "with a very short name": (lambda each: len(each.family) < 3, 0.01, 0.05),
    "without a dentist": (lambda each: each.dentist is None, 0.03, 0.1),
    "with a preferred channel": (lambda each: each.preferred, 0.3, 0.5),
}


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_patients_of_every_kind_in_a_plausible_share(everybody: list[Person], kind: str) -> None:
    holds, least, most = KINDS[kind]
    assert least <= sum(bool(holds(each)) for each in everybody) / len(everybody) <= most


def households(everybody: list[Person]) -> Iterator[list[Person]]:
    found: dict[int, list[Person]] = {}
    for each in everybody:
        if each.household:
            found.setdefault(each.household, []).append(each)
    return (members for members in found.values())


def test_households_share_a_mobile_a_mailbox_and_a_home(everybody: list[Person]) -> None:
    number = mobile = mailbox = 0
    for members in households(everybody):
        number += 1
        mobile += any(
            count > 1 for value, count in Counter(each.mobile_e164 for each in members).items() if value
        )
        mailbox += any(count > 1 for value, count in Counter(each.email for each in members).items() if value)
        assert len({each.address_line for each in members if each.address_line}) <= 1
        assert len({each.place for each in members}) == 1
        # The last household may have been cut off; its head comes first.
        assert [each.is_head for each in members] == [True] + [False] * (len(members) - 1)
        assert not is_minor(members[0].born_on, TODAY)
    assert number > 500
    assert 0.2 < mobile / number < 0.6
    assert 0.2 < mailbox / number < 0.7


def test_a_group_has_locations_of_different_size_and_dentists_at_each(everybody: list[Person]) -> None:
    sizes = Counter(each.place for each in everybody)
    assert sorted(sizes) == [0, 1, 2]
    assert sizes[0] > sizes[1] > sizes[2] > 100
    for each in everybody:
        assert each.dentist is None or each.dentist // DENTISTS_A_PLACE == each.place
    assert len({each.dentist for each in everybody}) == 3 * DENTISTS_A_PLACE + 1
    assert [places_for(number) for number in (100, 20_000, 1_000_000)] == [3, 6, 12]


DRAMA = re.compile(
    # "Telephone numbers for use in TV and radio drama programmes" (Ofcom).
    r"\+44(7700900|11[3-8]4960|1[2-6]14960|1914980|2079460|2920180)\d{3}"
)


def test_every_number_is_one_that_ofcom_keeps_for_drama(everybody: list[Person]) -> None:
    for each in everybody:
        for shown, e164 in ((each.mobile, each.mobile_e164), (each.landline, each.landline_e164)):
            if e164 is not None:
                assert DRAMA.fullmatch(e164)
            found = None if shown is None else phone.to_e164(shown)
            assert (found.e164 if found is not None and found.kind is not NumberKind.OTHER else None) == e164
        assert phone.sms_state(each.mobile).value == each.mobile_state


def test_every_address_is_at_an_example_domain_and_is_what_it_is_said_to_be(everybody: list[Person]) -> None:
    for each in everybody:
        if each.email_state == "ok":
            assert each.email is not None
            assert email_address.normalised(each.email) == each.email
            assert each.email.rpartition("@")[2] in ("example.org", "example.com", "example.net")
        elif each.email_state == "invalid":
            assert each.email
            assert not email_address.is_valid(each.email)
        else:
            assert each.email is None


def test_the_longest_names_have_mailboxes_too() -> None:
    addresses = [
        each.email
        for each in people(30_000, SEED, NOW)
        if each.email_state == "ok" and len(f"{each.given}{each.family}") > 60
    ]
    assert len(addresses) > 3
    assert all(address is not None and email_address.is_valid(address) for address in addresses)


def test_every_answer_has_the_evidence_that_it_needs(everybody: list[Person]) -> None:
    for each in everybody:
        for answer in each.answers:
            assert answer.at < NOW
            assert bool(answer.how) == (answer.state != "unknown" or answer.soft_opt_in)
            # domain.md L02, L05
            if answer.state == "opted_in" or answer.soft_opt_in:
                assert answer.wording
        assert len({(answer.channel, answer.purpose) for answer in each.answers}) == len(each.answers)


def test_whose_number_texted_stop_shares_it_with_nobody_outside_the_household(
    everybody: list[Person],
) -> None:
    silent = {each.mobile_e164: each.household or -each.number for each in everybody if each.mobile_silenced}
    assert silent
    for each in everybody:
        if each.mobile_e164 in silent:
            assert each.mobile_silenced is not None
            assert silent[each.mobile_e164] == (each.household or -each.number)
            assert not [
                answer for answer in each.answers if answer.channel == "sms" and answer.state != "opted_out"
            ]


def test_life_is_in_order(everybody: list[Person]) -> None:
    for each in everybody:
        if each.is_lead:
            assert (each.visits, each.planned, each.recall_due_on) == ([], [], None)
        if each.status != "active":
            assert all(visit.moment < NOW for visit in each.visits)
            assert each.recall_due_on is None
        for visit in each.visits:
            assert (visit.status == "booked") <= (visit.moment > NOW)
            assert visit.on.weekday() < 5
            assert visit.booked_at(NOW) <= min(visit.moment, NOW)
            assert each.born_on is None or visit.on >= each.born_on
    # The street is known with the town, or neither.
    assert all(bool(each.address_line) == bool(each.town) == bool(each.postcode) for each in everybody)


def test_the_same_seed_makes_the_same_patients_and_another_makes_others(everybody: list[Person]) -> None:
    assert list(people(3000, SEED, NOW)) == everybody
    assert [each.email for each in people(3000, SEED + 1, NOW)] != [each.email for each in everybody]
    # A smaller practice with as many locations is the beginning of a larger one.
    assert list(people(700, SEED, NOW))[:690] == everybody[:690]


def test_patients_are_made_one_after_the_other_however_many_there_are() -> None:
    waiting = iter(people(1_000_000, SEED, NOW))
    tracemalloc.start()
    try:
        held = []
        for _ in range(3):
            for _person in islice(waiting, 1000):
                pass
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[2] - held[0] < 200_000


def test_small_practices_have_a_mobile_for_each_household_and_leave_the_storys_alone() -> None:
    mobiles = Mobiles()
    given = [mobiles.fresh() for _ in range(940)]
    assert len(set(given)) == 940
    assert mobiles.fresh() == given[0]
    quiet = [mobiles.quiet() for _ in range(51)]
    assert len(set(quiet) - set(given)) == 51
    assert quiet[-1] is None
    ours = {*given, *quiet}
    assert not {UNKNOWN_CALLER, *(each.mobile for each in CAST if each.mobile)} & ours


def test_for_measurements_everybody_has_a_mobile_of_their_own() -> None:
    own = [
        each
        for each in people(3000, SEED, NOW, distinct_mobiles=True)
        if each.mobile_state == "ok" and (not each.household or each.is_head)
    ]
    assert len({each.mobile_e164 for each in own}) == len(own)
    assert all(phone.to_e164(each.mobile or "") is not None for each in own)
    assert all(phone.sms_state(each.mobile).value == "ok" for each in own)
