"""The one translation of an audience into SQL, for the server's tables and for the desktop's cache.

What it means is ``domain.audience.evaluate.matches``; a property test holds the two equal on SQLite and
PostgreSQL. Every rule is a test of columns of the patient that an index can answer; only a practitioner's
name asks another, small table. No condition is ever negated over NULL: what is not known is written out.
"""

from calendar import isleap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.functions import GenericFunction

from primoro_campaigns.domain.audience.days import (
    YEAR_DAYS,
    DayRange,
    known_range,
    rule_range,
    segment_ranges,
    shift,
    years_before,
)
from primoro_campaigns.domain.audience.rule import (
    Address,
    AddressRule,
    AgeRule,
    BetweenRule,
    BirthdayRule,
    BirthdayWindow,
    DateFact,
    DayRule,
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
    SegmentRule,
    StatusRule,
    TagOperator,
    TagRule,
    UnscheduledTreatmentRule,
    rules_of,
)
from primoro_campaigns.domain.audience.wording import ascii_lower
from primoro_campaigns.domain.patient.model import AddressState
from primoro_campaigns.storage.patient_facts import tag_needle
from primoro_campaigns.storage.types import instant_text

Condition = ColumnElement[bool]

_COLUMN: Mapping[DateFact, str] = {
    DateFact.LAST_VISIT: "last_visit_on",
    DateFact.NEXT_VISIT: "next_visit_on",
    DateFact.LAST_CONTACTED: "last_contacted_on",
    DateFact.LAST_NO_SHOW: "last_no_show_on",
    DateFact.RECALL_DUE: "recall_due_on",
}


@dataclass(frozen=True)
class RuleCounts:
    """One select that counts everybody, the audience and each rule by itself in a single pass.

    Its only row holds ``everybody``, ``matching``, ``left_out`` and then one count for each of ``paths``, in
    that order.
    """

    statement: Select[*tuple[int, ...]]
    paths: tuple[Path, ...]


def compile_audience(group: Group, today: date, patient: FromClause, practitioner: FromClause) -> Condition:
    """The WHERE condition over ``patient`` that is true of exactly the members of the audience.

    ``today`` is the day at the practice. ``patient`` has the columns of ``patient_columns``;
    ``practitioner`` has ``id`` and ``name``. The condition narrows nothing by location or consent: that is
    the caller's.
    """
    conditions = [
        compile_audience(member, today, patient, practitioner)
        if isinstance(member, Group)
        else _rule(member, today, patient, practitioner)
        for member in group.members
    ]
    return and_(true(), *conditions) if group.match is Match.ALL else or_(false(), *conditions)


def count_rules(
    group: Group,
    today: date,
    patient: FromClause,
    practitioner: FromClause,
    within: Condition | None = None,
    objects: Condition | None = None,
) -> RuleCounts:
    """Everybody, the audience and each rule's own share, among the patients for whom ``within`` holds.

    Those for whom ``objects`` holds are counted with everybody and else only as ``left_out``, where the
    audience would have them: who objects to marketing is out of what marketers are shown (domain.md L17).
    """
    audience = compile_audience(group, today, patient, practitioner)
    counts: list[ColumnElement[int]] = [
        func.count().label("everybody"),
        _share(audience, objects).label("matching"),
        _share(and_(audience, false() if objects is None else objects)).label("left_out"),
    ]
    rules = list(rules_of(group))
    for number, (_, rule) in enumerate(rules):
        counts.append(_share(_rule(rule, today, patient, practitioner), objects).label(f"rule_{number}"))
    statement = select(*counts).select_from(patient)
    if within is not None:
        statement = statement.where(within)
    return RuleCounts(statement, tuple(path for path, _ in rules))


def render_sqlite(statement: ClauseElement) -> tuple[str, dict[str, object]]:
    """``statement`` as SQL text with ``:name`` places and their values, for sqlite3 or sqlcipher3.

    Days and instants are ISO 8601 text, as the desktop's cache holds them.
    """
    compiled = statement.compile(
        dialect=sqlite.dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True}
    )
    return str(compiled), {name: _sqlite_value(value) for name, value in compiled.params.items()}


