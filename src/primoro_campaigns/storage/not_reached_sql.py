"""Whom a campaign certainly did not reach: not who was left out, and never one of whom it is not certain."""

from sqlalchemy import ColumnElement, FromClause, and_, or_

from primoro_campaigns.domain.delivery.model import UNDELIVERED, DeliveryState


def not_reached(recipient: FromClause, campaign_id: str) -> ColumnElement[bool]:
    """The condition over ``recipient`` (the columns of ``storage.synced``): rows that count still, of
    messages that certainly did not arrive, so that nobody gets one twice.
    """
    undelivered = and_(
        recipient.c.state == DeliveryState.SENT.value, recipient.c.provider_status.in_(sorted(UNDELIVERED))
    )
    return and_(
        recipient.c.campaign_id == campaign_id,
        recipient.c.replaced.is_not(True),
        or_(recipient.c.state == DeliveryState.FAILED.value, undelivered),
    )
