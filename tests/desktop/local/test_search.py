"""Finding a patient while typing."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.listed import MOST_COUNTED, Count
from primoro_campaigns.desktop.local.search_index import index_terms, match_expression
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.patient.search_terms import COLUMNS, SearchText, search_text, tokens
from tests.conftest import NOW
from tests.fakes.reception import Reception, Row, a_patient

TODAY = NOW.date()

PEOPLE: list[Row] = [
    a_patient(
        "zoe", "Zoë", "Müller-Łęcki", born_on="1980-03-12", email="zoe.m@example.org", mobile="07700 900101"
    ),
    a_patient(
        "sean",
        "Séan",
        "O'Brien",
        born_on="1971-12-01",
        landline="01225 496 0123",
        landline_e164="+441225496012",
    ),
    a_patient("anne", "Anne Marie", "van der Berg", born_on="2012-02-29", email="BERG@Sub.Example.co.uk"),
    a_patient("ann", "Ann", "Smith", number="H-1009", born_on="1980-12-03"),
    a_patient("ann2", "Ann", "Smith-Jones", born_on=None, mobile="07700 900199"),
    a_patient("bjorn", "Bjørn", "Ångström", born_on="1999-01-31"),
    a_patient("wu", "伟", "王", born_on="1955-05-05"),
]


@pytest.fixture
def practice(desk: Reception) -> Reception:
    desk.fill({"patient": PEOPLE})
    return desk


def found(desk: Reception, typed: str) -> list[str]:
    rows = desk.context.patients.search(typed, 100)
    assert desk.context.patients.count(typed) == Count(len(rows), more=False)
    return [row.patient_id for row in rows]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["bjorn", "zoe", "sean", "ann", "ann2", "anne", "wu"]),
        ("a", ["bjorn", "ann", "ann2", "anne"]),
        ("ann", ["ann", "ann2", "anne"]),
        ("ANN sm", ["ann", "ann2"]),
        ("smith ann", ["ann", "ann2"]),
        ("smith-j", ["ann2"]),
        ("smith jones", ["ann2"]),
        ("smithjones", ["ann2"]),
        ("jones", ["ann2"]),
        ("zoe", ["zoe"]),
        ("ZOË", ["zoe"]),
        ("muller", ["zoe"]),
        ("müller-łęcki", ["zoe"]),
        ("lecki", ["zoe"]),
        ("obrien", ["sean"]),
        ("o'brien", ["sean"]),
        ("O’Brien", ["sean"]),
        ("brien", ["sean"]),
        ("sean o", ["sean"]),
        ("van der berg", ["anne"]),
        ("berg van", ["anne"]),
        ("bjorn", ["bjorn"]),
        ("angstrom", ["bjorn"]),
        ("王", ["wu"]),
        ("12/03/1980", ["zoe"]),
        ("12.3.80", ["zoe"]),
        ("1980-03-12", ["zoe"]),
        ("12 March 1980", ["zoe"]),
        ("12/03", ["zoe"]),
        ("1980", ["zoe", "ann"]),
        ("smith 3/12/1980", ["ann"]),
        ("29/02", ["anne"]),
        ("07700 900101", ["zoe"]),
        ("07700 9001", ["zoe", "ann2"]),
        ("+44 7700 900101", ["zoe"]),
        ("0044 7700 900101", ["zoe"]),
        ("900101", ["zoe"]),
        ("ann 900199", ["ann2"]),
        ("01225 496", ["sean"]),
        ("zoe.m@example.org", ["zoe"]),
        ("zoe.m@", ["zoe"]),
        ("@example", ["zoe", "anne"]),
        ("berg@sub", ["anne"]),
        ("h-1009", ["ann"]),
        ("h1009", ["ann"]),
        ("1009", ["ann"]),
        ("ann 100", ["ann"]),
        ("smith zoe", []),
        ("nobody", []),
    ],
)
def test_what_is_typed_at_the_desk_finds_whom_it_means(
    practice: Reception, typed: str, expected: list[str]
) -> None:
    assert found(practice, typed) == expected


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "'",
        "' OR 1=1 --",
        '" OR "1',
        "ann*",
        "ann AND smith NOT x",
        "NEAR(ann smith)",
        "terms:ann",
        "{terms} : ann",
        "^ann",
        "ann + smith",
        "(ann",
        "ann)",
        "%",
        "_",
        "\\",
        ";",
        "\x00",
        "ann\x00smith",
        "\ue001",
        "\ud800",
        "a" * 5000,
        "ann " * 2000,
        "; DROP TABLE patient; --",
        "\u202eann",
        "👩‍⚕️",
    ],
)
def test_what_means_something_to_the_database_is_only_text(practice: Reception, typed: str) -> None:
    rows = practice.context.patients.search(typed, 100)
    practice.context.patients.count(typed)
    assert {row.patient_id for row in rows} <= {str(each["id"]) for each in PEOPLE}
    assert len(found(practice, "")) == len(PEOPLE)


def test_the_words_of_a_query_language_are_names_like_others(desk: Reception) -> None:
    desk.fill({"patient": [a_patient("or", "Or", "Not"), a_patient("and", "And", "Near")]})
    assert found(desk, "or not") == ["or"]
    assert found(desk, "and near") == ["and"]
    assert found(desk, "or near") == []


def test_a_page_comes_after_the_other_in_the_order_of_names(practice: Reception) -> None:
    whole = practice.context.patients.search("", 100)
    pages = [
        row for start in range(0, len(PEOPLE), 2) for row in practice.context.patients.search("", 2, start)
    ]
    assert pages == whole
    narrowed = practice.context.patients.search("ann", 100)
    assert [
        *practice.context.patients.search("ann", 2),
        *practice.context.patients.search("ann", 2, 2),
    ] == narrowed


def test_more_than_a_thousand_are_not_counted_further(desk: Reception) -> None:
    desk.fill({"patient": [a_patient(f"p{number:04}", "Ann", "Ash") for number in range(MOST_COUNTED + 1)]})
    assert desk.context.patients.count("ann") == Count(MOST_COUNTED, more=True)
    assert desk.context.patients.count("") == Count(MOST_COUNTED + 1, more=False)
    desk.bring("patient", gone=["p0000"])
    assert desk.context.patients.count("ann") == Count(MOST_COUNTED, more=False)


def test_a_patient_who_changes_is_found_by_the_new_and_not_by_the_old(practice: Reception) -> None:
    practice.bring("patient", [a_patient("ann", "Ann", "Married", born_on="1980-12-03")])
    assert "ann" not in found(practice, "smith")
    assert found(practice, "married") == ["ann"]
    practice.bring("patient", gone=["ann"])
    assert found(practice, "married") == []


def test_a_search_that_nobody_waits_for_any_more_ends(practice: Reception) -> None:
    with pytest.raises(Stopped), practice.database.read(lambda: True) as connection:
        connection.execute(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT sum(x) FROM n"
        ).fetchone()
    assert practice.context.patients.search("ann", 10, stopped=lambda: False)


# The index against the meaning of a search.

letters = st.text(
    st.one_of(
        st.sampled_from("abc nÉéßØøłÆœ'’-. 09"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=8,
)
days = st.dates(date(1900, 1, 1), date(2026, 3, 3))
numbers = st.sampled_from(["+447700900123", "+14155550100", "+35312345678", "07700 900123", "x-12", "+44"])
emails = st.one_of(
    st.none(), letters.map(lambda text: f"{text}@b.org"), st.sampled_from(["a.b@c.org", "É@x.de"])
)


def means(words: SearchText, typed: str) -> bool:
    """Every token begins a word of one of its columns; all but its last word are whole words there."""
    for token in tokens(typed, TODAY):
        *whole, last = token.text.split()
        for column in COLUMNS[token.kind]:
            there = getattr(words, column.value).split()
            if all(each in there for each in whole) and any(each.startswith(last) for each in there):
                break
        else:
            return False
    return True


def test_the_index_finds_whom_the_words_mean(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", "0f" * 32)
    with database.write() as connection:
        connection.execute("DELETE FROM patient_search")

    @settings(max_examples=300)
    @example(given_name="İ", family="ﬁ", born_on=None, number="+44", email=None, typed="i")
    @given(letters, letters, st.one_of(st.none(), days), numbers, emails, letters)
    def agree(
        given_name: str, family: str, born_on: date | None, number: str, email: str | None, typed: str
    ) -> None:
        words = search_text((given_name, family), born_on, [number], [] if email is None else [email])
        terms = index_terms(
            (given_name, family), None if born_on is None else born_on.isoformat(), [number], email
        )
        for text in {typed, given_name, family, given_name[:2], number, email or "", str(born_on or "")}:
            assert _finds(database, terms, text) is _expected(words, text), text

    agree()
    database.close()


def _expected(words: SearchText, typed: str) -> bool | None:
    return means(words, typed) if tokens(typed, TODAY) else None


def _finds(database: Database, terms: str, typed: str) -> bool | None:
    """None when there is nothing to look for."""
    expression = match_expression(typed, TODAY)
    if expression is None:
        return None
    with database.write() as connection:
        connection.execute("INSERT INTO patient_search (rowid, terms) VALUES (1, ?)", (terms,))
        row = connection.execute(
            "SELECT rowid FROM patient_search WHERE patient_search MATCH ?", (expression,)
        ).fetchone()
        connection.execute("DELETE FROM patient_search WHERE rowid = 1")
    return row is not None
