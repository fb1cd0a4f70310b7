"""Mobile numbers for made-up people: those that Ofcom keeps for drama, so that a text reaches nobody.

There are a thousand of them ("Telephone numbers for use in TV and radio drama programmes": 07700 900000 to
900999). Where a practice needs more, strangers share one, as hardly anybody does in life.
"""

from collections.abc import Iterator
from itertools import cycle

_SHARED = range(940)

_QUIET = range(940, 990)
"""Each is given to one household at most: whoever texts STOP silences everybody who holds the number.

The last ten are left to the people one can follow in the demo, who are added to a practice (``demo.cast``).
"""


class Mobiles:
    """``distinct`` gives everybody a number of their own instead, of a range that no network has been given.

    That is for measurements: Ofcom may give it out one day.
    """

    def __init__(self, distinct: bool = False) -> None:
        self._distinct = distinct
        self._given = 0
        self._shared = cycle(_SHARED)
        self._quiet: Iterator[int] = iter(_QUIET)

    def fresh(self) -> str:
        """A number, the same one again after ``len(_SHARED)`` others."""
        if self._distinct:
            self._given += 1
            return f"072{self._given // 1_000_000:02d} {self._given % 1_000_000:06d}"
        return f"07700 900{next(self._shared):03d}"

    def quiet(self) -> str | None:
        """A number that nobody else has or will have; None when there is none left."""
        if self._distinct:
            return self.fresh()
        number = next(self._quiet, None)
        return None if number is None else f"07700 900{number:03d}"
