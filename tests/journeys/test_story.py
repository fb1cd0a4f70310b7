"""The main job from files to phone calls, as ``primoro-campaigns demo --scripted`` plays it: steps 1 to 9."""

import json
import subprocess
import sys
from pathlib import Path

PICTURES = {
    "02-patients",
    "03-restrictions",
    "03-other-desk",
    "03-offline",
    "04-composer",
    "05-review",
    "07-results",
    "07-contacts",
    "08-unsubscribed",
    "09-calls",
    "09-matched",
}


def play(out: Path, *options: str) -> dict[str, object]:
    """Play the story to its end; its report."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "primoro_campaigns", "demo", "--scripted", "--out", str(out)),
            *("--patients", "120", *options),
        ],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    report: dict[str, object] = json.loads((out / "report.json").read_text("utf-8"))
    broken = [step["broken_by"] for step in report["steps"] if not step["held"]]  # type: ignore[attr-defined]  # steps are a list
    assert done.returncode == 0, (broken, done.stdout[-2000:], done.stderr[-2000:])
    return report


def test_the_whole_story_holds_and_leaves_what_it_promises(tmp_path: Path, server_database: str) -> None:
    out = tmp_path / "out"
    report = play(out, *([] if server_database.startswith("sqlite") else ["--database", server_database]))
    assert report["held"] is True
    steps = report["steps"]
    assert isinstance(steps, list)
    assert [step["number"] for step in steps] == list(range(1, 10))
    assert all(step["checks"] for step in steps)
    account = report["account"]
    assert isinstance(account, dict)
    assert account["recipients"] == (
        account["sent"] + account["failed"] + account["skipped"] + account["unknown"]
    )
    assert sum(account["skipped_by_reason"].values()) == account["skipped"] > 0
    letters, texts = list((out / "mail").glob("*.eml")), list((out / "texts").glob("*.json"))
    assert len(letters) + len(texts) == account["sent"]
    assert letters
    assert texts
    assert {path.stem for path in (out / "screens").glob("*.png")} == PICTURES
    for path in (out / "logs").rglob("*.log"):
        logged = path.read_text("utf-8")
        assert "Quillfeather" not in logged, f"{path.name} names a patient"
        assert '"level": "ERROR"' not in logged, path.name
    assert not list((out / "logs").rglob("crash-*.json"))
