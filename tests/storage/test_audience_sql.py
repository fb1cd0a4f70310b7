"""The SQL of an audience is its meaning: the same patients, the same counts, on both databases."""

import random
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, create_engine, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from primoro_campaigns.domain.audience.evaluate import holds, matches
from primoro_campaigns.domain.audience.facts import PatientFacts
from primoro_campaigns.domain.audience.rule import (
    AgeRule,
    BirthdayRule,
    BirthdayWindow,
    DateFact,
    DaysOperator,
    DaysRule,
    Group,
    KnownRule,
    Match,
    NameOperator,
    PractitionerNameRule,
    PractitionerRule,
    Rule,
    Segment,
    SegmentRule,
    TagOperator,
    TagRule,
    rules_of,
)
from primoro_campaigns.storage.audience_sql import compile_audience, count_rules, render_sqlite
from primoro_campaigns.storage.patient_facts import (
    birth_md,
    facts_of,
    patient_columns,
    patient_indexes,
    tags_text,
)
from tests.strategies.audience import LOCATIONS, PRACTITIONERS, TAGS, groups, random_facts, todays

PATIENTS = {f"patient-{number:03}": random_facts(random.Random(number)) for number in range(250)}

metadata = MetaData()
patient = Table("patient", metadata, *patient_columns())
patient_indexes(patient)
practitioner = Table("practitioner", metadata, Column("id", Text, primary_key=True), Column("name", Text))


def row_of(patient_id: str, facts: PatientFacts) -> dict[str, object]:
    return {
        "id": patient_id,
        "location_id": facts.location_id,
        "status": facts.status.value,
        "is_lead": facts.is_lead,
        "born_on": facts.born_on,
        "birth_md": birth_md(facts.born_on),
        "practitioner_id": facts.practitioner_id,
        "preferred_channel": facts.preferred_channel and facts.preferred_channel.value,
        "email_state": facts.email_state.value,
        "mobile_state": facts.mobile_state.value,
        "last_visit_on": facts.last_visit_on,
        "next_visit_on": facts.next_visit_on,
        "last_contacted_on": facts.last_contacted_on,
        "last_no_show_on": facts.last_no_show_on,
        "recall_due_on": facts.recall_due_on,
        "has_unscheduled_treatment": facts.has_unscheduled_treatment,
        "tags": tags_text(facts.tags),
    }


@pytest.fixture
def engine(server_database: str) -> Iterator[Engine]:
    engine = create_engine(server_database)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            practitioner.insert(), [{"id": one, "name": PRACTITIONERS[one]} for one in PRACTITIONERS]
        )
        connection.execute(patient.insert(), [row_of(one, facts) for one, facts in PATIENTS.items()])
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


def members(connection: Connection, group: Group, today: date) -> set[str]:
    condition = compile_audience(group, today, patient, practitioner)
    return set(connection.execute(select(patient.c.id).where(condition)).scalars())


def meant(group: Group, today: date) -> set[str]:
    return {one for one, facts in PATIENTS.items() if matches(group, facts, today)}


def test_the_sql_finds_whom_the_meaning_finds(connection: Connection) -> None:
    @settings(max_examples=300)
    @given(group=groups(), today=todays)
    def agree(group: Group, today: date) -> None:
        assert members(connection, group, today) == meant(group, today)

    agree()


def test_one_pass_counts_everybody_the_audience_and_every_rule(connection: Connection) -> None:
    here = patient.c.location_id == LOCATIONS[0]
    near = {one: facts for one, facts in PATIENTS.items() if facts.location_id == LOCATIONS[0]}
    objectors = sorted(near)[::3]
    objects = patient.c.id.in_(objectors)
    willing = {one: facts for one, facts in near.items() if one not in objectors}

    @settings(max_examples=60)
    @given(group=groups(), today=todays)
    def agree(group: Group, today: date) -> None:
        counts = count_rules(group, today, patient, practitioner, here, objects)
        everybody, matching, left_out, *shares = connection.execute(counts.statement).one()
        assert everybody == len(near)
        assert matching == sum(matches(group, facts, today) for facts in willing.values())
        assert left_out + matching == sum(matches(group, facts, today) for facts in near.values())
        rules = dict(rules_of(group))
        assert list(counts.paths) == list(rules)
        assert shares == [
            sum(holds(rules[path], facts, today) for facts in willing.values()) for path in counts.paths
        ]

    agree()


def test_nobody_to_count_is_zero_and_not_nothing(connection: Connection) -> None:
    group = Group(members=(KnownRule(DateFact.LAST_VISIT, known=True),))
    counts = count_rules(group, date(2028, 1, 1), patient, practitioner, within=patient.c.id == "nobody")
    assert tuple(connection.execute(counts.statement).one()) == (0, 0, 0, 0)


