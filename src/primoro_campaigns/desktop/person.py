"""Who is signed in at this computer, and what they may do."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.ids import LocationId, UserId


@dataclass(frozen=True)
class SignedInPerson:
    """What the server said at the last sign-in, kept in the cache so that it holds offline too.

    ``location_ids`` empty with ``all_locations`` means everywhere. ``time_zone`` is the organisation's.
    """

    user_id: UserId
    username: str
    display_name: str
    role: Role
    rights: frozenset[Right]
    all_locations: bool
    location_ids: tuple[LocationId, ...]
    organisation_id: str
    organisation_name: str
    time_zone: str
    country: str

    def may(self, right: Right) -> bool:
        """Only for showing what would be refused anyway: the server checks again."""
        return right in self.rights

    def day_of(self, instant: datetime) -> date:
        """The day it is, at ``instant``, at the practice."""
        return instant.astimezone(ZoneInfo(self.time_zone)).date()


def person_to_json(person: SignedInPerson) -> str:
    return json.dumps(
        {
            "user_id": person.user_id,
            "username": person.username,
            "display_name": person.display_name,
            "role": person.role.value,
            "rights": sorted(right.value for right in person.rights),
            "all_locations": person.all_locations,
            "location_ids": list(person.location_ids),
            "organisation_id": person.organisation_id,
            "organisation_name": person.organisation_name,
            "time_zone": person.time_zone,
            "country": person.country,
        }
    )


def person_from_json(text: str) -> SignedInPerson:
    """Read what ``person_to_json`` wrote."""
    plain = json.loads(text)
    return SignedInPerson(
        user_id=UserId(plain["user_id"]),
        username=plain["username"],
        display_name=plain["display_name"],
        role=Role(plain["role"]),
        rights=frozenset(Right(right) for right in plain["rights"]),
        all_locations=plain["all_locations"],
        location_ids=tuple(LocationId(each) for each in plain["location_ids"]),
        organisation_id=plain["organisation_id"],
        organisation_name=plain["organisation_name"],
        time_zone=plain["time_zone"],
        country=plain["country"],
    )
