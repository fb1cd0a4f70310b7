"""The SQL of the mailbox."""

from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.mailbox.tables import mail_returned, mail_taken


def claim(connection: Connection, digest: str, at: datetime) -> bool:
    """False when this mail was taken in before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(mail_taken).values(digest=digest, at=at).on_conflict_do_nothing()
    return connection.execute(statement.returning(mail_taken.c.digest)).one_or_none() is not None


def count_return(connection: Connection, line_id: str, at: datetime) -> bool:
    """Note that the mail of this line came back. False when that was noted before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(mail_returned).values(line_id=line_id, at=at).on_conflict_do_nothing()
    return connection.execute(statement.returning(mail_returned.c.line_id)).one_or_none() is not None


def returns_of(connection: Connection, address: str, since: datetime) -> int:
    """How many mails to this address came back after ``since``."""
    query = (
        select(func.count())
        .select_from(mail_returned.join(delivery, delivery.c.id == mail_returned.c.line_id))
        .where(mail_returned.c.at > since, func.lower(delivery.c.address) == func.lower(address))
    )
    return int(connection.execute(query).scalar_one())
