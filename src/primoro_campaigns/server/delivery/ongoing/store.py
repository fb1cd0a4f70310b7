"""SQL of who fits the rules of an ongoing campaign, and who has had it."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, insert, literal, or_, select

from primoro_campaigns.domain.delivery.model import UNDELIVERED, DeliveryState
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.tables import campaign_member as member
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient

_ON_THE_WAY = (DeliveryState.PLANNED.value, DeliveryState.CLAIMED.value)


def enter(connection: Connection, run: RunRow, condition: ColumnElement[bool]) -> int:
    """Those for whom ``condition`` holds and who did not fit before are in, by this run. Returns how many."""
    known = exists().where(member.c.campaign_id == run.campaign_id, member.c.patient_id == patient.c.id)
    newly = select(literal(run.campaign_id), patient.c.id, literal(run.id)).where(condition, ~known)
    names = [member.c.campaign_id, member.c.patient_id, member.c.run_id]
    return connection.execute(insert(member).from_select(names, newly)).rowcount


def leave(
    connection: Connection, run: RunRow, condition: ColumnElement[bool], *, newly: bool = False
) -> None:
    """Those for whom ``condition`` does not hold do not fit any more; they may come to fit again. Who came to
    fit by ``run`` stays until its recipients are frozen (``newly``).
    """
    fit = select(patient.c.id).where(condition)
    gone = [member.c.campaign_id == run.campaign_id, member.c.patient_id.not_in(fit)]
    if not newly:
        gone.append(member.c.run_id != run.id)
    connection.execute(delete(member).where(*gone))


def entered(run: RunRow) -> ColumnElement[bool]:
    """The condition over the patient table: who came to fit by this run."""
    return patient.c.id.in_(select(member.c.patient_id).where(member.c.run_id == run.id))


def had_it(
    connection: Connection, run: RunRow, condition: ColumnElement[bool], since: datetime | None
) -> set[str]:
    """Of those for whom ``condition`` holds, who had the campaign since then (None: ever), or is about to."""
    arrived = and_(
        delivery.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNKNOWN.value]),
        delivery.c.provider_status.not_in(sorted(UNDELIVERED)),
        *([] if since is None else [delivery.c.at > since]),
    )
    statement = select(delivery.c.patient_id).where(
        delivery.c.campaign_id == run.campaign_id,
        delivery.c.run_id != run.id,
        or_(delivery.c.state.in_(_ON_THE_WAY), arrived),
        delivery.c.patient_id.in_(select(patient.c.id).where(condition)),
    )
    return set(connection.execute(statement).scalars())
