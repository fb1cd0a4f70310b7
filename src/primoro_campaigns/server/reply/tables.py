"""What was written to us and no program understood."""

from sqlalchemy import Table

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room

reply = Table("reply", metadata, *SYNCED[Room.REPLY]())
