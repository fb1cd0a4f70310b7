"""Commands in one breath (RFC 2920): fewer waits, and still an answer for each recipient."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, TCPServer

from primoro_campaigns.domain.delivery.outcome import NotSent, Sent
from primoro_campaigns.server.delivery.providers.provider import Away, Letter
from primoro_campaigns.server.delivery.providers.smtp.client import SmtpClient, SmtpSettings
from tests.server.delivery.cleared import cleared


def letter(address: str) -> Letter:
    return Letter(cleared(address), "hello@practice.example", f"id-of-{address}", b"Subject: x\r\n\r\nHi\r\n")


class Pipelining:
    """Answers a whole group of commands at once, and only once the group is complete: who waits for the
    reply to MAIL before RCPT waits for ever.
    """

    def __init__(self, answer: Callable[[str], list[str]], letters: int = 0) -> None:
        self.answer = answer
        self.letters = letters
        """Of how many it says that it took one only when it has the envelope of the next."""
        self.contents: list[bytes] = []
        self.commands: list[str] = []

    def serve(self, stream: StreamRequestHandler) -> None:
        stream.wfile.write(b"220 here\r\n")
        group: list[str] = []
        for raw in stream.rfile:
            command = raw.decode().strip()
            self.commands.append(command)
            if command.lower().startswith("ehlo"):
                stream.wfile.write(b"250-here\r\n250 PIPELINING\r\n")
            elif command.lower() in {"rset", "quit"}:
                stream.wfile.write(b"250 OK\r\n")
            elif command != "DATA":
                group.append(command)
            else:
                replies = self.answer(re.findall(r"<(.*)>", group[1])[0])
                stream.wfile.write("".join(f"{each}\r\n" for each in replies).encode())
                group.clear()
                if replies[-1].startswith("354"):
                    content = self._content(stream)
                    if content is None:
                        return
                    self.contents.append(content)
                    if len(self.contents) < self.letters:
                        group.append(stream.rfile.readline().decode().strip())
                    stream.wfile.write(
                        b"250 taken\r\n" if replies[1].startswith("250") else b"554 nobody\r\n"
                    )

    @staticmethod
    def _content(stream: StreamRequestHandler) -> bytes | None:
        """None when the line broke before the end."""
        lines: list[bytes] = []
        for line in stream.rfile:
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line)
        return None


@contextmanager
def running(server: Pipelining) -> Iterator[SmtpClient]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            server.serve(self)

    with TCPServer(("127.0.0.1", 0), Handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name="pipelining")
        thread.start()
        settings = SmtpSettings(
            "127.0.0.1", listener.server_address[1], "none", timeout_seconds=5.0, connections=1
        )
        smtp = SmtpClient(settings)
        try:
            yield smtp
        finally:
            smtp.close()
            listener.shutdown()
            thread.join()


def test_the_commands_of_a_letter_go_together() -> None:
    server = Pipelining(lambda _address: ["250 OK", "250 OK", "354 go"])
    with running(server) as smtp:
        results = smtp.send([letter("ann@example.com"), letter("bea@example.com")])
    assert [each.outcome for each in results] == [
        Sent("id-of-ann@example.com"),
        Sent("id-of-bea@example.com"),
    ]
    assert len(server.contents) == 2


def test_a_refused_recipient_spares_the_next() -> None:
    def answer(address: str) -> list[str]:
        if address.startswith("ann"):
            return ["250 OK", "550 5.1.1 nobody here", "554 no valid recipients"]
        return ["250 OK", "250 OK", "354 go"]

    server = Pipelining(answer)
    with running(server) as smtp:
        first, second = smtp.send([letter("ann@example.com"), letter("bea@example.com")])
    assert first.outcome == NotSent(False, "The mail server refused this address or message (5.1.1).")
    assert second.outcome == Sent("id-of-bea@example.com")
    assert len(server.contents) == 1


def test_a_server_that_takes_a_message_for_nobody_gets_an_empty_one() -> None:
    server = Pipelining(lambda _address: ["250 OK", "451 4.7.1 later", "354 go on"])
    with running(server) as smtp:
        (result,) = smtp.send([letter("ann@example.com")])
    assert isinstance(result.outcome, NotSent)
    assert result.outcome.retry
    assert server.contents == [b""]


def test_an_address_that_would_be_two_commands_is_refused() -> None:
    server = Pipelining(lambda _address: ["250 OK", "250 OK", "354 go"])
    with running(server) as smtp:
        (result,) = smtp.send([letter("ann@example.com>\r\nRCPT TO:<bea@example.com")])
    assert result.outcome == NotSent(False, "This is not an e-mail address.")
    assert server.contents == []


def test_the_next_envelope_goes_with_the_letter_before_it() -> None:
    server = Pipelining(lambda _address: ["250 OK", "250 OK", "354 go"], letters=3)
    with running(server) as smtp:
        results = smtp.send([letter("ann@example.com"), letter("bea@example.com"), letter("cat@example.com")])
        again = smtp.send([letter("dan@example.com")])
    assert [type(each.outcome) for each in results + again] == [Sent] * 4
    assert len(server.contents) == 4


def test_a_letter_held_back_after_its_envelope_does_not_leave() -> None:
    server = Pipelining(lambda _address: ["250 OK", "250 OK", "354 go"], letters=2)
    answers = iter(["", "", "stop"])
    with running(server) as smtp:
        results = smtp.send(
            [letter("ann@example.com"), letter("bea@example.com"), letter("cat@example.com")],
            lambda: next(answers, "stop"),
        )
    assert [each.outcome for each in results] == [Sent("id-of-ann@example.com"), Away("stop"), Away("stop")]
    assert len(server.contents) == 1
