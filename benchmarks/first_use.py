"""The desktop with a filled cache, in a process of its own: says when patients were listed and a key typed
into the search field had arrived, and ends.

``python -m benchmarks.first_use PROFILE``. It goes the way of the command: what looks on is loaded last.
"""

import importlib
import sys

from primoro_campaigns import __main__ as command


def main() -> None:
    start = importlib.import_module(command.DESKTOP)
    with start.open_desktop(["--profile", sys.argv[1]]):
        print(importlib.import_module("benchmarks.usable").usable_at(), flush=True)


if __name__ == "__main__":
    main()
