"""The other end of the pipe: a desktop in its own process, used step by step."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

PATIENCE_S = 30.0
"""How long a control may take to appear before the story counts as broken.

Nothing waits this long when all is well.
"""


class DesktopStoppedError(RuntimeError):
    """The desktop did not do what the story asked, or ended."""


class PlayedDesktop:
    """A desktop process at ``profile``, with methods for what a person does. Use it as a context manager.

    When the story breaks, what was on the screen is saved as a picture beside the log.
    """

    def __init__(
        self, name: str, profile: Path, server: str, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._log_path = log
        self._log = log.open("ab")
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-m",
                "primoro_campaigns.demo.workstation",
                "--profile",
                str(profile),
                "--server",
                server,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **environment},
        )

    def click(self, name: str) -> None:
        self.order("click", name=name)

    def write(self, name: str, text: str) -> None:
        self.order("write", name=name, text=text)

    def choose(self, name: str, text: str) -> None:
        self.order("choose", name=name, text=text)

    def tick(self, name: str, on: bool = True) -> None:
        self.order("tick", name=name, on=on)

    def open_tab(self, tabs: str, key: str) -> None:
        self.order("open_tab", name=tabs, key=key)

    def is_ticked(self, name: str) -> bool:
        return bool(self.order("is_ticked", name=name))

    def open_row(self, table: str, containing: str, patience_s: float = PATIENCE_S) -> None:
        self.order("select_row", patience_s, name=table, containing=containing, activate=True)

    def select_row(self, table: str, containing: str, patience_s: float = PATIENCE_S) -> None:
        self.order("select_row", patience_s, name=table, containing=containing, activate=False)

    def rows(self, table: str) -> list[list[str]]:
        value = self.order("rows", name=table)
        assert isinstance(value, list)
        return value

    def read(self, name: str) -> str:
        return str(self.order("read", name=name))

    def says(self, name: str, pattern: str, patience_s: float = PATIENCE_S) -> str:
        """The words of a control, once they match the regular expression."""
        return str(self.order("says", patience_s, name=name, pattern=pattern))

    def sees(self, name: str, patience_s: float = PATIENCE_S) -> None:
        self.order("sees", patience_s, name=name)

    def press(self, keys: str) -> None:
        self.order("press", keys=keys)

    def shot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.order("shot", path=str(path))

    def shots(self, folder: Path, name: str) -> None:
        """Pictures of the front window, light and dark."""
        folder.mkdir(parents=True, exist_ok=True)
        self.order("shots", folder=str(folder), name=name)

    def order(self, verb: str, patience_s: float = PATIENCE_S, **arguments: object) -> object:
        """Have ``verb`` done, waiting for its control.

        Raises ``DesktopStoppedError`` with what was on the screen instead.
        """
        line = json.dumps({"verb": verb, "arguments": arguments, "patience_s": patience_s}) + "\n"
        pipe_in, pipe_out = self._pipes()
        try:
            pipe_in.write(line.encode())
            pipe_in.flush()
            answer = pipe_out.readline()
        except BrokenPipeError:
            answer = b""
        if not answer:
            raise DesktopStoppedError(
                f"{self.name}: the desktop ended at {verb} {arguments} (see {self._log.name})"
            )
        given = json.loads(answer)
        if "error" in given:
            raise DesktopStoppedError(f"{self.name}: {verb} {arguments}: {given['error']}")
        return given["value"]

    def close(self) -> None:
        """Close the window as a person would and wait for the process to end.

        Raises ``DesktopStoppedError`` if it fails.
        """
        pipe_in, pipe_out = self._pipes()
        if self._process.poll() is None:
            self.order("quit")
        pipe_in.close()
        pipe_out.close()
        status = self._process.wait(30)
        self._log.close()
        if status != 0:
            raise DesktopStoppedError(
                f"{self.name}: the desktop ended with status {status} (see {self._log.name})"
            )

    def wait_until_closed(self) -> None:
        """Wait until the person closes the window."""
        self._process.wait()
        for pipe in self._pipes():
            pipe.close()
        self._log.close()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        self._process.kill()
        self._process.wait(30)
        for pipe in self._pipes():
            pipe.close()
        self._log.close()

    def __enter__(self) -> "PlayedDesktop":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.returncode is not None:
            return
        if kind is None:
            self.close()
        else:
            with suppress(DesktopStoppedError, OSError):
                self.shot(self._log_path.with_suffix(".png"))
            self.kill()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout
