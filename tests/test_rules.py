"""The page of rules names a test for each rule, or says why not yet; and the tests it names are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RULES = (
    *(f"L{number:02}" for number in range(1, 28)),
    *(f"S{number}" for number in range(4, 9)),
    *(f"EM{number}" for number in (1, 2, 3, 4, 6, 7)),
    *(f"Q{number}" for number in (1, 3, 4, 5)),
    *(f"C{number}" for number in (22, 23, 25)),
)


def rows() -> dict[str, str]:
    """What the last column says, by rule."""
    found = re.findall(
        r"^\| ([A-Z]+\d+) \| [^|]+ \| ([^|]+) \|$",
        (ROOT / "docs/rules.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len({rule for rule, _ in found}) == len(found)
    return dict(found)


def written() -> set[str]:
    return {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_every_rule_stands_on_the_page_once() -> None:
    assert tuple(rows()) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_tests_or_says_why_not_yet(rule: str) -> None:
    held_by = rows()[rule]
    named = re.findall(r"`(test_\w+)`", held_by)
    assert named or re.search(r"Not yet: \w", held_by)
    assert set(named) <= written()
