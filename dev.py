#!/usr/bin/env python3
"""Everything one does with a checkout: play the product, test it, measure it.

Needs nothing but Python 3.11 and this file. It makes ``.venv`` beside itself, installs the locked packages
into it and, on Debian and Ubuntu, the system libraries that Qt needs; it says what it does before it does it.
"""

from __future__ import annotations

import argparse
import configparser
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
REQUIREMENTS = ROOT / "requirements"
SYSTEM_PACKAGES = ROOT / "installer" / "debian-packages.txt"
OLDEST_PYTHON = "3.11"
MOST_PROCESSES = 4
"""Each process of the tests has a PostgreSQL of its own and takes up to 1 GB."""

EXTRAS = {"test": "dev", "demo": "demo", "desktop": "desktop", "server": "server"}
"""The lock files and the extra of ``pyproject.toml`` each is made from; the first holds all the others."""


class SetUpError(Exception):
    """Something is missing that this program cannot put right; the text says what to do."""


def say(text: str) -> None:
    print(f"dev.py: {text}", flush=True)


# -- the environment -----------------------------------------------------------------------------------------


def venv_program(name: str) -> str:
    folder, ending = ("Scripts", ".exe") if os.name == "nt" else ("bin", "")
    return str(VENV / folder / f"{name}{ending}")


def environment(**more: str) -> dict[str, str]:
    """The caller's variables (with its pip settings) without those that would lead Python astray."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return {**kept, **more}


def run(*command: str, **more: str) -> int:
    """Run a program in the checkout and return its exit status; ``more`` are environment variables."""
    return subprocess.run(command, cwd=ROOT, env=environment(**more), check=False).returncode


def hand_over(*command: str, **more: str) -> int:
    """Become this program, where the system can, so that signals reach it; elsewhere run it."""
    if os.name != "nt":
        os.chdir(ROOT)
        sys.stdout.flush()
        os.execvpe(command[0], command, environment(**more))
    return run(*command, **more)


def must(problem: str, *command: str) -> None:
    """Run a step of the set-up: quiet if it works, with all it said and ``problem`` if it does not."""
    if not quietly(*command):
        raise SetUpError(problem)


def quietly(*command: str) -> bool:
    """Run a program that asks nothing; what it said is shown only if it fails. Returns whether it worked."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(DEBIAN_FRONTEND="noninteractive"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        print(result.stdout, flush=True)
    return result.returncode == 0


def set_up(lock: str) -> None:
    """Bring the virtual environment and the system's libraries to what ``requirements/<lock>.txt`` needs."""
    if sys.version_info[:2] < tuple(int(part) for part in OLDEST_PYTHON.split(".")):
        raise SetUpError(
            f"Python {OLDEST_PYTHON} or newer is needed, and this is {sys.version.split()[0]}. "
            f"Install a newer one and start this file with it."
        )
    fresh = not venv_works()
    if shutil.which("dpkg-query"):
        missing = missing_packages(["desktop", "test"] if lock == "test" else ["desktop"])
        if fresh and not has_ensurepip():
            missing.append([f"python{sys.version_info.major}.{sys.version_info.minor}-venv"])
        if missing:
            apt_install(missing)
    if fresh:
        make_venv()
    if not up_to_date(lock):
        install("test" if stamp().get("lock") == "test" else lock)
    check_qt()


def make_venv() -> None:
    say(f"making a virtual environment in {VENV.name} with Python {sys.version.split()[0]}")
    base = getattr(sys, "_base_executable", None) or sys.executable
    must(
        "The virtual environment could not be made; the lines above say why. On Debian and Ubuntu often the "
        "package python3-venv is missing: install it and start again.",
        *(base, "-m", "venv", "--clear", str(VENV)),
    )


def has_ensurepip() -> bool:
    """Whether this Python can put pip into a virtual environment; Debian's python3 alone cannot."""
    probe = subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False)
    return probe.returncode == 0


def venv_works() -> bool:
    """Whether ``.venv`` is there, runs, has pip and was made for a checkout in this place."""
    if not Path(venv_program("python")).exists() or (STAMP.exists() and stamp().get("root") != str(ROOT)):
        return False
    probe = subprocess.run([venv_program("python"), "-c", "import pip"], capture_output=True, check=False)
    return probe.returncode == 0


