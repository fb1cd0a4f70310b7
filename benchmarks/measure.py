"""What a measurement is, and how to take one."""

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """One comparison: ``ours`` against ``reference``, the floor taken in the same run, both in ``unit``.

    ``n`` says how much was measured: rows written, queries asked, starts made.
    """

    name: str
    ours: float
    reference: float
    unit: str
    n: int

    @property
    def ratio(self) -> float:
        """How many times the floor we take; infinite where the floor is nothing."""
        return self.ours / self.reference if self.reference else math.inf

    def as_json(self) -> str:
        return json.dumps(
            {
                "name": self.name,
                "ours": round(self.ours, 6),
                "reference": round(self.reference, 6),
                "ratio": round(self.ratio, 3),
                "unit": self.unit,
                "n": self.n,
            }
        )


def seconds(work: Callable[[], object]) -> float:
    """How long ``work`` takes once, on the wall clock."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def percentile(values: Iterable[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that ``share`` (0 to 1) of the values do not exceed."""
    ordered: Sequence[float] = sorted(values)
    if not ordered:
        raise ValueError("no values to take a percentile of")
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]
