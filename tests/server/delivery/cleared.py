"""Leave to write, as only the gate gives it, for tests of what comes after."""

from dataclasses import replace

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.consent.rules import Cleared, clear
from tests.domain.standings import MOMENT, POLICY, TODAY, standing


def cleared(address: str = "ann@example.com", channel: Channel = Channel.EMAIL) -> Cleared:
    answer = clear(replace(standing(), address=address, channel=channel), MOMENT, TODAY, POLICY)
    assert isinstance(answer, Cleared)
    return answer
