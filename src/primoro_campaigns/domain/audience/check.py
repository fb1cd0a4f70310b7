"""What is wrong with an audience, rule by rule, before anybody is counted or written to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from primoro_campaigns.domain.audience.days import NO_DAY, YEAR_DAYS, DayRange, rule_range, segment_ranges
from primoro_campaigns.domain.audience.describe import (
    DATE_FACT_WORDS,
    DAYS_OPERATOR_WORDS,
    FACT_OPERATORS,
    describe_rule,
)
from primoro_campaigns.domain.audience.rule import (
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_MEMBERS,
    MAX_TEXT,
    AddressRule,
    AgeRule,
    BetweenRule,
    BirthdayRule,
    BirthdayWindow,
    DateFact,
    DayRule,
    DaysOperator,
    DaysRule,
    Group,
    KnownRule,
    LeadRule,
    LocationRule,
    Match,
    NameOperator,
    Path,
    PractitionerNameRule,
    PractitionerRule,
    PreferredChannelRule,
    Rule,
    Segment,
    SegmentRule,
    StatusRule,
    TagOperator,
    TagRule,
    UnscheduledTreatmentRule,
    place,
    rules_of,
    size_of,
)
from primoro_campaigns.domain.errors import PrimoroError

MAX_DAYS = 36_525
"""A hundred years: more is a slip of the keyboard."""

MAX_AGE = 130


@dataclass(frozen=True)
class Problem:
    """One thing to put right: the member, the field of it ("" for the whole), a sentence, a code."""

    path: Path
    field: str
    words: str
    code: str


@dataclass(frozen=True)
class Notice:
    """Something to know about a rule that is nevertheless right."""

    path: Path
    words: str
    code: str


class AudienceProblemError(PrimoroError):
    """The audience is not well formed; ``problems`` holds everything that is wrong, the title the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" There are {len(problems)} things to put right." if len(problems) > 1 else ""
        super().__init__(
            f"{place(first.path)}: {first.words}",
            f"Nobody was written to. Correct the rules of the audience and try again.{more}",
            first.code,
        )
        self.problems = tuple(problems)


def require_well_formed(group: Group, today: date) -> None:
    """Raise ``AudienceProblemError`` if there is any problem."""
    wrong = problems(group, today)
    if wrong:
        raise AudienceProblemError(wrong)


def problems(group: Group, today: date) -> tuple[Problem, ...]:
    """Everything wrong with the audience as seen on ``today``, in reading order; empty means well formed."""
    found = [*_size(group), *_members(group, (), today)]
    return tuple(sorted(found, key=lambda problem: problem.path))


def is_clinical(rule: Rule) -> bool:
    """Whether the rule uses data on treatment or health (L18): unscheduled treatment, recalls due."""
    match rule:
        case UnscheduledTreatmentRule():
            return True
        case DaysRule() | DayRule() | BetweenRule() | KnownRule():
            return rule.fact is DateFact.RECALL_DUE
        case _:
            return False


def uses_clinical_data(group: Group) -> bool:
    """Whether any rule does, so that the campaign needs its condition in law on record (domain.md L18)."""
    return any(is_clinical(rule) for _, rule in rules_of(group))


def notices(group: Group) -> tuple[Notice, ...]:
    """What the author should know about right rules: clinical data (L18), recalls (C35)."""
    found: list[Notice] = []
    for path, rule in rules_of(group):
        if is_clinical(rule):
            words = "This rule uses clinical data, which the law protects specially."
            found.append(Notice(path, words, "audience.clinical"))
            if not isinstance(rule, UnscheduledTreatmentRule):
                words = "A campaign does not mark recalls as done. Manage the recall itself as usual."
                found.append(Notice(path, words, "audience.recall"))
    return tuple(found)


def _size(group: Group) -> Iterator[Problem]:
    if _depth(group) > MAX_DEPTH:
        words = f"Groups can be nested at most {MAX_DEPTH} deep."
        yield Problem((), "members", words, "audience.too_deep")
    if size_of(group) > MAX_MEMBERS:
        words = f"An audience can have at most {MAX_MEMBERS} rules and groups."
        yield Problem((), "members", words, "audience.too_many_rules")


def _depth(group: Group) -> int:
    return 1 + max((_depth(member) for member in group.members if isinstance(member, Group)), default=0)


