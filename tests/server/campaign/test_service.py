"""Drafts, approvals and what may be done to a campaign, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.audience.rule import Group, UnscheduledTreatmentRule
from primoro_campaigns.domain.campaign.fingerprint import fingerprint
from primoro_campaigns.domain.campaign.lifecycle import NotNowError
from primoro_campaigns.domain.campaign.model import Kind, LawfulBasis, Timing
from primoro_campaigns.domain.campaign.review import ContentRefusedError
from primoro_campaigns.domain.errors import NotAllowedError
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.campaign import errors
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.store import anybody_left
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import Approve, DraftDelete, DraftSave, Submit, content_from_json
from tests.server.practice import actor, add_location
from tests.server.sender import AUTHOR, CONTENT, MANAGER, add_practice, add_willing, approve, save, shown


class Desk:
    """The service with what it calls written down."""

    def __init__(self) -> None:
        self.cancelled: list[RunRow] = []
        self.pokes = 0
        self.service = CampaignService(self._cancel, anybody_left, self._poke)

    def _cancel(self, _uow: UnitOfWork, run: RunRow) -> None:
        self.cancelled.append(run)

    def _poke(self) -> None:
        self.pokes += 1


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def service(desk: Desk) -> CampaignService:
    return desk.service


@pytest.fixture
def database(database: Database, service: CampaignService) -> Database:
    with database.write() as uow:
        add_practice(uow)
        add_location(uow, "loc-2", name="High Street")
        add_willing(uow, "ann")
        save(service, uow)
    return database


def audited(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(audit_entry.c.what).order_by(audit_entry.c.number)).scalars())


def places(database: Database) -> dict[str, bool]:
    with database.read() as connection:
        rows = connection.execute(select(change).where(change.c.room == "campaign")).all()
    return {row.location_id: row.gone for row in rows}


def test_a_draft_is_kept_and_seen_everywhere(database: Database) -> None:
    row = shown(database)
    assert (row.name, row.revision, row.state, row.owner_name) == ("Spring offer", 1, "draft", "Jo Bell")
    assert row.fingerprint == fingerprint(CONTENT)
    assert places(database) == {"*": False}


def test_a_draft_for_one_location_is_gone_from_the_others(
    database: Database, service: CampaignService
) -> None:
    content = replace(CONTENT, location_ids=("loc-1",))
    with database.write() as uow:
        service.save(uow, AUTHOR, uow.now, DraftSave(campaign_id="c1", base_revision=1, content=content))
    assert places(database) == {"*": True, "loc-1": False}
    assert shown(database).revision == 2


def test_names_are_unique_whatever_the_capitals(database: Database, service: CampaignService) -> None:
    with pytest.raises(errors.NameTakenError, match="spring  OFFER"), database.write() as uow:
        save(service, uow, replace(CONTENT, name="spring  OFFER"), "c2")


def test_an_edit_of_a_deleted_draft_does_not_fit_one_that_was_saved_anew(
    database: Database, service: CampaignService
) -> None:
    again = replace(CONTENT, subject="Saved after it was deleted")
    with database.write() as uow:
        service.delete(uow, AUTHOR, DraftDelete(campaign_id="c1", base_revision=1))
    with database.write() as uow:
        service.save(uow, AUTHOR, uow.now, DraftSave(campaign_id="c1", base_revision=0, content=again))
    late = replace(CONTENT, subject="Edited before it was deleted")
    with database.write() as uow:
        clash = service.save(uow, AUTHOR, uow.now, DraftSave(campaign_id="c1", base_revision=1, content=late))
    assert isinstance(clash, errors.BothKeptError)
    assert content_from_json(shown(database).content).subject == "Saved after it was deleted"


def test_two_versions_of_a_draft_are_both_kept(database: Database, service: CampaignService) -> None:
    made_at = datetime(2026, 7, 21, 13, 5, tzinfo=UTC)
    first = replace(CONTENT, subject="First was quicker")
    second = replace(CONTENT, subject="Second was slower")
    with database.write() as uow:
        assert (
            service.save(uow, AUTHOR, made_at, DraftSave(campaign_id="c1", base_revision=1, content=first))
            is None
        )
    names = []
    for _ in range(2):
        with database.write() as uow:
            conflict = service.save(
                uow, MANAGER, made_at, DraftSave(campaign_id="c1", base_revision=1, content=second)
            )
        assert isinstance(conflict, errors.BothKeptError)
        names.append(conflict.advice)
    assert "“Spring offer (your copy of 21 Jul, 14:05)”" in names[0]
    assert "14:05) 2”" in names[1]
    with database.read() as connection:
        rows = {row.name: row for row in connection.execute(select(campaign))}
    assert set(rows) == {
        "Spring offer",
        "Spring offer (your copy of 21 Jul, 14:05)",
        "Spring offer (your copy of 21 Jul, 14:05) 2",
    }
    copy = rows["Spring offer (your copy of 21 Jul, 14:05)"]
    assert (copy.owner_name, copy.revision) == ("Max Manager", 1)
    assert "Second was slower" in copy.content
    assert "First was quicker" in rows["Spring offer"].content


def test_the_same_content_again_is_no_conflict(database: Database, service: CampaignService) -> None:
    with database.write() as uow:
        asked = DraftSave(campaign_id="c1", base_revision=7, content=CONTENT)
        assert service.save(uow, AUTHOR, uow.now, asked) is None
    assert shown(database).revision == 1


def test_only_the_author_or_a_manager_saves(database: Database, service: CampaignService) -> None:
    asked = DraftSave(campaign_id="c1", base_revision=1, content=replace(CONTENT, subject="Another subject"))
    with pytest.raises(errors.NotYoursError, match="Jo Bell"), database.write() as uow:
        service.save(uow, actor(name="Kim"), uow.now, asked)
    with database.write() as uow:
        service.save(uow, MANAGER, uow.now, asked)
    assert shown(database).owner_name == "Max Manager"
    assert audited(database) == ["campaign.taken_over"]


def test_taking_over_is_recorded_and_a_right(database: Database, service: CampaignService) -> None:
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.take_over(uow, actor(name="Kim"), "c1")
    with database.write() as uow:
        service.take_over(uow, MANAGER, "c1")
        service.take_over(uow, MANAGER, "c1")
    assert shown(database).owner_name == "Max Manager"
    assert audited(database) == ["campaign.taken_over"]


def test_nobody_writes_to_other_locations(database: Database, service: CampaignService) -> None:
    local = actor(Role.MANAGER, "loc-2", name="Lou")
    for content in (CONTENT, replace(CONTENT, location_ids=("loc-1", "loc-2"))):
        asked = DraftSave(campaign_id="c9", base_revision=0, content=replace(content, name="Other"))
        with pytest.raises(errors.OtherLocationsError), database.write() as uow:
            service.save(uow, local, uow.now, asked)
    asked_for = Approve(campaign_id="c1", fingerprint=fingerprint(CONTENT), timing=Timing.INSTANT)
    with pytest.raises(errors.OtherLocationsError), database.write() as uow:
        service.approve(uow, local, uow.now, asked_for)


def test_a_draft_can_be_deleted_and_a_sent_one_cannot(database: Database, service: CampaignService) -> None:
    with database.write() as uow:
        save(service, uow, replace(CONTENT, name="Second"), "c2")
    with pytest.raises(errors.ChangedSinceError), database.write() as uow:
        service.delete(uow, AUTHOR, DraftDelete(campaign_id="c2", base_revision=3))
    for _ in range(2):
        with database.write() as uow:
            service.delete(uow, AUTHOR, DraftDelete(campaign_id="c2", base_revision=1))
    with database.write() as uow:
        approve(service, uow)
    with pytest.raises(errors.SentBeforeError), database.write() as uow:
        service.delete(uow, AUTHOR, DraftDelete(campaign_id="c1", base_revision=1))
    with database.read() as connection:
        assert connection.execute(select(campaign.c.id)).scalars().all() == ["c1"]


def test_submit_and_approve_bind_to_what_was_seen(
    database: Database, service: CampaignService, desk: Desk
) -> None:
    with pytest.raises(errors.ChangedSinceError), database.write() as uow:
        service.submit(uow, AUTHOR, Submit(campaign_id="c1", fingerprint="0" * 64))
    with database.write() as uow:
        service.submit(uow, AUTHOR, Submit(campaign_id="c1", fingerprint=fingerprint(CONTENT)))
    assert shown(database).state == "pending_approval"
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.approve(
            uow,
            AUTHOR,
            uow.now,
            Approve(campaign_id="c1", fingerprint=fingerprint(CONTENT), timing=Timing.INSTANT),
        )
    with pytest.raises(errors.ChangedSinceError), database.write() as uow:
        approve(service, uow, replace(CONTENT, subject="Not what is there"))
    assert desk.pokes == 0
    with database.write() as uow:
        approve(service, uow)
    row = shown(database)
    assert (row.state, row.approved_by_name, row.scheduled_at) == (
        "scheduled",
        "Max Manager",
        database.clock.now(),
    )
    assert desk.pokes == 1
    assert audited(database) == ["campaign.submitted", "campaign.approved"]
    with pytest.raises(NotNowError), database.write() as uow:
        approve(service, uow)


def test_what_the_review_blocks_is_not_approved(database: Database, service: CampaignService) -> None:
    content = replace(CONTENT, name="Too short", subject="Hi")
    with database.write() as uow:
        save(service, uow, content, "c2")
    with pytest.raises(ContentRefusedError), database.write() as uow:
        service.submit(uow, AUTHOR, Submit(campaign_id="c2", fingerprint=fingerprint(content)))
    with pytest.raises(ContentRefusedError), database.write() as uow:
        approve(service, uow, content, "c2")
    assert shown(database, "c2").state == "draft"


def test_l18_clinical_rules_need_their_lawful_basis_and_it_is_on_record(
    database: Database, service: CampaignService
) -> None:
    content = replace(CONTENT, name="Treatment", audience=Group(members=(UnscheduledTreatmentRule(False),)))
    with database.write() as uow:
        save(service, uow, content, "c2")
    with pytest.raises(ContentRefusedError) as refused, database.write() as uow:
        approve(service, uow, content, "c2")
    assert refused.value.code == "campaign.no_lawful_basis"
    with pytest.raises(ContentRefusedError), database.write() as uow:
        service.submit(uow, AUTHOR, Submit(campaign_id="c2", fingerprint=fingerprint(content)))
    chosen = replace(content, lawful_basis=LawfulBasis.EXPLICIT_CONSENT, lawful_basis_note="Form 12")
    with database.write() as uow:
        draft = DraftSave(campaign_id="c2", base_revision=1, content=chosen)
        service.save(uow, AUTHOR, uow.now, draft)
        approve(service, uow, chosen, "c2")
    with database.read() as connection:
        words = connection.execute(
            select(audit_entry.c.words).where(audit_entry.c.what == "campaign.approved")
        ).scalar_one()
        (frozen,) = connection.execute(select(campaign_run.c.content)).scalars()
    assert words.endswith("; UK GDPR art. 9(2)(a)"), "the note may name somebody; it stays with the content"
    assert content_from_json(frozen) == chosen


def test_kinds_that_go_on_are_refused_in_words(database: Database, service: CampaignService) -> None:
    content = replace(CONTENT, name="Goes on", kind=Kind.JOURNEY)
    with database.write() as uow:
        save(service, uow, content, "c2")
    with pytest.raises(errors.KindNotReadyError), database.write() as uow:
        approve(service, uow, content, "c2")


def test_send_now_outside_the_hours_asks(
    database: Database, service: CampaignService, clock: FixedClock
) -> None:
    clock.instant = datetime(2026, 3, 3, 19, 30, tzinfo=UTC)
    with pytest.raises(errors.OutsideWindowError, match="4 Mar, 10:00"), database.write() as uow:
        approve(service, uow)
    with database.write() as uow:
        approve(service, uow, outside_window=True)
    with database.read() as connection:
        assert connection.execute(select(campaign_run.c.outside_window)).scalar_one() is True


def test_send_now_that_arrives_late_is_refused(database: Database, service: CampaignService) -> None:
    asked = Approve(campaign_id="c1", fingerprint=fingerprint(CONTENT), timing=Timing.INSTANT)
    with pytest.raises(errors.StaleApprovalError, match="3 Mar, 09:29"), database.write() as uow:
        service.approve(uow, MANAGER, uow.now - timedelta(hours=1, minutes=1), asked)
    with database.write() as uow:
        service.approve(uow, MANAGER, uow.now - timedelta(minutes=59), asked)


def test_a_schedule_needs_a_time_to_come(database: Database, service: CampaignService) -> None:
    asked = Approve(campaign_id="c1", fingerprint=fingerprint(CONTENT), timing=Timing.SCHEDULED)
    with pytest.raises(errors.NoTimeError), database.write() as uow:
        service.approve(uow, MANAGER, uow.now, asked)
    with pytest.raises(errors.TimePassedError), database.write() as uow:
        approve(service, uow, at=uow.now)
    with database.write() as uow:
        approve(service, uow, at=uow.now + timedelta(days=1))


def test_changing_what_was_approved_takes_the_approval_away(
    database: Database, service: CampaignService
) -> None:
    with database.write() as uow:
        approve(service, uow, at=uow.now + timedelta(days=1))
    asked = DraftSave(campaign_id="c1", base_revision=1, content=replace(CONTENT, subject="Another subject"))
    with database.write() as uow:
        service.save(uow, AUTHOR, uow.now, asked)
    row = shown(database)
    assert (row.state, row.approved_by_name, row.approved_at) == ("draft", "", None)
    with database.read() as connection:
        assert connection.execute(select(campaign_run.c.state)).scalar_one() == "cancelled"


def test_pause_resume_and_cancel(database: Database, service: CampaignService, desk: Desk) -> None:
    with database.write() as uow:
        approve(service, uow, at=uow.now + timedelta(days=1))
    with pytest.raises(NotAllowedError), database.write() as uow:
        service.pause(uow, AUTHOR, "c1")
    for act, state, run_state in (
        (service.pause, "paused", "paused"),
        (service.resume, "scheduled", "scheduled"),
        (service.cancel, "cancelled", "cancelled"),
    ):
        with database.write() as uow:
            act(uow, MANAGER, "c1")
        assert shown(database).state == state
        with database.read() as connection:
            assert connection.execute(select(campaign_run.c.state)).scalar_one() == run_state
    assert [run.campaign_id for run in desk.cancelled] == ["c1"]
    with pytest.raises(NotNowError), database.write() as uow:
        service.resume(uow, MANAGER, "c1")


def test_resuming_long_after_the_time_asks(
    database: Database, service: CampaignService, clock: FixedClock
) -> None:
    with database.write() as uow:
        approve(service, uow, at=uow.now + timedelta(hours=1))
    with database.write() as uow:
        service.pause(uow, MANAGER, "c1")
    clock.instant += timedelta(hours=26)
    with pytest.raises(errors.TimePassedError), database.write() as uow:
        service.resume(uow, MANAGER, "c1")
    assert shown(database).state == "paused"


def test_who_may_not_see_a_campaign_cannot_touch_it(database: Database, service: CampaignService) -> None:
    content = replace(CONTENT, name="Only here", location_ids=("loc-1",))
    with database.write() as uow:
        save(service, uow, content, "c2")
    stranger = actor(Role.OWNER, "loc-2", name="Lou")
    with pytest.raises(errors.CampaignGoneError), database.write() as uow:
        service.cancel(uow, stranger, "c2")
    with pytest.raises(errors.CampaignGoneError), database.write() as uow:
        service.pause(uow, stranger, "never there")
