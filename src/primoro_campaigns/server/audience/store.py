"""SQL of selections."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, select

from primoro_campaigns.domain.audience.rule import Group
from primoro_campaigns.domain.message.template import Field
from primoro_campaigns.server.patient.tables import patient, practitioner
from primoro_campaigns.storage.audience_sql import compile_audience

_FULL_NAME = func.trim(patient.c.title + " " + patient.c.given_name + " " + patient.c.family_name)

_FIELDS: Mapping[Field, ColumnElement[str]] = {
    Field.FIRST_NAME: patient.c.given_name,
    Field.FAMILY_NAME: patient.c.family_name,
    Field.TITLE: patient.c.title,
    Field.FULL_NAME: _FULL_NAME,
    Field.PRACTITIONER_NAME: practitioner.c.name,
}


def selection(audience: Group, location_ids: Sequence[str], today: date) -> ColumnElement[bool]:
    """The rules as a condition over the patient table, within the locations; no locations are all."""
    rules = compile_audience(audience, today, patient, practitioner)
    if location_ids:
        return and_(patient.c.location_id.in_(sorted(set(location_ids))), rules)
    return rules


def count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(patient).where(condition)).scalar_one()


def longest_values(connection: Connection, condition: ColumnElement[bool]) -> Mapping[Field, str]:
    """Fields without any value are left out."""
    found: dict[Field, str] = {}
    joined = patient.outerjoin(practitioner, practitioner.c.id == patient.c.practitioner_id)
    for field, column in _FIELDS.items():
        statement = (
            select(column)
            .select_from(joined)
            .where(condition, column.is_not(None))
            .order_by(func.length(column).desc())
            .limit(1)
        )
        value = connection.execute(statement).scalar_one_or_none()
        if value:
            found[field] = value
    return found
