"""The command ``primoro-campaigns``: starts the desktop, or the program named by the first argument.

Only the chosen program's module is loaded (docs/decisions: start-up budget), so that the window is quick and
a computer without the server's libraries still runs the desktop.
"""

import importlib
import sys
from collections.abc import Sequence

_PROGRAMS = {
    "server": ("primoro_campaigns.server.cli", "server"),
    "demo": ("primoro_campaigns.demo.main", "demo"),
    "demo-data": ("primoro_campaigns.demo.data", "demo"),
}
DESKTOP = "primoro_campaigns.desktop.start"

_USAGE = """\
primoro-campaigns                       the desktop
primoro-campaigns server --data DIR     the server; "primoro-campaigns server --help" tells more
primoro-campaigns demo --scripted --out DIR
                                        the whole story with made-up patients; nothing leaves this machine
primoro-campaigns demo-data --patients N --seed S
                                        a made-up practice
primoro-campaigns --version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a program and return its exit status.

    Each program's ``main`` takes the arguments after its name.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--version"]:
        # Not for every start: it takes a tenth of the time that Qt takes.
        metadata = importlib.import_module("importlib.metadata")
        sys.stdout.write(f"Primoro Campaigns {metadata.version('primoro-campaigns')}\n")
        return 0
    if given[:1] in (["--help"], ["-h"], ["help"]):
        sys.stdout.write(_USAGE)
        return 0
    if given and given[0] in _PROGRAMS:
        module, extra = _PROGRAMS[given.pop(0)]
    elif not given or given[0].startswith("-"):
        module, extra = DESKTOP, "desktop"
    else:
        sys.stderr.write(f"There is no program “{given[0]}”.\n\n{_USAGE}")
        return 2
    try:
        return int(importlib.import_module(module).main(given) or 0)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("primoro_campaigns"):
            raise
        sys.stderr.write(
            f"A part that this program needs is not installed on this computer: {error.name}.\n"
            f"Install it with: pip install 'primoro-campaigns[{extra}]'\n"
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
