"""Whose workbenches show which consultation."""

import sqlalchemy as sa
from alembic import op

from relay_server.store.columns import index, table, text

revision = "0004"
down_revision = "0003"

metadata = sa.MetaData()
table(
    metadata,
    "follower",
    text("agent", key=True),
    text("consultation", key=True),
    index("follower_of", "consultation"),
    rowid=False,
)


def upgrade() -> None:
    """Make the table; whoever is served or asked at this moment is followed."""
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.get_bind().exec_driver_sql(
        "INSERT INTO follower (agent, consultation) SELECT serving, id FROM consultation WHERE serving <> ''"
    )
