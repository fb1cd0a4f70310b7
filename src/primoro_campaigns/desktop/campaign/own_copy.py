"""A campaign's message sent to oneself, to see it where patients will. Qt-free."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from primoro_campaigns.desktop.local.providers import ProviderRow
from primoro_campaigns.desktop.trial import OwnAddresses, Trials, TrialTold
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.errors import PrimoroError


class NothingToSendError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "There is no message to try yet.",
            "Write it first, then send it to yourself.",
            "campaign.no_message",
        )


class NobodyCarriesError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "Nothing is set up that could carry this message.",
            "Nothing was sent. Whoever looks after the server has to set up the mail server or text gateway.",
            "campaign.no_provider",
        )


class View(Protocol):
    def ask_addresses(self, content: Content, known: Mapping[Channel, str]) -> None:
        """Ask where it goes, on each of these channels; ``known`` is where the last one went."""
        ...

    def show_told(self, told: TrialTold) -> None: ...

    def show_problem(self, error: PrimoroError) -> None: ...

    def show_busy(self, busy: bool) -> None: ...


class Providers(Protocol):
    """``local.providers.Providers``."""

    def all(self) -> Sequence[ProviderRow]: ...


class OwnCopy:
    def __init__(self, view: View, providers: Providers, trials: Trials, runner: Running) -> None:
        self._view = view
        self._providers = providers
        self._trials = trials
        self._runner = runner

    def begin(self, content: Content) -> None:
        """Find out what can carry it and where the last one went, then ask."""
        channels = written(content)
        if not channels:
            self._view.show_problem(NothingToSendError())
            return

        def look(_ticket: Ticket) -> Mapping[Channel, str]:
            carried = [channel for channel in channels if channel in self._carriers()]
            if not carried:
                raise NobodyCarriesError
            own = self._trials.own_addresses()
            return {channel: _of(own, channel) for channel in carried}

        def ask(known: Mapping[Channel, str]) -> None:
            self._view.show_busy(False)
            self._view.ask_addresses(content, known)

        self._view.show_busy(True)
        self._runner.run(look, ask, self._failed, lane=Lane.NETWORK)

    def send(self, content: Content, addresses: Mapping[Channel, str]) -> None:
        """Have it sent now, on each channel for which an address was given."""

        def send(_ticket: Ticket) -> TrialTold:
            carriers = self._carriers()
            told = [
                self._trials.send(carriers[channel], address, content)
                for channel, address in addresses.items()
                if channel in carriers
            ]
            if not told:
                raise NobodyCarriesError
            return TrialTold(all(each.sent for each in told), " ".join(each.words for each in told))

        def show(told: TrialTold) -> None:
            self._view.show_busy(False)
            self._view.show_told(told)

        self._view.show_busy(True)
        self._runner.run(send, show, self._failed, lane=Lane.NETWORK)

    def _carriers(self) -> Mapping[Channel, str]:
        return {Channel(row.channel): row.provider_id for row in self._providers.all() if row.channel}

    def _failed(self, error: PrimoroError) -> None:
        self._view.show_busy(False)
        self._view.show_problem(error)


def written(content: Content) -> list[Channel]:
    """The channels that the campaign uses and has words for."""
    found = []
    if content.channel_policy is not ChannelPolicy.SMS and content.email_body.strip():
        found.append(Channel.EMAIL)
    if content.channel_policy is not ChannelPolicy.EMAIL and content.sms_body.strip():
        found.append(Channel.SMS)
    return found


def _of(own: OwnAddresses, channel: Channel) -> str:
    return own.email if channel is Channel.EMAIL else own.mobile
