"""How the desktop starts: little is loaded before patients are listed."""

import subprocess
import sys

LATER = (
    *("apscheduler", "importlib.metadata", "keyring", "phonenumbers", "pydantic", "requests", "sqlalchemy"),
    *(
        f"primoro_campaigns.{each}"
        for each in (
            *(
                "desktop.account.view",
                "desktop.call",
                "desktop.campaign",
                "desktop.changes",
                "desktop.consent",
            ),
            *("desktop.context", "desktop.local.mirror", "desktop.local.outbox", "desktop.local.patients"),
            *("desktop.remote", "desktop.reply", "desktop.rooms", "desktop.sync.engine", "domain.audience"),
            *("domain.campaign", "domain.delivery", "domain.message", "domain.schedule", "wire"),
        )
    ),
)
"""Not needed to list patients; each would make everybody wait (docs/decisions/0032)."""


def test_only_what_lists_patients_is_loaded_before_the_window() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib, sys\n"
            "from primoro_campaigns import __main__ as command\n"
            "importlib.import_module(command.DESKTOP)\n"
            "importlib.import_module('primoro_campaigns.desktop.main')\n"
            "print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = done.stdout.split()
    assert "primoro_campaigns.desktop.patient.list_view" in loaded
    assert [each for each in LATER if each in loaded] == []
