"""An IMAP connection that can wait for news (IDLE, RFC 2177); the standard library's can from Python 3.14 on.

It reads the socket itself: who waits on a socket has to know what was read from it already.
"""

import imaplib
import re
import selectors
import socket
import ssl
import time

_MOST_A_LINE = 1_000_000
_AT_ONCE = 65_536
_NEWS = re.compile(rb"\* \d+ (EXISTS|RECENT)\b", re.IGNORECASE)
_TAG = b"idle"
"""No command of the library's has it: those have letters and a number."""


class Line(imaplib.IMAP4):
    """Everything that can go wrong is an ``OSError`` or an ``imaplib.IMAP4.error``."""

    _ahead = b""
    _read_from: socket.socket | None = None

    def readline(self) -> bytes:
        while b"\n" not in self._come():
            if len(self._ahead) > _MOST_A_LINE:
                raise self.error("the line is too long")
            if not self._fetch():
                break
        line, end, self._ahead = self._ahead.partition(b"\n")
        return line + end

    def read(self, size: int) -> bytes:
        pieces, missing = [self._come()[:size]], size - len(self._ahead)
        self._ahead = self._ahead[size:]
        while missing > 0:
            piece = self.sock.recv(min(missing, _AT_ONCE))
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def idle(self, seconds: float, wake: socket.socket) -> bool:
        """Wait until something came into the folder, ``wake`` can be read, or the time is over.

        False when the server refuses to let us wait.
        """
        until = time.monotonic() + seconds
        self.send(_TAG + b" IDLE\r\n")
        news, line = False, self._next()
        while not line.startswith(b"+"):
            if line.startswith(_TAG):
                return False
            news = news or _NEWS.match(line) is not None
            line = self._next()
        while not news and self._comes(until - time.monotonic(), wake):
            news = _NEWS.match(self._next()) is not None
        self.send(b"DONE\r\n")
        while not self._next().startswith(_TAG):
            pass
        return True

    def _next(self) -> bytes:
        line = self.readline()
        if not line:
            raise self.abort("the connection was closed")
        return line

    def _comes(self, seconds: float, wake: socket.socket) -> bool:
        """Whether the server says something in time, and before ``wake`` can be read."""
        if self._come() or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
            return True
        with selectors.DefaultSelector() as both:
            both.register(self.sock, selectors.EVENT_READ)
            both.register(wake, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in both.select(max(seconds, 0))}
        return bool(ready) and wake not in ready

    def _come(self) -> bytes:
        """What was read and not used. Nothing that came before a line was made safe is used after it."""
        if self._read_from is not self.sock:
            self._ahead, self._read_from = b"", self.sock
        return self._ahead

    def _fetch(self) -> bool:
        piece = self.sock.recv(_AT_ONCE)
        self._ahead += piece
        return bool(piece)


class SafeLine(Line, imaplib.IMAP4_SSL):
    """The same over TLS from the first byte."""
