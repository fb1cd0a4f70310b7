"""The SMTP client: pooled connections, one message a patient, and a clear answer for each (RFC 5321)."""

import re
import smtplib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, LifoQueue
from typing import Literal

from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.delivery.providers.provider import Away, Brake, Letter, Result, released

_STAYS = "Nothing is lost: the messages wait and go out by themselves when it answers again."
_LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class SmtpSettings:
    """With "starttls" and "tls" the certificate is checked. ``helo`` is the name we give ourselves."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    helo: str = "localhost"
    timeout_seconds: float = 30.0
    connections: int = 4


class _UnavailableError(Exception):
    """The server cannot be used at all now; ``words`` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class SmtpClient:
    """A few connections, kept open between batches, each used by one thread at a time."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._idle: LifoQueue[smtplib.SMTP] = LifoQueue()
        self._threads = ThreadPoolExecutor(settings.connections, thread_name_prefix="smtp")

    def send(self, letters: Sequence[Letter], brake: Brake = released) -> list[Result]:
        """One result for each letter, in order. A letter goes to one recipient only."""
        share = max(1, -(-len(letters) // self._settings.connections))
        parts = [letters[start : start + share] for start in range(0, len(letters), share)]
        return [
            result
            for results in self._threads.map(lambda part: self._send_in_turn(part, brake), parts)
            for result in results
        ]

    def close(self) -> None:
        """End the threads and say goodbye on every open connection."""
        self._threads.shutdown()
        while True:
            try:
                _part(self._idle.get_nowait())
            except Empty:
                return

    def _send_in_turn(self, letters: Sequence[Letter], brake: Brake) -> list[Result]:
        results: list[Result] = []
        connection: smtplib.SMTP | None = None
        for letter in letters:
            if results and isinstance(results[-1].outcome, Away):
                # The next one would only wait for the same time-out.
                results.append(results[-1])
                continue
            held_back = brake()
            if held_back:
                results.append(Result(Away(held_back)))
                continue
            try:
                if connection is None:
                    connection = self._connection()
                result = self._hand_over(connection, letter)
                if result is None:
                    # An idle connection that the server had closed: nothing was handed over on it.
                    _drop(connection)
                    connection = self._connect()
                    result = self._hand_over(connection, letter)
                if result is None:
                    raise _UnavailableError(f"The mail server closes the connection. {_STAYS}")
            except _UnavailableError as error:
                result = Result(Away(error.words))
            if isinstance(result.outcome, InDoubt | Away) and connection is not None:
                _drop(connection)
                connection = None
            results.append(result)
        if connection is not None:
            self._idle.put(connection)
        return results

    def _connection(self) -> smtplib.SMTP:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        place = f"{settings.host}, port {settings.port}"
        connection: smtplib.SMTP | None = None
        try:
            connection = self._open()
            if settings.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if settings.username:
                connection.login(settings.username, settings.password)
            else:
                connection.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            if connection is not None:
                _drop(connection)
            raise _UnavailableError(_away_words(error, place)) from None
        return connection

    def _open(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security == "tls":
            return smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                settings.helo,
                timeout=settings.timeout_seconds,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(settings.host, settings.port, settings.helo, settings.timeout_seconds)

    def _hand_over(self, connection: smtplib.SMTP, letter: Letter) -> Result | None:
        """None when the connection was gone before anything was handed over."""
        address = letter.cleared.address
        wide = not address.isascii()
        if wide and not connection.has_extn("smtputf8"):
            return Result(NotSent(False, "The mail server cannot send to an address with such letters."))
        if _BREAKS.search(address):
            return Result(NotSent(False, "This is not an e-mail address."))
        asked = _question(letter.sender, address, wide=wide)
        try:
            replies = _asked(connection, asked)
            if replies[-1][0] == _GO_AHEAD and not _accepted(replies[:-1]):
                # It takes a message that nobody is to get: it gets an empty one (RFC 2920, section 3.1).
                connection.send(b".\r\n")
                connection.getreply()
            refusal = _refusal(replies)
            if refusal is not None:
                connection.rset()
                return refusal
        except (OSError, smtplib.SMTPServerDisconnected):
            return None
        try:
            content = _LEADING_DOT.sub(b"..", letter.content)
            end = b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"
            connection.send(content + end)
            code, reply = connection.getreply()
        except (OSError, smtplib.SMTPException):
            return Result(
                InDoubt("The connection broke while the mail server took the message. It may have left.")
            )
        if code == 250:
            return Result(Sent(letter.message_id))
        return _refused(code, reply)


_GO_AHEAD = 354
_BREAKS = re.compile(r"[\r\n<>]")

Reply = tuple[int, bytes]


def _question(sender: str, recipient: str, *, wide: bool) -> tuple[bytes, ...]:
    options = " SMTPUTF8 BODY=8BITMIME" if wide else ""
    return (f"MAIL FROM:<{sender}>{options}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n")


def _asked(connection: smtplib.SMTP, commands: Sequence[bytes]) -> list[Reply]:
    """The replies to MAIL, RCPT and DATA: all at once where the server takes them so (RFC 2920), else until
    the first that says no.
    """
    if connection.has_extn("pipelining"):
        connection.send(b"".join(commands))
        return [connection.getreply() for _ in commands]
    replies: list[Reply] = []
    for command in commands:
        connection.send(command)
        replies.append(connection.getreply())
        if not _accepted(replies):
            break
    return replies


def _accepted(replies: Sequence[Reply]) -> bool:
    wanted = ({250}, {250, 251}, {_GO_AHEAD})
    return all(code in codes for (code, _), codes in zip(replies, wanted, strict=False))


def _refusal(replies: Sequence[Reply]) -> Result | None:
    """The first no among the replies, None when there is none."""
    if _accepted(replies):
        return None
    if replies[0][0] != 250:
        raise _UnavailableError(_sender_words(replies[0][0]))
    if not _accepted(replies[:2]):
        return _refused(*replies[1])
    return _refused(*replies[2])


_WAITS_FOR_SETTINGS = (
    "Nothing is lost: the messages wait. Ask whoever looks after this server to check the mail settings."
)


def _away_words(error: Exception, place: str) -> str:
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"The mail server does not accept our user name and password. {_WAITS_FOR_SETTINGS}"
        case smtplib.SMTPNotSupportedError():
            return (
                "The mail server does not offer what the settings ask for (encryption or signing in). "
                f"{_WAITS_FOR_SETTINGS}"
            )
        case ssl.SSLError():
            return f"No safe connection to the mail server can be made ({place}). {_WAITS_FOR_SETTINGS}"
        case smtplib.SMTPConnectError():
            return f"The mail server does not take messages now ({place}). {_STAYS}"
        case _:
            return f"The mail server cannot be reached ({place}). {_STAYS}"


def _sender_words(code: int) -> str:
    if code >= 500:
        return f"The mail server does not accept our sender address. {_WAITS_FOR_SETTINGS}"
    return f"The mail server does not take messages now. {_STAYS}"


def _refused(code: int, reply: bytes) -> Result:
    """The reply's text is not kept: mail servers like to quote the patient's address in it."""
    if code == 421:
        return Result(Away(f"The mail server does not take messages now. {_STAYS}"))
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}", reply)
    status = enhanced.group().decode() if enhanced else str(code)
    if code < 500:
        return Result(NotSent(True, f"The mail server asked to try again later ({status})."), status)
    return Result(NotSent(False, f"The mail server refused this address or message ({status})."), status)


def _part(connection: smtplib.SMTP) -> None:
    try:
        connection.quit()
    except (OSError, smtplib.SMTPException):
        _drop(connection)


def _drop(connection: smtplib.SMTP) -> None:
    try:
        connection.close()
    except OSError:
        return
