"""Who may have rung: those who have the caller's number on file, or those whom a search finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from primoro_campaigns.desktop.call.words import NOT_SEEN
from primoro_campaigns.desktop.local.calls import CallCandidate
from primoro_campaigns.desktop.local.listed import Count, PatientRow
from primoro_campaigns.desktop.moment import born_words
from primoro_campaigns.domain.ids import CallId, PatientId
from primoro_campaigns.domain.patient.model import STATUS_WORDS, PatientStatus


@dataclass(frozen=True)
class Person:
    """One line of the list. ``about`` is why, or what tells this person from another of the same name.

    ``seen``: whether the one at this computer may see the record; only then a call can be matched to it.
    """

    patient_id: PatientId
    name: str
    born: str
    about: str
    seen: bool = True

    @property
    def spoken(self) -> str:
        """All of it, as one reads it out."""
        return ", ".join(part for part in (self.name, self.born and f"born {self.born}", self.about) if part)


class PatientLists(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def search(self, text: str, limit: int, offset: int = 0) -> Sequence[PatientRow]: ...

    def count(self, text: str) -> Count: ...

    def rows(self, patient_ids: list[PatientId]) -> Sequence[PatientRow]: ...


class Candidates(Protocol):
    def candidates(self, call_id: CallId) -> Sequence[CallCandidate]: ...


class FoundPeople:
    """The pages of one search for a patient, by family name."""

    def __init__(self, patients: PatientLists, text: str, today: date) -> None:
        self._patients = patients
        self._text = text
        self._today = today

    def count(self) -> int:
        return self._patients.count(self._text).number

    def fetch(self, offset: int, limit: int, order: object) -> Sequence[Person]:
        """``order`` is left aside: patients stand in the order of the alphabet."""
        del order
        return [self._person(row) for row in self._patients.search(self._text, limit, offset)]

    def _person(self, row: PatientRow) -> Person:
        number = " / ".join(each for each in (row.mobile, row.landline) if each)
        about = " · ".join(part for part in (_status(row), number or "No number on file", row.town) if part)
        return Person(row.patient_id, _name(row), born_words(row.born_on, self._today), about)


class LikelyPeople:
    """Those whom the server thinks likely for one call, best first, with its reasons."""

    def __init__(self, calls: Candidates, patients: PatientLists, call_id: CallId, today: date) -> None:
        self._calls = calls
        self._patients = patients
        self._call_id = call_id
        self._today = today

    def count(self) -> int:
        return len(self._calls.candidates(self._call_id))

    def fetch(self, offset: int, limit: int, order: object) -> Sequence[Person]:
        """``order`` is left aside: the likeliest stands first."""
        del order
        found = self._calls.candidates(self._call_id)[offset : offset + limit]
        rows = {row.patient_id: row for row in self._patients.rows([each.patient_id for each in found])}
        return [self._person(each, rows.get(each.patient_id)) for each in found]

    def _person(self, candidate: CallCandidate, row: PatientRow | None) -> Person:
        if row is None:
            return Person(candidate.patient_id, NOT_SEEN, "", candidate.reason, seen=False)
        about = " ".join(
            part
            for part in (_status(row) and f"{_status(row)}.", candidate.reason or "Has this number on file.")
            if part
        )
        return Person(row.patient_id, _name(row), born_words(row.born_on, self._today), about)


def _name(row: PatientRow) -> str:
    return " ".join(part for part in (row.given_name, row.family_name) if part) or "Without a name"


def _status(row: PatientRow) -> str:
    """What is worth knowing before one takes this person for the caller."""
    if row.status is not PatientStatus.ACTIVE:
        return STATUS_WORDS[row.status]
    return "Lead" if row.is_lead else ""
