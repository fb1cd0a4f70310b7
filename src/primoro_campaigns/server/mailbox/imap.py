"""The mailbox over IMAP (RFC 9051): what lies in one folder, and putting it away into another."""

import imaplib
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.mailbox.line import Line, SafeLine

_PATIENCE_S = 30
_MOST_BYTES = 2_000_000
"""Of a longer mail the beginning is read: the reports stand there, attachments do not matter."""


class MailboxError(PrimoroError):
    def __init__(self, title: str) -> None:
        super().__init__(
            title,
            "Nothing is lost: mails wait in the mailbox and are read later. "
            "Check the settings that begin with “imap_”, and the mail server.",
            "mailbox.away",
        )


@dataclass(frozen=True)
class Place:
    """Where the mailbox is. ``folder`` is read, and what was read is moved to ``taken``."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    username: str
    password: str
    folder: str
    taken: str


class Inbox:
    """Use it as a context manager. Raises ``MailboxError`` for all that can go wrong outside."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def __enter__(self) -> "Inbox":
        place = self._place
        try:
            self._connection = _connected(place)
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"The mailbox cannot be reached: {_reason(error)}.") from error
        try:
            self._sign_in()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def waiting(self) -> list[int]:
        """The unique ids of the mails that are there, in the order in which they came."""
        connection = self._connection
        found: object = None
        for _ in range(3):
            connection.response("EXISTS")
            (found,) = self._ask("SEARCH", "UNDELETED")[:1] or [None]
            # A mail that comes while the server looks is told of once, and then not again while we wait.
            if connection.response("EXISTS")[1] == [None]:
                break
        return [int(each) for each in found.split()] if isinstance(found, bytes) else []

    @property
    def tells(self) -> bool:
        """Whether the server can say by itself that a mail came."""
        return "IDLE" in self._can

    def wait(self, seconds: float, wake: socket.socket) -> None:
        """Until a mail comes, ``wake`` can be read, or the time is over. Only where the server ``tells``."""
        try:
            if not self._connection.idle(seconds, wake):
                self._can.discard("IDLE")
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"The mailbox broke off: {_reason(error)}.") from error

    def read(self, uid: int) -> bytes | None:
        """The mail, or its beginning; None when it is gone. It stays unread for whoever looks there too."""
        for part in self._ask("FETCH", str(uid), f"(BODY.PEEK[]<0.{_MOST_BYTES}>)"):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None

    def put_away(self, uid: int) -> None:
        """Move it out of the way; from here on ``waiting`` does not name it any more."""
        taken = _quoted(self._place.taken)
        if "MOVE" in self._can:
            self._ask("MOVE", str(uid), taken)
            return
        self._ask("COPY", str(uid), taken)
        self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
        if "UIDPLUS" in self._can:
            self._ask("EXPUNGE", str(uid))

    def _sign_in(self) -> None:
        place, connection = self._place, self._connection
        try:
            # The library puts quotes around the password alone.
            connection.login(_quoted(place.username), place.password)
            told = b" ".join(each for each in connection.capability()[1] if isinstance(each, bytes))
            self._can = set(told.decode("ascii", "replace").upper().split())
            # It says no when the folder is there already.
            connection.create(_quoted(place.taken))
            answer, _ = connection.select(_quoted(place.folder))
        except UnicodeError as error:
            # Before the command was sent: older servers know no other characters.
            raise MailboxError("The name or password of the mailbox has letters beyond English.") from error
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"The mailbox does not let us in: {_reason(error)}.") from error
        if answer != "OK":
            raise MailboxError(f"The mailbox has no folder “{place.folder}”.")

    def _ask(self, command: str, *words: str) -> list[object]:
        try:
            answer, data = self._connection.uid(command, *words)
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"The mailbox broke off: {_reason(error)}.") from error
        if answer != "OK":
            raise MailboxError(f"The mailbox refused {command.lower()}.")
        return list(data)

    def _leave(self) -> None:
        try:
            self._connection.logout()
        except (OSError, imaplib.IMAP4.error):
            # It is closed all the same.
            self._connection.shutdown()


def _connected(place: Place) -> Line:
    if place.security == "tls":
        context = ssl.create_default_context()
        return SafeLine(place.host, place.port, ssl_context=context, timeout=_PATIENCE_S)
    connection = Line(place.host, place.port, timeout=_PATIENCE_S)
    if place.security == "starttls":
        try:
            connection.starttls(ssl.create_default_context())
        except BaseException:
            connection.shutdown()
            raise
    return connection


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _reason(error: Exception) -> str:
    """What the system or the server said, on one line; never a mail's words."""
    told = error.args[0] if error.args else ""
    if isinstance(error, OSError) and error.strerror:
        words = error.strerror
    else:
        words = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(error)
    return " ".join(words.split())[:200].rstrip(".") or type(error).__name__
