"""Where patients were seen most, counted while visits stream by."""

from collections.abc import Callable
from datetime import date

_PLACE_BITS = 20
_DAY_BITS = 24
_PLACES = (1 << _PLACE_BITS) - 1
_DAYS = (1 << _DAY_BITS) - 1


class Homes:
    """Of two places as often the one seen last; places of ours first.

    Hashes and packed numbers stand for ids and days: a million patients at two places each are some 300 MB.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        # (patient's hash, place) and (times, last day), each in one number.
        self._seen: dict[int, int] = {}
        self._home: dict[int, str] = {}

    def add(self, patient: str, place: str, start: str) -> None:
        """A visit that began at ``start`` (FHIR dateTime, or empty)."""
        number = self._places.setdefault(place, len(self._places))
        key = hash(patient) << _PLACE_BITS | number
        before = self._seen.get(key, 0)
        self._seen[key] = (before >> _DAY_BITS) + 1 << _DAY_BITS | max(before & _DAYS, _day(start))

    def settle(self, is_ours: Callable[[str], bool]) -> None:
        """Choose, once every visit was counted."""
        names = list(self._places)
        ours = [is_ours(name) for name in names]
        best: dict[int, int] = {}
        for key, weight in self._seen.items():
            patient, place = key >> _PLACE_BITS, key & _PLACES
            other = best.get(patient)
            if other is None:
                best[patient] = place
                continue
            standing = self._seen[patient << _PLACE_BITS | other]
            if (ours[place], weight, names[place]) > (ours[other], standing, names[other]):
                best[patient] = place
        self._seen.clear()
        self._home = {patient: names[place] for patient, place in best.items()}

    def of(self, patient: str) -> str:
        """The id of the place, empty for somebody who was nowhere."""
        return self._home.get(hash(patient), "")


def _day(start: str) -> int:
    try:
        return date.fromisoformat(start[:10]).toordinal()
    except ValueError:
        return 0
