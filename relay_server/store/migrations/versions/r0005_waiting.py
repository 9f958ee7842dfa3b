"""How far each consultation has gone, so that a round of dispatch reads only those to whom something happened."""

from alembic import op

from relay_server.store.columns import whole

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the column. Who waits at this moment is read in every round until their next event."""
    op.add_column("consultation", whole("last_seq", default=0))