def _sqlite_value(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value


def _share(condition: Condition, without: Condition | None = None) -> ColumnElement[int]:
    return func.count(case((condition if without is None else and_(condition, ~without), 1)))


def _rule(rule: Rule, today: date, patient: FromClause, practitioner: FromClause) -> Condition:
    columns = patient.c
    match rule:
        case DaysRule() | DayRule() | BetweenRule():
            return _within(columns[_COLUMN[rule.fact]], rule_range(rule, today))
        case KnownRule():
            column, days = columns[_COLUMN[rule.fact]], known_range(rule.fact, today)
            return _within(column, days) if rule.known else _outside(column, days)
        case SegmentRule():
            last, following = segment_ranges(rule.segment, today)
            return or_(_within(columns.last_visit_on, last), _within(columns.next_visit_on, following))
        case BirthdayRule():
            return _birthday(rule, today, columns.birth_md)
        case AgeRule():
            return _ages(rule, today, columns.born_on)
        case StatusRule():
            return _among(columns.status, rule.statuses)
        case LeadRule():
            return _flag(columns.is_lead, rule.is_lead)
        case TagRule():
            return _tags(rule, columns.tags)
        case PractitionerRule():
            return _among(columns.practitioner_id, rule.practitioner_ids)
        case PractitionerNameRule():
            return _name(rule, columns.practitioner_id, practitioner)
        case LocationRule():
            return _among(columns.location_id, rule.location_ids)
        case UnscheduledTreatmentRule():
            return _flag(columns.has_unscheduled_treatment, rule.has)
        case PreferredChannelRule():
            return _among(columns.preferred_channel, rule.channels)
        case AddressRule():
            state = columns.email_state if rule.address is Address.EMAIL else columns.mobile_state
            return state == AddressState.OK.value if rule.has else state != AddressState.OK.value


def _within(column: ColumnElement[date | None], days: DayRange) -> Condition:
    if not days:
        return false()
    if days.first == days.last:
        return column == days.first
    bounds: list[Condition] = []
    if days.first > date.min:
        bounds.append(column >= days.first)
    if days.last < date.max:
        bounds.append(column <= days.last)
    return and_(*bounds) if bounds else column.is_not(None)


def _outside(column: ColumnElement[date | None], days: DayRange) -> Condition:
    """Not known, or outside ``days``, which is open at one end at least."""
    beyond: list[Condition] = [column.is_(None)]
    if days.first > date.min:
        beyond.append(column < days.first)
    if days.last < date.max:
        beyond.append(column > days.last)
    return or_(*beyond)


def _birthday(rule: BirthdayRule, today: date, birth_md: ColumnElement[int | None]) -> Condition:
    match rule.window:
        case BirthdayWindow.TODAY:
            return _birthdays(today, today, birth_md)
        case BirthdayWindow.THIS_MONTH:
            return birth_md.between(today.month * 100 + 1, today.month * 100 + 31)
        case BirthdayWindow.NEXT_DAYS:
            if rule.days < 0:
                return false()
            if rule.days >= YEAR_DAYS:
                return birth_md.is_not(None)
            return _birthdays(today, shift(today, rule.days), birth_md)


def _birthdays(first: date, last: date, birth_md: ColumnElement[int | None]) -> Condition:
    """Birthdays from ``first`` to ``last``, less than a year later; the range may run over New Year."""
    start, end = first.month * 100 + first.day, last.month * 100 + last.day
    if (last.month, last.day) == (2, 28) and not isleap(last.year):
        end = 229
    if start <= end:
        return birth_md == start if start == end else birth_md.between(start, end)
    return or_(birth_md >= start, birth_md <= end)


def _ages(rule: AgeRule, today: date, born_on: ColumnElement[date | None]) -> Condition:
    bounds: list[Condition] = []
    if rule.at_least is not None:
        bounds.append(born_on <= years_before(today, rule.at_least))
    if rule.at_most is not None:
        bounds.append(born_on > years_before(today, rule.at_most + 1))
    return and_(*bounds) if bounds else born_on.is_not(None)


def _flag(column: ColumnElement[bool], wanted: bool) -> Condition:
    return column.is_(true()) if wanted else column.is_(false())


def _among(column: ColumnElement[str | None], values: Sequence[str]) -> Condition:
    if len(values) == 1:
        return column == str(values[0])
    return column.in_([str(value) for value in values])


def _tags(rule: TagRule, tags: ColumnElement[str]) -> Condition:
    present = [position(tags, literal(tag_needle(tag), Text)) > 0 for tag in rule.tags]
    match rule.operator:
        case TagOperator.ANY:
            return or_(false(), *present)
        case TagOperator.ALL:
            return and_(true(), *present)
        case TagOperator.NONE:
            return and_(true(), *(position(tags, literal(tag_needle(tag), Text)) == 0 for tag in rule.tags))


def _name(
    rule: PractitionerNameRule, practitioner_id: ColumnElement[str | None], practitioner: FromClause
) -> Condition:
    named = select(practitioner.c.id).where(practitioner.c.name != "")
    if rule.operator is NameOperator.UNKNOWN:
        return or_(practitioner_id.is_(None), practitioner_id.not_in(named))
    return practitioner_id.in_(named.where(*_name_test(rule, ascii_lower_of(practitioner.c.name))))


def _name_test(rule: PractitionerNameRule, name: ColumnElement[str]) -> Iterator[Condition]:
    text = ascii_lower(rule.text)
    match rule.operator:
        case NameOperator.EQUAL:
            yield name == text
        case NameOperator.STARTS_WITH:
            yield name.startswith(text, autoescape=True)
        case NameOperator.ENDS_WITH:
            yield name.endswith(text, autoescape=True)
        case NameOperator.CONTAINS:
            yield name.contains(text, autoescape=True)
        case NameOperator.NOT_CONTAINS:
            yield ~name.contains(text, autoescape=True)
        case NameOperator.HAS_VALUE | NameOperator.UNKNOWN:
            return


class position(GenericFunction[int]):  # noqa: N801  # named as it is called
    """Where the second text begins in the first, from 1, or 0; exact in case on every database."""

    type = Integer()
    inherit_cache = True


@compiles(position, "sqlite")
def _position_sqlite(element: position, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"instr({compiler.process(element.clauses, **kwargs)})"


@compiles(position, "postgresql")
def _position_postgresql(element: position, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"strpos({compiler.process(element.clauses, **kwargs)})"


class ascii_lower_of(GenericFunction[str]):  # noqa: N801  # named as it is called
    """``ascii_lower`` in SQL: SQLite's lower knows A to Z only, PostgreSQL's under the collation "C"."""

    type = Text()
    inherit_cache = True


@compiles(ascii_lower_of, "sqlite")
def _ascii_lower_sqlite(element: ascii_lower_of, compiler: SQLCompiler, **kwargs: object) -> str:
    return f"lower({compiler.process(element.clauses, **kwargs)})"


@compiles(ascii_lower_of, "postgresql")
def _ascii_lower_postgresql(element: ascii_lower_of, compiler: SQLCompiler, **kwargs: object) -> str:
    return f'lower(({compiler.process(element.clauses, **kwargs)}) COLLATE "C")'
