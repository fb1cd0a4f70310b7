"""A small practice in the server's tables: locations, and patients with what a test says about them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.account.tables import location, organisation
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.support.ids import new_id

Values = Any
"""A column's value: whatever the table's column takes."""


def actor(role: Role = Role.RECEPTION, *locations: str, name: str = "Jo Bell") -> Actor:
    """Somebody of this role; without locations she sees them all."""
    return Actor(f"user-{name}", name, ROLE_RIGHTS[role], not locations, frozenset(locations))


def actor_with(*rights: Right, name: str = "Sam Reed") -> Actor:
    return Actor(f"user-{name}", name, frozenset(rights), True)


def add_organisation(uow: UnitOfWork, settings: str = "{}") -> None:
    uow.connection.execute(
        insert(organisation).values(
            id="org",
            name="Bridge Street Dental",
            country="GB",
            time_zone="Europe/London",
            created_at=uow.now,
            settings=settings,
        )
    )


def add_location(uow: UnitOfWork, location_id: str = "loc-1", **values: Values) -> str:
    row = {"id": location_id, "name": "Bridge Street", "time_zone": "Europe/London", "sms_ready": True}
    uow.connection.execute(insert(location).values(**{**row, **values}))
    return location_id


def add_patient(uow: UnitOfWork, patient_id: str, **values: Values) -> str:
    """An adult at ``loc-1`` with a good e-mail address of her own and no permission on record."""
    row: dict[str, Values] = {
        "id": patient_id,
        "location_id": "loc-1",
        "given_name": "Ann",
        "family_name": patient_id.title(),
        "status": "active",
        "born_on": date(1980, 5, 17),
        "email": f"{patient_id}@example.com",
        "email_state": "ok",
    }
    uow.connection.execute(insert(patient).values(**{**row, **values}))
    return patient_id


def add_permission(
    uow: UnitOfWork,
    patient_id: str,
    channel: Channel = Channel.EMAIL,
    purpose: Purpose = Purpose.PROMOTIONS,
    state: PermissionState = PermissionState.OPTED_IN,
    **values: Values,
) -> None:
    row: dict[str, Values] = {
        "id": f"{patient_id}:{channel}:{purpose}",
        "patient_id": patient_id,
        "channel": channel.value,
        "purpose": purpose.value,
        "state": state.value,
        "changed_at": uow.now,
        "source": ConsentSource.IMPORT.value,
    }
    uow.connection.execute(insert(permission).values(**{**row, **values}))


def add_restriction(uow: UnitOfWork, patient_id: str, purpose: Purpose = Purpose.PROMOTIONS) -> None:
    uow.connection.execute(
        insert(restriction).values(
            id=f"{patient_id}:{purpose}",
            patient_id=patient_id,
            purpose=purpose.value,
            since_at=uow.now,
            source=ConsentSource.STAFF.value,
        )
    )


def add_contact(uow: UnitOfWork, patient_id: str, at: datetime, **values: Values) -> None:
    """A promotion by e-mail that was sent."""
    row: dict[str, Values] = {
        "id": new_id(),
        "patient_id": patient_id,
        "at": at,
        "kind": "email",
        "direction": "out",
        "category": Purpose.PROMOTIONS.value,
        "title": "Spring offer",
        "status": "sent",
    }
    uow.connection.execute(insert(contact).values(**{**row, **values}))


@dataclass(frozen=True)
class ContactLine:
    kind: str
    direction: str
    title: str
    detail: str
    status: str
    by_name: str


def contacts_of(database: Database, patient_id: str) -> list[ContactLine]:
    with database.read() as connection:
        rows = connection.execute(
            select(contact).where(contact.c.patient_id == patient_id).order_by(contact.c.id)
        ).all()
    return [
        ContactLine(row.kind, row.direction, row.title, row.detail, row.status, row.by_name) for row in rows
    ]