def _members(group: Group, path: Path, today: date, joined: bool = False) -> Iterator[Problem]:
    if not group.members and (path or group.match is Match.ANY):
        yield Problem(path, "members", "This group has no rules yet.", "audience.group_empty")
    for index, member in enumerate(group.members):
        if isinstance(member, Group):
            yield from _members(member, (*path, index), today, joined=_is_all(group) and _is_all(member))
        else:
            for field, words, code in _rule(member, today):
                yield Problem((*path, index), field, words, code)
    # An ALL inside an ALL adds its rules to it, so only the outermost of them looks for contradictions.
    if _is_all(group) and not joined:
        yield from _contradictions(list(_joined(group, path)), today)


def _joined(group: Group, path: Path) -> Iterator[tuple[Path, Rule]]:
    for index, member in enumerate(group.members):
        if not isinstance(member, Group):
            yield (*path, index), member
        elif _is_all(member):
            yield from _joined(member, (*path, index))


def _is_all(group: Group) -> bool:
    """Whether every member must hold; an ANY of one is no choice."""
    return group.match is Match.ALL or len(group.members) == 1


_Fault = tuple[str, str, str]


def _rule(rule: Rule, today: date) -> Iterator[_Fault]:
    match rule:
        case DaysRule():
            yield from _days_rule(rule)
        case BetweenRule() if rule.first > rule.last:
            yield "last", "The last day comes before the first.", "audience.range_reversed"
        case DayRule() | BetweenRule():
            if not rule_range(rule, today):
                words = f"This can never be true today: {_why_never(rule.fact)}"
                yield "day" if isinstance(rule, DayRule) else "first", words, "audience.never"
        case BirthdayRule():
            if rule.window is BirthdayWindow.NEXT_DAYS and not 0 <= rule.days <= YEAR_DAYS:
                yield "days", f"Give a number of days from 0 to {YEAR_DAYS}.", "audience.days"
        case AgeRule():
            yield from _age_rule(rule)
        case StatusRule():
            yield from _choice("statuses", rule.statuses, "status")
        case TagRule():
            yield from _choice("tags", rule.tags, "tag")
            yield from _texts("tags", rule.tags)
        case PractitionerRule():
            yield from _choice("practitioner_ids", rule.practitioner_ids, "practitioner")
            yield from _texts("practitioner_ids", rule.practitioner_ids)
        case LocationRule():
            yield from _choice("location_ids", rule.location_ids, "location")
            yield from _texts("location_ids", rule.location_ids)
        case PreferredChannelRule():
            yield from _choice("channels", rule.channels, "channel")
        case PractitionerNameRule():
            if rule.operator not in (NameOperator.UNKNOWN, NameOperator.HAS_VALUE):
                yield from _texts("text", (rule.text,))
        case KnownRule() | LeadRule() | UnscheduledTreatmentRule() | SegmentRule() | AddressRule():
            pass


def _days_rule(rule: DaysRule) -> Iterator[_Fault]:
    if not 0 <= rule.days <= MAX_DAYS:
        yield "days", f"Give a number of days from 0 to {MAX_DAYS:,}.", "audience.days"
    elif rule.days == 0 and rule.operator in (DaysOperator.LESS_THAN_AGO, DaysOperator.LESS_THAN_AHEAD):
        yield "days", "“Less than 0 days” is never true. Give at least 1 day.", "audience.days"
    if rule.operator not in FACT_OPERATORS[rule.fact]:
        operator = DAYS_OPERATOR_WORDS[rule.operator].format("… days")
        words = f"“{DATE_FACT_WORDS[rule.fact]} {operator}” is never true: {_why_never(rule.fact)}"
        yield "operator", words, "audience.never"


def _age_rule(rule: AgeRule) -> Iterator[_Fault]:
    if rule.at_least is None and rule.at_most is None:
        yield "at_least", "Give a youngest age, an oldest age or both.", "audience.age"
    for field, years in (("at_least", rule.at_least), ("at_most", rule.at_most)):
        if years is not None and not 0 <= years <= MAX_AGE:
            yield field, f"Give an age from 0 to {MAX_AGE}.", "audience.age"
    if rule.at_least is not None and rule.at_most is not None and rule.at_least > rule.at_most:
        yield "at_most", "The oldest age is lower than the youngest.", "audience.range_reversed"


def _choice(field: str, chosen: tuple[object, ...], what: str) -> Iterator[_Fault]:
    if not chosen:
        yield field, f"Choose at least one {what}.", "audience.nothing_chosen"
    if len(chosen) > MAX_CHOICES:
        yield field, f"Choose at most {MAX_CHOICES}.", "audience.too_many_chosen"


