"""A key per person, the mark of the master key, and what is known of uploads."""

import sqlalchemy as sa
from alembic import op

from relay_server.store.columns import raw, serial, table, text, time, whole

revision = "0003"
down_revision = "0002"

metadata = sa.MetaData()
table(
    metadata,
    "subject_key",
    serial("id"),
    text("subject", unique=True),
    raw("wrapped"),
    time("destroyed_at", default=0),
)


def upgrade() -> None:
    """Make them. The sizes of files that are there already are in their attachments."""
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.add_column("log", text("master", default=""))
    op.add_column("file", whole("size", default=0))
    op.add_column("file", time("posted_at", default=0))
    if op.get_bind().dialect.name == "sqlite":
        op.get_bind().exec_driver_sql("UPDATE file SET size = json_extract(attachment, '$.size'), posted_at = at")
