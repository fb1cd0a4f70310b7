"""The tour of ``dev.py screenshots``: it comes to its end, with every screen in light and dark."""

import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage

SCREENS = 19


def test_every_screen_is_there_in_light_and_dark(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "primoro_campaigns.demo.screenshots"),
            *("--out", str(tmp_path), "--patients", "120"),
        ],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    pictures = sorted(path.stem for path in tmp_path.iterdir())
    names = {name.rpartition("-")[0] for name in pictures}
    assert len(names) == SCREENS
    assert pictures == sorted(f"{name}-{scheme}" for name in names for scheme in ("light", "dark"))
    sizes = [QImage(str(path)).size() for path in tmp_path.iterdir()]
    assert all(0 < size.width() <= 1366 and 0 < size.height() <= 768 for size in sizes)
