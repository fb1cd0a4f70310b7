"""Each provider in use, with when it last did its work and when it last did not."""

from sqlalchemy import Table

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room

provider = Table("provider", metadata, *SYNCED[Room.PROVIDER]())
