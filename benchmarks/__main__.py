"""Run the measurements: ``python -m benchmarks [NAME] [--json]``.

A measurement is a module ``bench_<name>.py`` in this folder with ``run() -> Iterable[Measurement]``.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable

import benchmarks
from benchmarks.measure import Measurement

PREFIX = "bench_"


def names() -> list[str]:
    modules = pkgutil.iter_modules(benchmarks.__path__)
    return sorted(module.name.removeprefix(PREFIX) for module in modules if module.name.startswith(PREFIX))


def load(name: str) -> Callable[[], Iterable[Measurement]]:
    run: Callable[[], Iterable[Measurement]] = importlib.import_module(f"benchmarks.{PREFIX}{name}").run
    return run


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("name", nargs="?", choices=names(), metavar="NAME", help=", ".join(names()))
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    if not arguments.json:
        print(f"{'name':32}{'ours':>14}{'reference':>14}{'ratio':>8}  {'unit':8}{'n':>10}")
    for name in [arguments.name] if arguments.name else names():
        for taken in load(name)():
            if arguments.json:
                print(taken.as_json(), flush=True)
                continue
            numbers = f"{taken.ours:14.3f}{taken.reference:14.3f}{taken.ratio:8.2f}"
            print(f"{taken.name:32}{numbers}  {taken.unit:8}{taken.n:>10}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
