"""Who a campaign's rules select, on the server's own tables."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import ColumnElement, Connection

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.message.template import Field
from primoro_campaigns.server.audience import store


def selection(content: Content, today: date) -> ColumnElement[bool]:
    """The condition over the patient table: the audience's rules, within the campaign's locations.

    ``today`` is the day at the practice. Consent is not part of it: the gate gives each refusal a name.
    """
    return store.selection(content.audience, content.location_ids, today)


def count(connection: Connection, content: Content, today: date) -> int:
    """How many patients the rules select, before consent."""
    return store.count(connection, selection(content, today))


def longest_values(connection: Connection, content: Content, today: date) -> Mapping[Field, str]:
    """The longest value among the selected patients, of the merge fields that differ in length."""
    return store.longest_values(connection, selection(content, today))
