"""The set-up: what the locks hold, and when ``dev.py`` installs anew."""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import dev

LOCKS = (*dev.EXTRAS, "lock")
ENTRY = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>[^\\]+?))? \\$")


def locked(name: str) -> dict[str, Version]:
    """Names and versions of a lock. Any line that is neither a version nor a hash fails."""
    versions: dict[str, Version] = {}
    for line in (dev.REQUIREMENTS / f"{name}.txt").read_text().splitlines():
        entry = ENTRY.match(line)
        if entry is None:
            assert re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}( \\)?", line), line
            continue
        if entry["marker"]:
            Marker(entry["marker"])
        versions[canonicalize_name(entry["name"])] = Version(entry["version"])
    return versions


def declared(*extras: str) -> list[Requirement]:
    """What ``pyproject.toml`` asks for, with the extras that its extras name."""
    project = tomllib.loads((dev.ROOT / "pyproject.toml").read_text())
    found = [Requirement(line) for line in project["project"]["dependencies"]]
    waiting = list(extras)
    while waiting:
        for line in project["project"]["optional-dependencies"][waiting.pop()]:
            requirement = Requirement(line)
            if canonicalize_name(requirement.name) == project["project"]["name"]:
                waiting.extend(requirement.extras)
            else:
                found.append(requirement)
    return found + [Requirement(line) for line in project["dependency-groups"]["build"]]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_addresses(name: str) -> None:
    assert locked(name)


@pytest.mark.parametrize(("name", "extra"), dev.EXTRAS.items())
def test_a_lock_holds_what_the_project_asks_for(name: str, extra: str) -> None:
    versions = locked(name)
    unmet = [
        str(requirement)
        for requirement in declared(extra)
        if canonicalize_name(requirement.name) not in versions
        or versions[canonicalize_name(requirement.name)] not in requirement.specifier
    ]
    assert unmet == [], "run: python3 dev.py lock"


@pytest.mark.parametrize("name", ["demo", "desktop", "server"])
def test_what_is_delivered_is_what_is_tested(name: str) -> None:
    assert locked(name).items() <= locked("test").items()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that ``dev`` takes for its own, with an environment that has ``test`` installed."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements").mkdir()
    for name in dev.EXTRAS:
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "STAMP", tmp_path / ".venv" / "installed.json")
    monkeypatch.setattr(dev, "REQUIREMENTS", tmp_path / "requirements")
    dev.STAMP.write_text(json.dumps(dev.wanted_stamp("test")))
    return tmp_path


def test_nothing_is_installed_twice(checkout: Path) -> None:
    assert checkout == dev.ROOT
    assert dev.up_to_date("test")
    assert dev.up_to_date("demo"), "test holds all that demo needs"


@pytest.mark.parametrize("changed", ["requirements/test.txt", "pyproject.toml"])
def test_a_changed_lock_is_installed(checkout: Path, changed: str) -> None:
    (checkout / changed).write_text("another\n")
    assert not dev.up_to_date("test")


def test_the_small_set_does_not_do_for_the_tests(checkout: Path) -> None:
    assert checkout == dev.ROOT
    dev.STAMP.write_text(json.dumps(dev.wanted_stamp("demo")))
    assert dev.up_to_date("demo")
    assert not dev.up_to_date("test")


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_broken_stamp_means_install_again(checkout: Path, content: str) -> None:
    assert checkout == dev.ROOT
    dev.STAMP.write_text(content)
    assert not dev.up_to_date("test")


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="asks dpkg, which this system does not have")
def test_missing_system_packages_are_those_dpkg_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "packages.txt"
    listing.write_text("[desktop]\nno-such-a | dpkg\nno-such-b | no-such-c\n[test]\nno-such-d\n")
    monkeypatch.setattr(dev, "SYSTEM_PACKAGES", listing)
    assert dev.missing_packages(["desktop"]) == [["no-such-b", "no-such-c"]]
    assert dev.missing_packages(["desktop", "test"]) == [["no-such-b", "no-such-c"], ["no-such-d"]]


def test_the_callers_pip_settings_are_kept_and_python_is_not_led_astray(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_CERT", "a.pem")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    found = dev.environment(EXTRA="1")
    assert found["PIP_CERT"] == "a.pem"
    assert found["EXTRA"] == "1"
    assert "PYTHONPATH" not in found
