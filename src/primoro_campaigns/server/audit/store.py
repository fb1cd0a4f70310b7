"""SQL of the audit log: entries are only ever added."""

from datetime import datetime

from sqlalchemy import Connection, insert

from primoro_campaigns.server.audit.tables import audit_entry


def add(
    connection: Connection,
    *,
    at: datetime,
    user_id: str | None,
    by_name: str,
    what: str,
    entity_id: str,
    words: str,
) -> None:
    connection.execute(
        insert(audit_entry).values(
            at=at, user_id=user_id, by_name=by_name, what=what, entity_id=entity_id, words=words
        )
    )
