"""Finding a patient, key by key, in the encrypted cache, as the list of patients does it: how many there are,
and the first page of them.

The floor is a plain FTS5 query for as many of the same rows, without counting.
``PRIMORO_BENCH_PATIENTS`` says how many patients (100,000).
"""

import random
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from benchmarks import floor
from benchmarks.measure import Measurement, percentile
from benchmarks.practice import SEED, Cache, folder, patients, shared_cache
from primoro_campaigns.desktop.kit.page_reader import PAGE
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.patient.list_presenter import PatientSource
from primoro_campaigns.domain.patient.search_terms import fold

ROUNDS = 5

PEOPLE = 4
"""How many patients are looked for in each way."""


def run() -> Iterable[Measurement]:
    count = patients()
    cache = shared_cache(count)
    plain_path = folder() / f"plain-search-{count}.db"
    asked = _prepare(cache, plain_path)
    database = Database(cache.path, cache.key)
    plain = floor.Search(plain_path)
    try:
        list_of = Patients(database, _today)
        # Both connections are open before the clock runs, as they are when somebody begins to type.
        _look(list_of, "")
        plain("", PAGE)
        ours: list[list[float]] = [[] for _ in asked]
        reference: list[list[float]] = [[] for _ in asked]
        found = 0
        for _ in range(ROUNDS):
            for place, text in enumerate(asked):
                begin = time.perf_counter()
                rows = _look(list_of, text)
                middle = time.perf_counter()
                plain(text, PAGE)
                end = time.perf_counter()
                ours[place].append(middle - begin)
                reference[place].append(end - middle)
                found += rows > 0
    finally:
        plain.close()
        database.close()
        plain_path.unlink(missing_ok=True)
    if found < len(asked) * ROUNDS * 9 // 10:
        raise RuntimeError(f"only {found} of {len(asked) * ROUNDS} searches found anybody")
    # What else the machine does now and then is not the search's: of each key the middle one of its times.
    ours_ms = [median(times) * 1000 for times in ours]
    reference_ms = [median(times) * 1000 for times in reference]
    yield Measurement(
        "search p95", percentile(ours_ms, 0.95), percentile(reference_ms, 0.95), "ms", len(asked)
    )
    yield Measurement("search slowest key", max(ours_ms), max(reference_ms), "ms", len(asked))


def _look(list_of: Patients, text: str) -> int:
    """What the list reads after a key; how many rows it shows."""
    source = PatientSource(list_of, text)
    source.count()
    return len(source.fetch(0, PAGE, None))


def _prepare(cache: Cache, plain_path: Path) -> list[str]:
    """Write the floor's file and choose what to look for; no row stays in memory after this."""
    rooms = floor.rows_of(cache)
    plain_path.unlink(missing_ok=True)
    floor.write(plain_path, rooms)
    return keystrokes(rooms["patient"])


def keystrokes(people: floor.Rows) -> list[str]:
    """What the search field holds after each key, for a few dozen searches as people type them."""
    at = {name: place for place, name in enumerate(people.columns)}
    chance = random.Random(SEED)

    def some(*needed: str) -> list[dict[str, str]]:
        """A few patients who have all that is needed."""
        chosen: list[dict[str, str]] = []
        while len(chosen) < PEOPLE:
            row = chance.choice(people.rows)
            if all(row[at[name]] for name in needed):
                chosen.append({name: str(row[at[name]]) for name in needed})
        return chosen

    texts = [each["family_name"].lower() for each in some("family_name")]
    texts += [fold(each["family_name"]) for each in _accented(people, at, chance)]
    texts += [f"{each['given_name']} {each['family_name']}" for each in some("given_name", "family_name")]
    texts += [
        f"{each['family_name'][:3]} {each['given_name'][:3]}".lower()
        for each in some("given_name", "family_name")
    ]
    for each in some("born_on"):
        year, month, day = each["born_on"].split("-")
        texts.append(f"{day}/{month}/{year}")
    texts += [f"0{each['mobile_e164'][3:]}" for each in some("mobile_e164")]
    texts += [each["mobile_e164"][-6:] for each in some("mobile_e164")]
    texts += [each["email"] for each in some("email")[:2]]
    texts += [each["number"] for each in some("number")]
    return [text[: length + 1] for text in texts for length in range(len(text))]


def _today() -> date:
    return datetime.now(UTC).date()


def _accented(people: floor.Rows, at: dict[str, int], chance: random.Random) -> list[dict[str, str]]:
    """Patients whose family name has accents; in a very small practice there may be few, or none."""
    place = at["family_name"]
    names = sorted({str(row[place]) for row in people.rows if not str(row[place]).isascii()})
    return [{"family_name": name} for name in chance.sample(names, min(PEOPLE, len(names)))]
