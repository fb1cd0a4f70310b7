"""How each provider stands, and a test message to oneself. Without Qt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from primoro_campaigns.desktop.local.providers import ProviderRow
from primoro_campaigns.desktop.trial import OwnAddresses, Trials, TrialTold
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.health import HEALTH_WORDS, Health
from primoro_campaigns.domain.errors import PrimoroError


@dataclass(frozen=True)
class SendingLine:
    """One provider in words. ``channel`` is None for one that carries no messages out."""

    provider_id: str
    title: str
    health: Health
    state: str
    worked: str
    failed: str
    failure: str
    channel: Channel | None


class View(Protocol):
    def show_lines(self, lines: tuple[SendingLine, ...]) -> None: ...

    def show_problem(self, error: PrimoroError) -> None: ...

    def ask_address(self, line: SendingLine, known: str) -> None:
        """Ask where the test goes; ``known`` is where the last one went."""
        ...

    def show_busy(self, busy: bool) -> None:
        """While the server is asked."""
        ...

    def show_told(self, told: TrialTold) -> None: ...


class Providers(Protocol):
    """``local.providers.Providers``."""

    def all(self) -> Sequence[ProviderRow]: ...


class SendingPresenter:
    """``when`` puts an instant into words."""

    def __init__(
        self,
        view: View,
        providers: Providers,
        trials: Trials,
        runner: Running,
        when: Callable[[datetime | None], str],
    ) -> None:
        self._view = view
        self._providers = providers
        self._trials = trials
        self._runner = runner
        self._when = when
        self._busy = False

    def refresh(self) -> None:
        def read(_ticket: Ticket) -> tuple[SendingLine, ...]:
            return tuple(self._line(row) for row in self._providers.all())

        self._runner.run(read, self._view.show_lines, self._view.show_problem)

    def begin_test(self, line: SendingLine) -> None:
        """Find out where the person had the last one sent, then ask."""
        if self._busy or line.channel is None:
            return

        def known(own: OwnAddresses) -> None:
            self._be_busy(False)
            self._view.ask_address(line, own.email if line.channel is Channel.EMAIL else own.mobile)

        self._be_busy(True)
        self._runner.run(lambda _ticket: self._trials.own_addresses(), known, self._failed, lane=Lane.NETWORK)

    def send_test(self, line: SendingLine, address: str) -> None:
        """Have it sent now."""

        def told(answer: TrialTold) -> None:
            self._be_busy(False)
            self._view.show_told(answer)

        self._be_busy(True)
        self._runner.run(
            lambda _ticket: self._trials.send(line.provider_id, address.strip()),
            told,
            self._failed,
            lane=Lane.NETWORK,
        )

    def _failed(self, error: PrimoroError) -> None:
        self._be_busy(False)
        self._view.show_problem(error)

    def _be_busy(self, busy: bool) -> None:
        self._busy = busy
        self._view.show_busy(busy)

    def _line(self, row: ProviderRow) -> SendingLine:
        return SendingLine(
            provider_id=row.provider_id,
            title=row.title,
            health=row.health,
            state=HEALTH_WORDS[row.health],
            worked=self._when(row.last_success_at) or "Never yet",
            failed=self._when(row.last_failure_at) or "Never",
            failure=row.failure,
            channel=Channel(row.channel) if row.channel else None,
        )
