"""The forms that the audience compiler relies on."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, Table

from primoro_campaigns.storage.patient_facts import (
    INDEXED,
    birth_md,
    patient_columns,
    patient_indexes,
    tag_needle,
    tags_of,
    tags_text,
)

tags = st.text(st.sampled_from('ab"\\,[]\n \u00e9\U0001f9b7\x00'), max_size=4)


@given(kept=st.frozensets(tags, max_size=5), sought=tags)
def test_a_tag_is_in_the_text_exactly_if_it_is_among_the_tags(kept: frozenset[str], sought: str) -> None:
    assert (tag_needle(sought) in tags_text(kept)) is (sought in kept)
    assert tags_of(tags_text(kept)) == kept


def test_no_tags_is_an_empty_list() -> None:
    assert tags_text([]) == "[]"
    assert tags_of("[]") == frozenset()


def test_the_birthday_knows_no_year() -> None:
    assert birth_md(None) is None
    assert birth_md(date(1968, 2, 29)) == 229
    assert birth_md(date(2001, 12, 1)) == 1201


def test_two_tables_can_be_built_from_the_columns() -> None:
    """Each call gives fresh columns: SQLAlchemy lets a column belong to one table only."""
    tables = [Table(name, MetaData(), *patient_columns()) for name in ("patient", "overlay")]
    assert tables[0].c.keys() == tables[1].c.keys()
    for table in tables:
        assert {column.name for index in patient_indexes(table) for column in index.columns} == set(INDEXED)
        assert {index.name for index in table.indexes} == {f"ix_{table.name}_{name}" for name in INDEXED}
