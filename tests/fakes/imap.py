"""A mail server's IMAP side on loopback: as much of RFC 9051 as a program needs that reads one folder."""

import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\([^)]*\))|(\S+)')
_ESCAPED = re.compile(rb"\\(.)")


@dataclass
class Lying:
    """A mail in a folder."""

    uid: int
    raw: bytes
    flags: set[bytes] = field(default_factory=set)


class ImapServer:
    """Use it in a ``with``. ``folders`` is what there is; change it and the rest at any time.

    ``hang_up_before`` and ``hang_up_after`` name a command at which the line breaks, before or after it was
    done, the first time only. ``refuse`` names commands that are answered NO. ``can`` are its capabilities.
    """

    def __init__(self) -> None:
        self.username = "the box"
        self.password = 'let "me" in'
        self.folders: dict[str, list[Lying]] = {"INBOX": []}
        self.can = {"IMAP4REV1", "MOVE", "UIDPLUS"}
        self.hang_up_before = ""
        self.hang_up_after = ""
        self.refuse: set[str] = set()
        self.commands: list[str] = []
        self._next_uid = 1
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Line)
        self._server.box = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="imap")

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> "ImapServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def deliver(self, *mails: bytes) -> None:
        """Mails arrive in the inbox."""
        for raw in mails:
            self._put("INBOX", raw)

    def lies_in(self, folder: str) -> list[bytes]:
        with self._lock:
            return [each.raw for each in self.folders.get(folder, [])]

    # What the line calls

    def _put(self, folder: str, raw: bytes) -> None:
        with self._lock:
            self.folders[folder].append(Lying(self._next_uid, raw))
            self._next_uid += 1

    def do(self, command: str, words: list[bytes], folder: str) -> Iterator[bytes]:
        """The untagged answers to a UID command. Raises ``KeyError`` for a folder that is not there."""
        with self._lock:
            lying = list(self.folders[folder])
        if command == "SEARCH":
            uids = [b"%d" % each.uid for each in lying if b"\\Deleted" not in each.flags]
            yield b" ".join([b"* SEARCH", *uids])
            return
        chosen = [each for each in lying if each.uid == int(words[0])]
        for number, each in enumerate(chosen, 1):
            match command:
                case "FETCH":
                    found = re.search(rb"<0\.(\d+)>", words[1])
                    assert found is not None
                    part = each.raw[: int(found.group(1))]
                    yield b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (number, each.uid, len(part), part)
                case "MOVE" | "COPY":
                    target = words[1].decode()
                    if target not in self.folders:
                        raise KeyError(target)
                    self._put(target, each.raw)
                    if command == "MOVE":
                        self._drop(folder, each)
                case "STORE":
                    each.flags.update(words[2].strip(b"()").split())
                case "EXPUNGE":
                    self._drop(folder, each)

    def _drop(self, folder: str, gone: Lying) -> None:
        with self._lock:
            self.folders[folder].remove(gone)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False
    box: ImapServer


class _Line(socketserver.StreamRequestHandler):
    """One connection."""

    server: _Server

    def handle(self) -> None:
        box, folder = self.server.box, ""
        self._say(b"* OK here")
        for line in self.rfile:
            words = [
                _ESCAPED.sub(rb"\1", found.group(1)) if found.group(1) is not None else found.group(0)
                for found in _WORD.finditer(line.strip())
            ]
            tag, command, given = words[0], words[1].decode().upper(), words[2:]
            if command == "UID":
                command, given = given[0].decode().upper(), given[1:]
            box.commands.append(command)
            if box.hang_up_before == command:
                box.hang_up_before = ""
                return
            verdict = b"OK done"
            if command in box.refuse:
                verdict = b"NO not today"
            elif command == "CAPABILITY":
                self._say(b"* CAPABILITY " + " ".join(sorted(box.can)).encode())
            elif command == "LOGIN":
                if [each.decode() for each in given] != [box.username, box.password]:
                    verdict = b"NO wrong name or password"
            elif command == "CREATE":
                verdict = self._create(given[0].decode())
            elif command == "SELECT":
                folder = given[0].decode()
                if folder in box.folders:
                    self._say(b"* %d EXISTS" % len(box.folders[folder]))
                else:
                    verdict = b"NO there is no such folder"
            elif command == "LOGOUT":
                self._say(b"* BYE")
            else:
                try:
                    for answer in box.do(command, given, folder):
                        self._say(answer)
                except KeyError:
                    verdict = b"NO [TRYCREATE] there is no such folder"
            if box.hang_up_after == command:
                box.hang_up_after = ""
                return
            self._say(tag + b" " + verdict)
            if command == "LOGOUT":
                return

    def _create(self, folder: str) -> bytes:
        if folder in self.server.box.folders:
            return b"NO it is there already"
        self.server.box.folders[folder] = []
        return b"OK made"

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
