"""The first schema."""

from alembic import op

from primoro_campaigns.server.schema import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("INSERT INTO change_counter (id, value) VALUES (1, 0)")
    op.execute("INSERT INTO consent_head (id, number, hash) VALUES (1, 0, '')")


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
