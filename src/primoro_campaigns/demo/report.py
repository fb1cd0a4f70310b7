"""What a scripted story leaves behind: each step, what was checked, and the account of the run."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


class NotHeldError(AssertionError):
    """A check of the story did not hold."""


@dataclass
class Check:
    what: str
    found: str
    held: bool


@dataclass
class Step:
    number: int
    title: str
    checks: list[Check] = field(default_factory=list)
    seconds: float = 0.0
    held: bool = False
    broken_by: str = ""

    def check(self, what: str, held: bool, found: object) -> None:
        """Note what was found; raise ``NotHeldError`` unless it held.

        Values are counts and words, never secrets.
        """
        self.checks.append(Check(what, str(found), held))
        if not held:
            raise NotHeldError(f"Step {self.number}: {what} (found: {found})")

    def equal(self, what: str, found: object, wanted: object) -> None:
        self.check(what, found == wanted, found if found == wanted else f"{found}, wanted {wanted}")


@dataclass
class Report:
    """Write it with ``save`` whatever happened: a story that broke says where."""

    steps: list[Step] = field(default_factory=list)
    account: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def step(self, number: int, title: str) -> Iterator[Step]:
        step = Step(number, title)
        self.steps.append(step)
        print(f"{number}. {title} …", flush=True)  # noqa: T201 - the story tells itself
        began = time.monotonic()
        try:
            yield step
            step.held = True
        except Exception as broken:
            step.broken_by = f"{type(broken).__name__}: {broken}"
            raise
        finally:
            step.seconds = round(time.monotonic() - began, 2)

    @property
    def held(self) -> bool:
        return bool(self.steps) and all(step.held for step in self.steps)

    def save(self, path: Path) -> None:
        content = {"held": self.held, "steps": [asdict(step) for step in self.steps], "account": self.account}
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
