"""A mail server's IMAP side on loopback: as much of RFC 9051 as a program needs that reads one folder."""

import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal

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
    ``meanwhile`` is what happens, once, while a command is carried out. ``listened`` is set while somebody
    listens for mails (IDLE, for which it must be among the capabilities), ``refused`` once NO was said.
    """

    def __init__(
        self, security: Literal["none", "starttls", "tls"] = "none", context: ssl.SSLContext | None = None
    ) -> None:
        self.security = security
        self.context = context
        self.username = "the box"
        self.password = 'let "me" in'
        self.folders: dict[str, list[Lying]] = {"INBOX": []}
        self.can = {"IMAP4REV1", "MOVE", "UIDPLUS"}
        self.hang_up_before = ""
        self.hang_up_after = ""
        self.refuse: set[str] = set()
        self.commands: list[str] = []
        self.meanwhile: dict[str, Callable[[], None]] = {}
        self.listened = threading.Event()
        self.refused = threading.Event()
        self._listening: list[_Line] = []
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

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Mails arrive, and whoever listens is told."""
        for raw in mails:
            self._put(folder, raw)
        with self._lock:
            for line in self._listening:
                line.tell_of_news()

    def hang_up(self) -> None:
        """The lines of those who listen break."""
        with self._lock:
            for line in self._listening:
                line.connection.shutdown(socket.SHUT_RDWR)

    def lies_in(self, folder: str) -> list[bytes]:
        with self._lock:
            return [each.raw for each in self.folders.get(folder, [])]

    # What the line calls

    def _put(self, folder: str, raw: bytes) -> None:
        with self._lock:
            self.folders[folder].append(Lying(self._next_uid, raw))
            self._next_uid += 1

    def listen(self, line: "_Line", begin: bool) -> None:
        with self._lock:
            if begin:
                line.tell_of_news()
                self._listening.append(line)
                self.listened.set()
            elif line in self._listening:
                self._listening.remove(line)
                self.listened.clear()

    def count(self, folder: str) -> int:
        return len(self.folders.get(folder, []))

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
    folder = ""
    idle_tag = b""
    told = 0
    """Of how many mails in the folder the other side knows."""

    def tell_of_news(self) -> None:
        there = self.server.box.count(self.folder)
        if there > self.told:
            self._say(b"* %d EXISTS" % there)
        self.told = there

    def setup(self) -> None:
        super().setup()
        if self.server.box.security == "tls":
            self._make_safe()

    def handle(self) -> None:
        try:
            self._serve()
        finally:
            self.server.box.listen(self, False)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _make_safe(self) -> None:
        context = self.server.box.context
        assert context is not None
        self.rfile.close()
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)

    def _serve(self) -> None:
        box = self.server.box
        self._say(b"* OK here")
        while line := self.rfile.readline():
            words = [
                _ESCAPED.sub(rb"\1", found.group(1)) if found.group(1) is not None else found.group(0)
                for found in _WORD.finditer(line.strip())
            ]
            if words == [b"DONE"] and self.idle_tag:
                box.listen(self, False)
                self._say(self.idle_tag + b" OK done")
                self.idle_tag = b""
                continue
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
                box.refused.set()
            elif command == "CAPABILITY":
                self._say(b"* CAPABILITY " + " ".join(sorted(self._can())).encode())
            elif command == "STARTTLS":
                # What came behind the command is not safe and must not be believed.
                self._say(tag + b" OK begin\r\n* BYE forged")
                self._make_safe()
                continue
            elif command == "LOGIN":
                if [each.decode() for each in given] != [box.username, box.password]:
                    verdict = b"NO wrong name or password"
            elif command == "CREATE":
                verdict = self._create(given[0].decode())
            elif command == "SELECT":
                self.folder = given[0].decode()
                if self.folder in box.folders:
                    self.told = box.count(self.folder)
                    self._say(b"* %d EXISTS" % self.told)
                else:
                    verdict = b"NO there is no such folder"
            elif command == "LOGOUT":
                self._say(b"* BYE")
            elif command == "IDLE":
                self.idle_tag = tag
                self._say(b"+ idling")
                box.listen(self, True)
                continue
            else:
                try:
                    for answer in box.do(command, given, self.folder):
                        self._say(answer)
                    box.meanwhile.pop(command, lambda: None)()
                    self.tell_of_news()
                except KeyError:
                    verdict = b"NO [TRYCREATE] there is no such folder"
            if box.hang_up_after == command:
                box.hang_up_after = ""
                return
            self._say(tag + b" " + verdict)
            if command == "LOGOUT":
                return

    def _can(self) -> set[str]:
        box = self.server.box
        unsafe = box.security == "starttls" and not isinstance(self.connection, ssl.SSLSocket)
        return box.can | {"STARTTLS"} if unsafe else box.can

    def _create(self, folder: str) -> bytes:
        if folder in self.server.box.folders:
            return b"NO it is there already"
        self.server.box.folders[folder] = []
        return b"OK made"

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