def stamp() -> dict[str, str]:
    try:
        found = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def wanted_stamp(lock: str) -> dict[str, str]:
    digest = hashlib.sha256()
    for path in (REQUIREMENTS / f"{lock}.txt", ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return {"root": str(ROOT), "lock": lock, "digest": digest.hexdigest()}


def up_to_date(lock: str) -> bool:
    return stamp() in [wanted_stamp(lock), wanted_stamp("test")]


def install(lock: str) -> None:
    say(f"installing the packages of requirements/{lock}.txt; the first time this takes a few minutes")
    STAMP.unlink(missing_ok=True)
    pip = [
        venv_program("python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    must(
        "The packages could not be installed; the lines above say why. Is the network there, and are pip's "
        "settings right? It is safe to start again.",
        *(*pip, "--require-hashes", "-r", str(REQUIREMENTS / f"{lock}.txt")),
    )
    must(
        "Primoro Campaigns could not be installed into the virtual environment; the lines above say why.",
        *(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)),
    )
    STAMP.write_text(json.dumps(wanted_stamp(lock)), encoding="utf-8")


# -- the system's packages -----------------------------------------------------------------------------------


def missing_packages(sections: list[str]) -> list[list[str]]:
    """What the sections of ``installer/debian-packages.txt`` name and dpkg does not know as installed."""
    declared = configparser.ConfigParser(allow_no_value=True, delimiters=("=",))
    declared.read(SYSTEM_PACKAGES, encoding="utf-8")
    wanted = [
        [name.strip() for name in line.split("|")] for section in sections for line in declared[section]
    ]
    there = installed_packages({name for names in wanted for name in names})
    return [names for names in wanted if not there.intersection(names)]


def installed_packages(names: set[str]) -> set[str]:
    result = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\n", *sorted(names)],
        capture_output=True,
        text=True,
        check=False,  # it also fails where a name is unknown, and lists the others all the same
    )
    lines = [line.split() for line in result.stdout.splitlines()]
    return {words[1] for words in lines if len(words) == 2 and words[0] == "installed"}


def apt_install(missing: list[list[str]]) -> None:
    """Install system packages, as root or through sudo, or say what an administrator has to do.

    Each item lists names of which one is enough.
    """
    root = os.geteuid() == 0
    sudo = shutil.which("sudo")
    if not root and not (sudo and may_sudo(sudo)):
        wanted = " ".join(available(names) for names in missing)
        say("system packages are missing and I may not install them. Ask an administrator for:")
        say(f"apt-get install {wanted}")
        return
    apt = [*([] if root or not sudo else [sudo, "DEBIAN_FRONTEND=noninteractive"]), "apt-get", "--quiet=2"]
    say("asking for the system's list of packages (apt-get update)")
    if not quietly(*apt, "update"):
        say("the list could not be had; I try with the one that is there")
    chosen = [available(names) for names in missing]
    say(f"installing system packages: {' '.join(chosen)}")
    if not quietly(*apt, "-o", "Dpkg::Use-Pty=0", "install", "--yes", "--no-install-recommends", *chosen):
        say("that did not work; I go on without. If something does not start later, install them by hand.")


def available(names: list[str]) -> str:
    """The first of the names that this release of the system has."""
    for name in names[:-1]:
        if subprocess.run(["apt-cache", "show", name], capture_output=True, check=False).returncode == 0:
            return name
    return names[-1]


