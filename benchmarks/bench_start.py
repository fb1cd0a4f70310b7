"""From the start of the process to a window one can work with: patients listed, and keys arriving in the
search field.

The floor is a bare window of Qt, from the start of its process to its first paint. The server is away in the
first measurement, as for a laptop on its way, and there in the second. The keyring is the one
that answered at the start before, as on any desk, and at the first start, which is not counted, it is found
among all that this machine has; what a real one takes to be unlocked is not in it. ``PRIMORO_BENCH_PATIENTS``
says how many patients the cache holds (100,000).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from statistics import median

from benchmarks import lent_keyring
from benchmarks.measure import Measurement
from benchmarks.practice import Profile, alternately, folder, patients, server, shared_profile

ROUNDS = 7
SECONDS = 120.0
NOBODY = "http://127.0.0.1:9"
"""A port at which nothing listens."""


def run() -> Iterable[Measurement]:
    count = patients()
    profile = shared_profile(count)
    profile.point_to(NOBODY)
    yield _compare("start, server away", profile, None)
    with server(count) as process:
        profile.point_to(process.address)
        yield _compare("start, server there", profile, process.address)


def _compare(name: str, profile: Profile, address: str | None) -> Measurement:
    def bare() -> float:
        return _started("benchmarks.first_paint")

    def ours() -> float:
        secrets = json.dumps(profile.secrets(address))
        return _started("benchmarks.first_use", str(profile.folder), **{lent_keyring.SECRETS: secrets})

    # Once each before the clock counts: for the bytecode, and so that the system has the files at hand.
    bare()
    ours()
    taken, floor = alternately(ROUNDS, ours, bare)
    return Measurement(name, median(taken), median(floor), "s", ROUNDS)


def _started(module: str, *arguments: str, **variables: str) -> float:
    """Seconds from starting a process to the moment it tells, both on the machine's own clock."""
    lent = folder() / "keyring"
    lent_keyring.install(lent)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        # An installed program has its bytecode; so has this one after its first start.
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(folder() / "bytecode"),
        "PYTHONPATH": os.pathsep.join([str(lent), *filter(None, [os.environ.get("PYTHONPATH")])]),
        **variables,
    }
    begin = time.monotonic()
    result = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stderr)
    return float(result.stdout) - begin
