"""Ids for made-up rows: UUIDv7 by form, the same ones for the same seed."""

import random
from datetime import datetime

_PER_MILLISECOND = 1 << 12


class Ids:
    """Counts up from ``start``, so that the ids sort in the order in which they were made."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._random = random.Random(f"ids {seed}")  # noqa: S311 - nothing secret is made from it
        self._milliseconds = int(start.timestamp() * 1000)
        self._count = 0

    def __call__(self) -> str:
        milliseconds, counter = divmod(self._count, _PER_MILLISECOND)
        self._count += 1
        stamp = f"{self._milliseconds + milliseconds:012x}"
        tail = f"{self._random.getrandbits(62) | 1 << 63:016x}"
        return f"{stamp[:8]}-{stamp[8:]}-7{counter:03x}-{tail[:4]}-{tail[4:]}"
