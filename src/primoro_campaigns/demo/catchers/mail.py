"""A mail server on loopback that keeps every message as a file and passes none on."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class CaughtMail:
    """One message as it came in: envelope and bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass
class Manners:
    """How the server behaves; change it at any time. Each answers for one recipient address.

    ``refuse`` gives the reply to RCPT TO ("550 5.1.1 …"), None to accept. ``refuse_data`` the reply after the
    message. ``hang`` never answers after the message, ``die`` closes the line after it. ``refuse_sender`` is
    the reply to MAIL FROM.
    """

    refuse: Callable[[str], str | None] = lambda _address: None
    refuse_data: Callable[[str], str | None] = lambda _address: None
    hang: Callable[[str], bool] = lambda _address: False
    die: Callable[[str], bool] = lambda _address: False
    refuse_sender: str | None = None
    username: str = ""
    password: str = ""


class MailCatcher:
    """Listens from ``start`` to ``stop`` (or in a ``with``). In ``folder`` each message is one ``.eml``."""

    def __init__(self, folder: Path | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self.port = port
        self.manners = Manners()
        self._folder = folder
        self._caught: list[CaughtMail] = []
        self._arrived = threading.Condition()
        self._started = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: OSError | None = None

    @property
    def caught(self) -> tuple[CaughtMail, ...]:
        """What came in so far, in order."""
        with self._arrived:
            return tuple(self._caught)

    def wait_for(self, count: int, seconds: float = 30.0) -> tuple[CaughtMail, ...]:
        """Wait until at least ``count`` messages have come in. Raises ``TimeoutError``."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._caught) >= count, seconds):
                raise TimeoutError(f"{len(self._caught)} of {count} messages came in")
            return tuple(self._caught)

    def start(self) -> None:
        """Listen; ``port`` is the real one afterwards. Raises ``OSError`` when the port is taken."""
        self._started.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="mail catcher")
        self._thread.start()
        self._started.wait()
        failure: OSError | None = self._failure
        if failure is not None:
            self._thread.join()
            raise failure

    def stop(self) -> None:
        """Close the port and every connection. What was caught stays."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    def __enter__(self) -> "MailCatcher":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        connections: set[SMTP] = set()

        def protocol() -> SMTP:
            fresh = SMTP(
                _Handler(self._keep, self.manners),
                hostname="catcher.localhost",
                enable_SMTPUTF8=True,
                auth_require_tls=False,
                authenticator=self._authenticate if self.manners.username else None,
                loop=self._loop,
            )
            connections.add(fresh)
            return fresh

        try:
            server = await self._loop.create_server(protocol, self.host, self.port)
        except OSError as error:
            self._failure = error
            self._started.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for connection in connections:
            _hang_up(connection)
        await server.wait_closed()

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        wanted = LoginPassword(self.manners.username.encode(), self.manners.password.encode())
        return AuthResult(success=data == wanted, handled=False)

    def _keep(self, mail: CaughtMail) -> None:
        with self._arrived:
            self._caught.append(mail)
            number = len(self._caught)
            if self._folder is not None:
                self._folder.mkdir(parents=True, exist_ok=True)
                path = self._folder / f"{number:05}.eml"
                # Under another name first: whoever watches the folder never reads half a message.
                draft = path.with_suffix(".part")
                draft.write_bytes(mail.content)
                draft.rename(path)
            self._arrived.notify_all()


class _Handler:
    """What aiosmtpd calls; the names are its."""

    def __init__(self, keep: Callable[[CaughtMail], None], manners: Manners) -> None:
        self._keep = keep
        self._manners = manners

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._manners.username and not session.authenticated:
            return "530 5.7.0 Sign in first"
        if self._manners.refuse_sender is not None:
            return self._manners.refuse_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._manners.refuse(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        for address in envelope.rcpt_tos:
            refusal = self._manners.refuse_data(address)
            if refusal is not None:
                return refusal
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._keep(CaughtMail(envelope.mail_from or "", tuple(envelope.rcpt_tos), content))
        if any(self._manners.die(address) for address in envelope.rcpt_tos):
            _hang_up(server)
        if any(self._manners.hang(address) for address in envelope.rcpt_tos):
            await asyncio.Event().wait()
        return "250 OK"


def _hang_up(connection: SMTP) -> None:
    if isinstance(connection.transport, asyncio.WriteTransport):
        connection.transport.abort()
