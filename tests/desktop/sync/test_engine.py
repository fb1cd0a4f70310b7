"""The engine against the real server over loopback."""

from dataclasses import replace

from primoro_campaigns.desktop.local.campaigns import CampaignFilter
from primoro_campaigns.desktop.sync.status import Phase
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.wire.campaign import content_from_json, content_to_json
from tests.desktop.sync.conftest import MakeDesk
from tests.fakes.desk import Desk
from tests.fakes.line import Fate, Line
from tests.fakes.loopback_server import LoopbackServer
from tests.server.sender import CONTENT

ANN = PatientId("ann")


def test_the_first_sync_fills_the_cache(server: LoopbackServer, make_desk: MakeDesk) -> None:
    server.add_patients("ann", "bob")
    desk = make_desk()
    status = desk.sync()
    assert status.phase is Phase.CURRENT, status
    assert [row.patient_id for row in desk.patients.search("", 10)] == ["ann", "bob"]
    assert desk.mirror.held().filled
    assert status.last_success_at is not None


def test_a_change_at_the_server_arrives(server: LoopbackServer, make_desk: MakeDesk) -> None:
    desk = make_desk()
    desk.sync()
    server.add_patients("ann")
    desk.heard.clear()
    assert desk.sync().phase is Phase.CURRENT
    assert [row.patient_id for row in desk.patients.search("ann", 10)] == ["ann"]
    assert any(changes.touches("patient", "ann") for changes in desk.heard)


def test_a_restriction_reaches_the_other_desk(server: LoopbackServer, make_desk: MakeDesk) -> None:
    server.add_patients("ann")
    here, there = make_desk("reception"), make_desk("manager")
    here.sync()
    there.sync()
    here.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    assert [(row.purpose, row.pending) for row in here.patients.restrictions(ANN)] == [
        (Purpose.PROMOTIONS, True)
    ]
    assert here.sync().waiting == 0
    assert [row.pending for row in here.patients.restrictions(ANN)] == [False]
    assert here.patients.contact_count(ANN) == 1
    there.sync()
    assert [row.purpose for row in there.patients.restrictions(ANN)] == [Purpose.PROMOTIONS]


def test_saving_the_same_again_makes_no_clash_with_oneself(make_desk: MakeDesk) -> None:
    desk = make_desk("manager")
    desk.sync()
    spring = CampaignId("spring")
    for subject in ("First words", "First words", "Second words", "Second words", "Third words"):
        opened = desk.campaigns.get(spring)
        content = replace(CONTENT, subject=subject)
        base = 0 if opened is None else opened.base_revision
        desk.outbox.save_draft(spring, base, content_to_json(content))
        status = desk.sync()
        assert (status.phase, status.refused) == (Phase.CURRENT, 0)
    assert len(desk.campaigns.page(CampaignFilter(), 10)) == 1


def test_typing_on_in_a_draft_that_somebody_deleted_brings_it_back_once(make_desk: MakeDesk) -> None:
    """The composer stays open with the revision that it was opened with."""
    here, there = make_desk("manager"), make_desk("manager")
    spring = CampaignId("spring")

    def type_in(subject: str) -> None:
        here.outbox.save_draft(spring, 1, content_to_json(replace(CONTENT, subject=subject)))
        assert (here.sync().phase, here.engine.status.refused) == (Phase.CURRENT, 0)

    here.sync()
    here.outbox.save_draft(spring, 0, content_to_json(replace(CONTENT, subject="First words")))
    here.sync()
    there.sync()
    there.outbox.delete_draft(spring, 1)
    there.sync()
    for number in range(3):
        type_in(f"More words {number}")
    assert len(here.campaigns.page(CampaignFilter(), 10)) == 1
    there.sync()
    found = there.campaigns.get(spring)
    assert found is not None
    assert content_from_json(found.content).subject == "More words 2"


def test_a_version_that_clashed_takes_what_follows_it_along(make_desk: MakeDesk) -> None:
    """Typing went on here while the version before was on its way, and another desk was quicker."""
    line = Line()
    here, there = make_desk("manager", line), make_desk("manager")
    spring = CampaignId("spring")

    def save(desk: Desk, subject: str) -> None:
        desk.outbox.save_draft(spring, 1, content_to_json(replace(CONTENT, subject=subject)))

    save(here, "The first words")
    here.sync()
    there.sync()
    save(here, "Words of this desk")
    line.fates.append(Fate.CUT)
    here.sync()
    save(here, "More words of this desk")
    save(there, "Words of the other")
    there.sync()
    assert here.sync().waiting == 0
    there.sync()
    kept = {
        content_from_json(opened.content).subject
        for row in there.campaigns.page(CampaignFilter(), 10)
        if (opened := there.campaigns.get(row.campaign_id)) is not None
    }
    assert kept == {"Words of the other", "Words of this desk", "More words of this desk"}