def _texts(field: str, texts: tuple[str, ...]) -> Iterator[_Fault]:
    if any(not text.strip() for text in texts):
        yield field, "Type a text to look for.", "audience.text_empty"
    if any(len(text) > MAX_TEXT for text in texts):
        yield field, f"A text can have at most {MAX_TEXT} characters.", "audience.text_too_long"
    if any(not _storable(text) for text in texts):
        yield (
            field,
            "The text has characters that cannot be typed. Type it anew.",
            "audience.text_unprintable",
        )


def _storable(text: str) -> bool:
    """No control characters and no halves of characters, which not every database takes."""
    return not any(ord(sign) < 32 or 0xD800 <= ord(sign) <= 0xDFFF for sign in text)


def _why_never(fact: DateFact) -> str:
    match fact:
        case DateFact.NEXT_VISIT:
            return "the next appointment is never before today."
        case DateFact.LAST_VISIT | DateFact.LAST_CONTACTED | DateFact.LAST_NO_SHOW:
            return "that lies in the past and this day is still to come."
        case DateFact.RECALL_DUE:
            return "there is no such day."


def _contradictions(rules: list[tuple[Path, Rule]], today: date) -> Iterator[Problem]:
    for number, (path, rule) in enumerate(rules):
        for earlier_path, earlier in rules[:number]:
            if _clash(earlier, rule, today):
                words = f"No patient can meet this and {place(earlier_path)} ({describe_rule(earlier)})."
                yield Problem(path, "", words, "audience.contradiction")
                break


def _clash(one: Rule, other: Rule, today: date) -> bool:
    """Whether no patient can meet both, each of which alone can be met."""
    one_days, other_days = _days(one, today), _days(other, today)
    if one_days and other_days:
        return one_days[0] is other_days[0] and not one_days[1] & other_days[1]
    match one, other:
        case (KnownRule(), KnownRule()):
            return one.fact is other.fact and one.known is not other.known
        case (KnownRule(known=False), _) if other_days:
            return one.fact is other_days[0]
        case (_, KnownRule(known=False)) if one_days:
            return other.fact is one_days[0]
        case (LeadRule(), LeadRule()):
            return one.is_lead is not other.is_lead
        case (UnscheduledTreatmentRule(), UnscheduledTreatmentRule()):
            return one.has is not other.has
        case (AddressRule(), AddressRule()):
            return one.address is other.address and one.has is not other.has
        case (AgeRule(), AgeRule()):
            return _apart(one, other) or _apart(other, one)
        case (StatusRule(), StatusRule()):
            return _disjoint(one.statuses, other.statuses)
        case (LocationRule(), LocationRule()):
            return _disjoint(one.location_ids, other.location_ids)
        case (PractitionerRule(), PractitionerRule()):
            return _disjoint(one.practitioner_ids, other.practitioner_ids)
        case (PreferredChannelRule(), PreferredChannelRule()):
            return _disjoint(one.channels, other.channels)
        case (TagRule(), TagRule()):
            return _tags_clash(one, other) or _tags_clash(other, one)
        case _:
            return False


def _days(rule: Rule, today: date) -> tuple[DateFact, DayRange] | None:
    """The fact and the days that a rule about one day asks for, unless it is wrong by itself."""
    match rule:
        case DaysRule() | DayRule() | BetweenRule():
            days = rule_range(rule, today)
            return (rule.fact, days) if days else None
        case SegmentRule(segment=Segment.LAST_90_DAYS | Segment.YEAR_TO_DATE):
            last, following = segment_ranges(rule.segment, today)
            return (DateFact.LAST_VISIT, last) if following == NO_DAY else None
        case _:
            return None


def _apart(older: AgeRule, younger: AgeRule) -> bool:
    return older.at_least is not None and younger.at_most is not None and older.at_least > younger.at_most


def _disjoint(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return bool(one) and bool(other) and set(one).isdisjoint(other)


def _tags_clash(wanted: TagRule, unwanted: TagRule) -> bool:
    if unwanted.operator is not TagOperator.NONE or not wanted.tags:
        return False
    match wanted.operator:
        case TagOperator.ALL:
            return not set(wanted.tags).isdisjoint(unwanted.tags)
        case TagOperator.ANY:
            return set(wanted.tags) <= set(unwanted.tags)
        case TagOperator.NONE:
            return False
