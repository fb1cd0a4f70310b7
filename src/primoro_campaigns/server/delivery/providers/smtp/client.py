"""The SMTP client: pooled connections, one message a patient, and a clear answer for each (RFC 5321)."""

import contextlib
import re
import smtplib
import ssl
from collections import deque
from collections.abc import Callable, Generator, Sequence
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


Reply = tuple[int, bytes]


@dataclass(frozen=True)
class _Asked:
    """What is said on a connection, and how many replies are waited for."""

    connection: smtplib.SMTP
    data: bytes
    replies: int


_Connect = Callable[[], smtplib.SMTP]
_Talk = Generator[_Asked, list[Reply], None]
"""A conversation: it is sent the replies to what it asked, or has the error thrown that came instead."""


class SmtpClient:
    """A few connections, kept open between batches, each used by one thread at a time.

    One thread has all the conversations of a batch: while one server works, the others are answered.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._idle: LifoQueue[smtplib.SMTP] = LifoQueue()

    def send(self, letters: Sequence[Letter], brake: Brake = released) -> list[Result]:
        """One result for each letter, in order. A letter goes to one recipient only."""
        share = max(1, -(-len(letters) // self._settings.connections))
        parts = [letters[start : start + share] for start in range(0, len(letters), share)]
        results: list[list[Result]] = [[] for _ in parts]
        talks: deque[tuple[_Talk, _Asked]] = deque()
        connect = self._once()
        with contextlib.ExitStack() as ends:
            for part, found in zip(parts, results, strict=True):
                talk = self._talk(connect, part, brake, found)
                ends.callback(talk.close)
                _go_on(talks, talk, None)
            while talks:
                talk, asked = talks.popleft()
                _go_on(talks, talk, _answer(asked))
        return [each for found in results for each in found]

    def _once(self) -> _Connect:
        """Connects for one batch, until that fails: the next one would only wait for the same time-out."""
        failed: list[_UnavailableError] = []

        def connect() -> smtplib.SMTP:
            if failed:
                raise failed[0]
            try:
                return self._connect()
            except _UnavailableError as error:
                failed.append(error)
                raise

        return connect

    def close(self) -> None:
        """Say goodbye on every open connection."""
        while True:
            try:
                _part(self._idle.get_nowait())
            except Empty:
                return

    def _talk(
        self, connect: _Connect, letters: Sequence[Letter], brake: Brake, results: list[Result]
    ) -> _Talk:
        """Hand over the letters, one after the other, on one connection as long as it lasts."""
        line = _Line(connect)
        try:
            for letter, following in zip(letters, [*letters[1:], None], strict=True):
                if results and isinstance(results[-1].outcome, Away):
                    # The next one would only wait for the same time-out.
                    results.append(results[-1])
                    continue
                held_back = "" if line.ahead else brake()
                if held_back:
                    results.append(Result(Away(held_back)))
                    continue
                try:
                    if line.connection is None:
                        line.connection = self._connection(connect)
                    result = yield from line.hand_over(letter, following, brake)
                except _UnavailableError as error:
                    result = Result(Away(error.words))
                if isinstance(result.outcome, InDoubt | Away):
                    line.drop()
                results.append(result)
        except BaseException:
            line.drop()
            raise
        if line.connection is not None:
            self._idle.put(line.connection)

    def _connection(self, connect: _Connect) -> smtplib.SMTP:
        try:
            return self._idle.get_nowait()
        except Empty:
            return connect()

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


class _Line:
    """A connection and what was said on it ahead of time."""

    def __init__(self, connect: _Connect) -> None:
        self._connect = connect
        self.connection: smtplib.SMTP | None = None
        self.ahead: Letter | None = None
        """Whose envelope went out with the letter before it; its replies are not read yet."""

    def drop(self) -> None:
        if self.connection is not None:
            _drop(self.connection)
        self.connection, self.ahead = None, None

    def hand_over(
        self, letter: Letter, following: Letter | None, brake: Brake
    ) -> Generator[_Asked, list[Reply], Result]:
        """The result of ``letter``. Where the server lets us, the envelope of ``following`` goes with it."""
        connection = self._open()
        unfit = _unfit(connection, letter)
        if unfit is not None:
            return unfit
        try:
            replies = yield from self._envelope(connection, letter)
        except _BROKEN:
            # An idle connection that the server had closed: nothing was handed over on it.
            self.drop()
            connection = self.connection = self._connect()
            try:
                replies = yield from self._envelope(connection, letter)
            except _BROKEN:
                raise _UnavailableError(f"The mail server closes the connection. {_STAYS}") from None
        refusal = _refusal(replies)
        if refusal is not None:
            yield from self._take_back(connection, replies)
            return refusal
        # Asked at the last moment: the server may have taken long over the letter before.
        held_back = brake()
        if held_back:
            return Result(Away(held_back))
        data = _content(letter)
        if following is not None and connection.has_extn("pipelining") and not _unfit(connection, following):
            self.ahead = following
            data += b"".join(_question(following))
        try:
            ((code, reply),) = yield _Asked(connection, data, 1)
        except _BROKEN:
            return Result(
                InDoubt("The connection broke while the mail server took the message. It may have left.")
            )
        return Result(Sent(letter.message_id)) if code == 250 else _refused(code, reply)

    def _open(self) -> smtplib.SMTP:
        if self.connection is None:
            self.connection = self._connect()
        return self.connection

    def _envelope(
        self, connection: smtplib.SMTP, letter: Letter
    ) -> Generator[_Asked, list[Reply], list[Reply]]:
        """The replies to MAIL, RCPT and DATA: all at once where the server takes them so (RFC 2920), else
        until the first that says no.
        """
        question = _question(letter)
        if self.ahead is not None:
            self.ahead = None
            return (yield _Asked(connection, b"", len(question)))
        if connection.has_extn("pipelining"):
            return (yield _Asked(connection, b"".join(question), len(question)))
        replies: list[Reply] = []
        for command in question:
            replies += yield _Asked(connection, command, 1)
            if not _accepted(replies):
                break
        return replies

    def _take_back(
        self, connection: smtplib.SMTP, replies: Sequence[Reply]
    ) -> Generator[_Asked, list[Reply], None]:
        """Make the connection fit for the next letter."""
        try:
            if replies[-1][0] == _GO_AHEAD:
                # It takes a message that nobody is to get: it gets an empty one (RFC 2920, section 3.1).
                yield _Asked(connection, b".\r\n", 1)
            yield _Asked(connection, b"RSET\r\n", 1)
        except _BROKEN:
            self.drop()


_BROKEN = (OSError, smtplib.SMTPException)
_LONGEST_REPLY = 8192


def _go_on(talks: deque[tuple[_Talk, _Asked]], talk: _Talk, answer: list[Reply] | Exception | None) -> None:
    """Give ``talk`` its answer, and say what it wants to say next."""
    while True:
        try:
            if isinstance(answer, Exception):
                asked = talk.throw(answer)
            else:
                asked = next(talk) if answer is None else talk.send(answer)
        except StopIteration:
            return
        try:
            if asked.data:
                asked.connection.send(asked.data)
        except _BROKEN as error:
            answer = error
            continue
        talks.append((talk, asked))
        return


def _answer(asked: _Asked) -> list[Reply] | Exception:
    try:
        return [_reply(asked.connection) for _ in range(asked.replies)]
    except _BROKEN as error:
        return error


def _reply(connection: smtplib.SMTP) -> Reply:
    """The next reply. ``smtplib`` reads the same, in several times as long."""
    if connection.sock is None:
        raise smtplib.SMTPServerDisconnected("not connected")
    if connection.file is None:
        connection.file = connection.sock.makefile("rb")
    words = []
    while True:
        line = connection.file.readline(_LONGEST_REPLY + 1)
        if not line or len(line) > _LONGEST_REPLY:
            raise smtplib.SMTPServerDisconnected("the server ended in the middle of a reply")
        words.append(line[4:].strip())
        if line[3:4] != b"-":
            return (int(line[:3]) if line[:3].isdigit() else -1), b"\n".join(words)


def _unfit(connection: smtplib.SMTP, letter: Letter) -> Result | None:
    """Why this server cannot be asked about the letter at all."""
    address = letter.cleared.address
    if not address.isascii() and not connection.has_extn("smtputf8"):
        return Result(NotSent(False, "The mail server cannot send to an address with such letters."))
    if _BREAKS.search(address):
        return Result(NotSent(False, "This is not an e-mail address."))
    return None


def _content(letter: Letter) -> bytes:
    content = letter.content
    if content.startswith(b".") or b"\n." in content:
        content = _LEADING_DOT.sub(b"..", content)
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


_GO_AHEAD = 354
_BREAKS = re.compile(r"[\r\n<>]")


def _question(letter: Letter) -> tuple[bytes, bytes, bytes]:
    address = letter.cleared.address
    options = "" if address.isascii() else " SMTPUTF8 BODY=8BITMIME"
    return (
        f"MAIL FROM:<{letter.sender}>{options}\r\n".encode(),
        f"RCPT TO:<{address}>\r\n".encode(),
        b"DATA\r\n",
    )


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
