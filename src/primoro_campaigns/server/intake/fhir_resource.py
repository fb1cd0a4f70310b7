"""The elements of FHIR R4 resources that we read (docs/decisions: "Reading FHIR").

Everything else in a resource is passed over, so that an extension nobody foresaw never costs a patient.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _listed(value: object) -> object:
    return [] if value is None else value


Strings = Annotated[list[str | None], BeforeValidator(_listed)]


class _Element(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Reference(_Element):
    reference: str | None = None
    type: str | None = None

    @property
    def key(self) -> str | None:
        """The id that is referred to: of ``Patient/1``, ``urn:uuid:1``, ``https://…/Patient/1`` it is 1."""
        if not self.reference or "?" in self.reference or self.reference.startswith("#"):
            return None
        text = self.reference.partition("/_history/")[0]
        for prefix in ("urn:uuid:", "urn:oid:"):
            if text.startswith(prefix):
                return text.removeprefix(prefix) or None
        return text.rpartition("/")[2] or None

    @property
    def kind(self) -> str:
        """The type of resource that is referred to, where the reference says so."""
        parts = (self.reference or "").partition("/_history/")[0].split("/")
        return self.type or (parts[-2] if len(parts) > 1 else "")


class Period(_Element):
    start: str | None = None
    end: str | None = None


class Coding(_Element):
    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(_Element):
    coding: Annotated[list[Coding], BeforeValidator(_listed)] = []
    text: str | None = None

    @property
    def words(self) -> str:
        return self.text or next((each.display for each in self.coding if each.display), "")


class Identifier(_Element):
    type: Concept | None = None
    value: str | None = None


class HumanName(_Element):
    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: Strings = []
    prefix: Strings = []


class ContactPoint(_Element):
    system: str | None = None
    value: str | None = None
    use: str | None = None
    rank: int | None = None
    period: Period | None = None


class Address(_Element):
    use: str | None = None
    line: Strings = []
    city: str | None = None
    postal_code: str | None = Field(default=None, alias="postalCode")
    country: str | None = None


Names = Annotated[list[HumanName], BeforeValidator(_listed)]
ContactPoints = Annotated[list[ContactPoint], BeforeValidator(_listed)]
Addresses = Annotated[list[Address], BeforeValidator(_listed)]
References = Annotated[list[Reference], BeforeValidator(_listed)]


class _Resource(_Element):
    id: str = Field(min_length=1)


class Organization(_Resource):
    resource_type: Literal["Organization"] = Field(alias="resourceType")
    name: str | None = None
    alias: Strings = []
    telecom: ContactPoints = []
    address: Addresses = []


class Location(_Resource):
    resource_type: Literal["Location"] = Field(alias="resourceType")
    name: str | None = None
    telecom: ContactPoints = []
    address: Address | None = None
    managing_organization: Reference | None = Field(default=None, alias="managingOrganization")


class Practitioner(_Resource):
    resource_type: Literal["Practitioner"] = Field(alias="resourceType")
    active: bool | None = None
    name: Names = []


class Patient(_Resource):
    resource_type: Literal["Patient"] = Field(alias="resourceType")
    active: bool | None = None
    identifier: Annotated[list[Identifier], BeforeValidator(_listed)] = []
    name: Names = []
    telecom: ContactPoints = []
    birth_date: str | None = Field(default=None, alias="birthDate")
    deceased: bool | None = Field(default=None, alias="deceasedBoolean")
    deceased_at: str | None = Field(default=None, alias="deceasedDateTime")
    address: Addresses = []
    general_practitioner: References = Field(default=[], alias="generalPractitioner")
    managing_organization: Reference | None = Field(default=None, alias="managingOrganization")


class EncounterParticipant(_Element):
    individual: Reference | None = None


class EncounterLocation(_Element):
    location: Reference | None = None


class Encounter(_Resource):
    resource_type: Literal["Encounter"] = Field(alias="resourceType")
    status: str
    type: Annotated[list[Concept], BeforeValidator(_listed)] = []
    subject: Reference | None = None
    participant: Annotated[list[EncounterParticipant], BeforeValidator(_listed)] = []
    period: Period | None = None
    location: Annotated[list[EncounterLocation], BeforeValidator(_listed)] = []
    service_provider: Reference | None = Field(default=None, alias="serviceProvider")


class AppointmentParticipant(_Element):
    actor: Reference | None = None


class Appointment(_Resource):
    resource_type: Literal["Appointment"] = Field(alias="resourceType")
    status: str
    description: str | None = None
    service_type: Annotated[list[Concept], BeforeValidator(_listed)] = Field(default=[], alias="serviceType")
    start: str | None = None
    end: str | None = None
    created: str | None = None
    participant: Annotated[list[AppointmentParticipant], BeforeValidator(_listed)] = []


Resource = Organization | Location | Practitioner | Patient | Encounter | Appointment
