"""Desks for the tests of campaign pages."""

import pytest

from primoro_campaigns.support.clock import FixedClock
from tests.desktop.campaign.campaign_desk import DRAFTER, CampaignDesk, a_busy_practice
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner


@pytest.fixture
def desk(open_reception: OpenReception, queue: QueuedRunner, show: Show, clock: FixedClock) -> CampaignDesk:
    """The owner's desk, with campaigns in every state."""
    return CampaignDesk(open_reception, queue, show, rows=a_busy_practice(clock.now()))


@pytest.fixture
def reception_desk(
    open_reception: OpenReception, queue: QueuedRunner, show: Show, clock: FixedClock
) -> CampaignDesk:
    """A receptionist's, who drafts and does not approve."""
    return CampaignDesk(open_reception, queue, show, DRAFTER, a_busy_practice(clock.now()))
