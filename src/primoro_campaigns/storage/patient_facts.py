"""The columns of a patient that the server's table and the desktop's cache share: what audience rules test.

Both houses build their ``patient`` table from ``patient_columns``, so that one translation of an audience
into SQL serves both (``storage.audience_sql``). The day columns are kept by the writes, never computed by a
query.
"""

import json
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Boolean, Column, Date, Index, SmallInteger, Table, Text

from primoro_campaigns.domain.audience.facts import PatientFacts
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus


def patient_columns() -> list[Column[object]]:
    """Fresh columns, in the order in which rows travel.

    ``tags`` is written by ``tags_text`` and ``birth_md`` by ``birth_md`` alone: the audience compiler
    relies on their form. On SQLite the days are ISO 8601 text. ``number`` is the chart number as the
    practice writes it.
    """
    return [
        Column("id", Text, primary_key=True),
        Column("location_id", Text, nullable=False),
        Column("external_id", Text),
        Column("number", Text, nullable=False, default=""),
        Column("title", Text, nullable=False, default=""),
        Column("given_name", Text, nullable=False, default=""),
        Column("family_name", Text, nullable=False, default=""),
        Column("born_on", Date),
        Column("status", Text, nullable=False),
        Column("is_lead", Boolean, nullable=False, default=False),
        Column("email", Text),
        Column("email_state", Text, nullable=False, default=AddressState.NONE.value),
        Column("email_suppressed", Boolean, nullable=False, default=False),
        Column("mobile", Text),
        Column("mobile_e164", Text),
        Column("mobile_state", Text, nullable=False, default=AddressState.NONE.value),
        Column("mobile_suppressed", Boolean, nullable=False, default=False),
        Column("landline", Text),
        Column("landline_e164", Text),
        Column("address_line", Text, nullable=False, default=""),
        Column("town", Text, nullable=False, default=""),
        Column("postcode", Text, nullable=False, default=""),
        Column("household_id", Text),
        Column("is_head_of_household", Boolean, nullable=False, default=False),
        Column("practitioner_id", Text),
        Column("preferred_channel", Text),
        Column("last_visit_on", Date),
        Column("next_visit_on", Date),
        Column("last_no_show_on", Date),
        Column("recall_due_on", Date),
        Column("last_contacted_on", Date),
        Column("has_unscheduled_treatment", Boolean, nullable=False, default=False),
        Column("tags", Text, nullable=False, default="[]"),
        Column("birth_md", SmallInteger),
        # The day on which the latest booking was made, not the day it is for (domain.md E02, E20).
        Column("last_booked_on", Date),
    ]


INDEXED: tuple[str, ...] = (
    "last_visit_on",
    "next_visit_on",
    "last_no_show_on",
    "recall_due_on",
    "last_contacted_on",
    "born_on",
    "birth_md",
    "practitioner_id",
)
"""The columns from which a selective rule can be driven; the location's index belongs to the scoping."""


def patient_indexes(table: Table) -> list[Index]:
    """The indexes on ``table`` that make a rule about one day or one practitioner cost what it finds.

    Each leaves out the rows without a value, which no such rule asks for, so writes of them cost nothing.
    They are attached to ``table`` and are made with it, or one by one with ``Index.create`` after a bulk
    load.
    """
    return [
        Index(
            f"ix_{table.name}_{name}",
            table.c[name],
            sqlite_where=table.c[name].is_not(None),
            postgresql_where=table.c[name].is_not(None),
        )
        for name in INDEXED
    ]


def birth_md(born_on: date | None) -> int | None:
    """The birthday as month * 100 + day, for an index that knows no years."""
    return None if born_on is None else born_on.month * 100 + born_on.day


def tags_text(tags: frozenset[str] | tuple[str, ...] | list[str]) -> str:
    """Tags as a JSON list with each tag on a line of its own, sorted, once each.

    The line break cannot occur inside a JSON string, which makes one search for ``tag_needle`` exact.
    """
    return json.dumps(sorted(set(tags)), indent=0)


def tag_needle(tag: str) -> str:
    """The text that occurs in ``tags_text(tags)`` if and only if ``tag`` is among ``tags``."""
    return f"\n{json.dumps(tag)}"


def tags_of(text: str) -> frozenset[str]:
    """The tags that ``tags_text`` wrote."""
    return frozenset(str(tag) for tag in json.loads(text))


def facts_of(row: Mapping[str, object], practitioner_name: str | None) -> PatientFacts:
    """The facts of one row of the patient table as drivers hand it out: days may be ISO text, flags 1 and 0.

    ``practitioner_name`` is the name of the row's ``practitioner_id``, None if there is none or it is
    unknown.
    """
    practitioner, channel = row["practitioner_id"], row["preferred_channel"]
    return PatientFacts(
        location_id=str(row["location_id"]),
        status=PatientStatus(str(row["status"])),
        is_lead=bool(row["is_lead"]),
        born_on=_day(row["born_on"]),
        practitioner_id=None if practitioner is None else str(practitioner),
        practitioner_name=practitioner_name,
        preferred_channel=None if channel is None else Channel(str(channel)),
        email_state=AddressState(str(row["email_state"])),
        mobile_state=AddressState(str(row["mobile_state"])),
        last_visit_on=_day(row["last_visit_on"]),
        next_visit_on=_day(row["next_visit_on"]),
        last_contacted_on=_day(row["last_contacted_on"]),
        last_no_show_on=_day(row["last_no_show_on"]),
        recall_due_on=_day(row["recall_due_on"]),
        has_unscheduled_treatment=bool(row["has_unscheduled_treatment"]),
        tags=tags_of(str(row["tags"])),
    )


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(str(value))