def test_a_row_read_back_gives_the_same_facts(connection: Connection) -> None:
    for row in connection.execute(select(patient)).mappings():
        name = PRACTITIONERS.get(row["practitioner_id"] or "")
        assert facts_of(dict(row), name) == PATIENTS[row["id"]]


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_found_letter_for_letter(connection: Connection, tag: str) -> None:
    found = members(connection, Group(members=(TagRule(TagOperator.ANY, (tag,)),)), date(2028, 1, 1))
    assert found == {one for one, facts in PATIENTS.items() if tag in facts.tags}
    assert found


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The patients in a bare SQLite file, written as the desktop writes its cache: without SQLAlchemy."""
    connection = sqlite3.connect(tmp_path / "cache.db")
    for table in (practitioner, patient):
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
    connection.executemany("INSERT INTO practitioner VALUES (?, ?)", PRACTITIONERS.items())
    for one, facts in PATIENTS.items():
        row = {column.name: "" for column in patient.columns if not column.nullable} | row_of(one, facts)
        values = [value.isoformat() if isinstance(value, date) else value for value in row.values()]
        places = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO patient ({', '.join(row)}) VALUES ({places})", values)  # noqa: S608
    connection.execute("ANALYZE")
    yield connection
    connection.close()


def test_a_bare_sqlite_connection_runs_what_is_rendered_for_it(cache: sqlite3.Connection) -> None:
    @settings(max_examples=100)
    @given(group=groups(), today=todays)
    def agree(group: Group, today: date) -> None:
        condition = compile_audience(group, today, patient, practitioner)
        sql, values = render_sqlite(select(patient.c.id).where(condition))
        assert {row[0] for row in cache.execute(sql, values)} == meant(group, today)
        counts = count_rules(group, today, patient, practitioner)
        sql, values = render_sqlite(counts.statement)
        assert cache.execute(sql, values).fetchone()[:2] == (len(PATIENTS), len(meant(group, today)))

    agree()


def test_rows_of_a_bare_connection_give_the_same_facts(cache: sqlite3.Connection) -> None:
    cache.row_factory = sqlite3.Row
    for row in cache.execute("SELECT * FROM patient"):
        name = PRACTITIONERS.get(row["practitioner_id"] or "")
        assert facts_of(dict(row), name) == PATIENTS[row["id"]]


@pytest.mark.parametrize(
    "rule",
    [
        DaysRule(DateFact.LAST_VISIT, DaysOperator.EXACTLY_AGO, 180),
        DaysRule(DateFact.NEXT_VISIT, DaysOperator.LESS_THAN_AHEAD, 7),
        DaysRule(DateFact.LAST_CONTACTED, DaysOperator.EXACTLY_AGO, 1),
        DaysRule(DateFact.LAST_NO_SHOW, DaysOperator.LESS_THAN_AGO, 30),
        DaysRule(DateFact.RECALL_DUE, DaysOperator.EXACTLY_AGO, 14),
        SegmentRule(Segment.THIS_MONTH),
        BirthdayRule(BirthdayWindow.TODAY),
        BirthdayRule(BirthdayWindow.NEXT_DAYS, 7),
        AgeRule(at_least=60, at_most=60),
        PractitionerRule(("practitioner-1",)),
        PractitionerNameRule(NameOperator.CONTAINS, "smith"),
    ],
    ids=lambda rule: f"{rule.kind}-{getattr(rule, 'fact', '')}",
)
def test_a_rule_about_one_day_is_driven_from_an_index(cache: sqlite3.Connection, rule: Rule) -> None:
    condition = compile_audience(Group(members=(rule,)), date(2027, 12, 20), patient, practitioner)
    sql, values = render_sqlite(select(func.count()).select_from(patient).where(condition))
    plan = " / ".join(row[3] for row in cache.execute(f"EXPLAIN QUERY PLAN {sql}", values))
    assert "USING COVERING INDEX ix_patient_" in plan or "USING INDEX ix_patient_" in plan, plan
    assert "SCAN patient" not in plan


def test_names_are_folded_alike_whatever_the_locale_of_the_database() -> None:
    """The suite's own PostgreSQL speaks C; in another locale lower() would fold É too, unlike SQLite's."""
    rule = PractitionerNameRule(NameOperator.EQUAL, "x")
    condition = compile_audience(Group(members=(rule,)), date(2028, 1, 1), patient, practitioner)
    assert 'lower((practitioner.name) COLLATE "C") =' in str(
        condition.compile(create_engine("postgresql+psycopg://"))
    )


def test_the_largest_audience_still_fits_into_one_statement(connection: Connection) -> None:
    ids = tuple(f"practitioner-{number}" for number in range(300))
    tree = Group(Match.ANY, tuple(PractitionerRule(ids) for _ in range(100)))
    assert members(connection, tree, date(2028, 1, 1)) == meant(tree, date(2028, 1, 1))
