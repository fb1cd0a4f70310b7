"""The list of patients without its widgets: what is searched for, how many there are, where a row leads."""

from collections.abc import Sequence
from typing import Protocol

from primoro_campaigns.desktop.local.listed import Count, PatientRow
from primoro_campaigns.desktop.routes import Navigator, PatientRoute, PatientsRoute

EXAMPLES = "a name, a date of birth (14/03/1979), a few digits of a number, or an e-mail address"


class PatientLists(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def search(self, text: str, limit: int, offset: int = 0) -> Sequence[PatientRow]: ...

    def count(self, text: str) -> Count: ...


class PatientSource:
    """The pages of one search, by family name. A page is read when it is looked at, and not before.

    ``counted`` is the latest count, None until there is one.
    """

    def __init__(self, patients: PatientLists, text: str) -> None:
        self._patients = patients
        self.text = text
        self.counted: Count | None = None

    def count(self) -> int:
        self.counted = found = self._patients.count(self.text)
        return found.number

    def fetch(self, offset: int, limit: int, order: object) -> Sequence[PatientRow]:
        """``order`` is left aside: patients stand in the order of the alphabet."""
        del order
        return self._patients.search(self.text, limit, offset)


class ListView(Protocol):
    def show_source(self, source: PatientSource, empty: str) -> None:
        """Show another search, from the top; calls ``loaded`` when its rows are there."""
        ...

    def show_count(self, words: str) -> None: ...


class PatientList:
    """Which patients are listed, and where a chosen one leads."""

    def __init__(self, view: ListView, patients: PatientLists, navigator: Navigator) -> None:
        self._view = view
        self._patients = patients
        self._navigator = navigator
        self._source: PatientSource | None = None

    @property
    def query(self) -> str:
        return "" if self._source is None else self._source.text

    def show(self, query: str) -> None:
        """Show the list, searched for ``query``; the same query again leaves everything where it is."""
        if self._source is None or query != self.query:
            self._look_for(query)

    def search(self, query: str) -> None:
        """What the person typed."""
        self._look_for(query)
        self._navigator.replace(PatientsRoute(query))

    def open(self, row: PatientRow) -> None:
        self._navigator.go(PatientRoute(row.patient_id))

    def loaded(self) -> None:
        """The rows of the present search are there, or were read again."""
        if self._source is not None and self._source.counted is not None:
            self._view.show_count(count_words(self._source.counted, self._source.text))

    def _look_for(self, query: str) -> None:
        self._source = PatientSource(self._patients, query)
        self._view.show_source(self._source, empty_words(query))


def count_words(count: Count, query: str) -> str:
    """``3 patients``, ``More than 1,000 …``: the list ends where counting ended, and says what to do."""
    if count.more:
        return f"More than {count.number:,} patients; the first {count.number:,} are listed"
    if count.number == 0:
        return "Nobody found" if query else "No patients"
    return f"{count.number:,} {'patient' if count.number == 1 else 'patients'}"


def empty_words(query: str) -> str:
    """What stands in place of rows, and what to try."""
    if not query:
        return "There are no patients on this computer yet.\nThey appear as soon as the first copy is here."
    return f"Nobody is found for “{query}”.\nTry fewer letters, or look for {EXAMPLES}."