def may_sudo(sudo: str) -> bool:
    """Without a terminal sudo cannot ask for a password, so it must not need one."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    return subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0


def check_qt() -> None:
    result = subprocess.run(
        [venv_program("python"), "-c", "import PySide6.QtWidgets"],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        print(result.stderr, flush=True)
        raise SetUpError(
            "Qt does not load; the last line above names the system library it misses. Those of "
            f"Debian and Ubuntu are in {SYSTEM_PACKAGES.relative_to(ROOT)}; elsewhere the names are similar."
        )


# -- the commands --------------------------------------------------------------------------------------------


def has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def demo(_: argparse.Namespace) -> int:
    set_up("demo")
    if has_display():
        say("opening the demo: a made-up practice; nothing leaves this machine")
        return hand_over(venv_program("primoro-campaigns"), "demo")
    out = ROOT / "build" / "demo"
    shutil.rmtree(out, ignore_errors=True)
    say(f"there is no display: I play the scripted story offscreen and leave it in {out.relative_to(ROOT)}")
    return hand_over(
        *(venv_program("primoro-campaigns"), "demo", "--scripted", "--out", str(out)),
        QT_QPA_PLATFORM="offscreen",
    )


def checks() -> int:
    """Format, lint, types and import contracts. All are run; returns 1 if any of them found something."""
    python = venv_program("python")
    steps = {
        "format": (python, "-m", "ruff", "format", "--check", "--quiet", "."),
        "lint": (python, "-m", "ruff", "check", "--quiet", "."),
        "types": (python, "-m", "mypy", "--no-error-summary"),
        "contracts": (venv_program("lint-imports"), "--no-cache", "--no-logo"),
    }
    failed = []
    for name, command in steps.items():
        say(f"checking {name}")
        if run(*command):
            failed.append(name)
    say(f"failed: {', '.join(failed)}" if failed else "format, lint, types and contracts hold")
    return 1 if failed else 0


def check(_: argparse.Namespace) -> int:
    set_up("test")
    return checks()


def test(arguments: argparse.Namespace) -> int:
    set_up("test")
    chosen: list[str] = arguments.rest
    checked = 0 if chosen else checks()
    say("running the tests")
    tested = run(venv_program("python"), "-m", "pytest", *(chosen or spread()), HYPOTHESIS_PROFILE="ci")
    return tested or checked


def spread() -> list[str]:
    """Run the whole suite in several processes where there are several cores; some tests mostly wait."""
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    return [f"--numprocesses={processes}", "--dist=worksteal"] if processes > 1 else []


def screenshots(arguments: argparse.Namespace) -> int:
    set_up("demo")
    out = str(Path(arguments.out).resolve())
    return hand_over(
        *(venv_program("python"), "-m", "primoro_campaigns.demo.screenshots", "--out", out),
        QT_QPA_PLATFORM="offscreen",
    )


def bench(arguments: argparse.Namespace) -> int:
    set_up("demo")
    chosen = [arguments.name] if arguments.name else []
    options = ["--json"] if arguments.json else []
    return hand_over(
        venv_program("python"), "-m", "benchmarks", *chosen, *options, QT_QPA_PLATFORM="offscreen"
    )


def run_inside(arguments: argparse.Namespace) -> int:
    if not arguments.rest:
        say("which program? For example: python3 dev.py run primoro-campaigns --version")
        return 2
    set_up("demo")
    program, *its_arguments = arguments.rest
    ours = venv_program(program)
    return hand_over(ours if Path(ours).exists() else program, *its_arguments)


def lock(_: argparse.Namespace) -> int:
    """Write the lock files anew: the newest that ``pyproject.toml`` allows, for every platform and Python."""
    set_up("test")
    must(
        "uv, which writes the locks, could not be installed; the lines above say why.",
        *(venv_program("python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r"),
        str(REQUIREMENTS / "lock.txt"),
    )
    whole = REQUIREMENTS / "test.txt"
    for name, extra in EXTRAS.items():
        same = [] if name == "test" else ["--constraint", str(whole)]
        compile_lock(name, "pyproject.toml", "--extra", extra, "--group", "build", *same)
    compile_lock("lock", "--group", "lock")
    say("the locks are written; look at the differences, then run: python3 dev.py test")
    return 0


def compile_lock(name: str, *sources: str) -> None:
    say(f"locking requirements/{name}.txt")
    must(
        "The lock could not be made; the lines above say why.",
        *(venv_program("uv"), "pip", "compile", "--quiet", *sources),
        *("--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--upgrade"),
        *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"),
        *("--output-file", str(REQUIREMENTS / f"{name}.txt")),
    )


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="dev.py", description="Play, test and measure Primoro Campaigns.")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    commands.add_parser("demo", help="set everything up and play the product").set_defaults(act=demo)
    testing = commands.add_parser(
        "test", help="every check and every test; with arguments, pytest with those"
    )
    testing.set_defaults(act=test)
    commands.add_parser("check", help="format, lint, types and import contracts").set_defaults(act=check)
    shots = commands.add_parser("screenshots", help="every screen, light and dark, from the demo practice")
    shots.add_argument("--out", required=True, metavar="DIR")
    shots.set_defaults(act=screenshots)
    measuring = commands.add_parser("bench", help="measure against the floor")
    measuring.add_argument("name", nargs="?", help="one of the measurements; without, all")
    measuring.add_argument("--json", action="store_true", help="one JSON object a line")
    measuring.set_defaults(act=bench)
    commands.add_parser("lock", help="write the lock files anew").set_defaults(act=lock)
    inside = commands.add_parser("run", help="run a program of the virtual environment, with its arguments")
    inside.set_defaults(act=run_inside)
    return top


def main() -> int:
    given = sys.argv[1:]
    # What follows these two belongs to another program, options too.
    ours = given[:1] if given[:1] in (["test"], ["run"]) else given
    arguments = parser().parse_args(ours)
    arguments.rest = given[len(ours) :]
    try:
        status: int = arguments.act(arguments)
    except SetUpError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
