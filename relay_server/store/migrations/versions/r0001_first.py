"""The tables of the first release: SQLite databases of version 1 are here already."""

import sqlalchemy as sa
from alembic import op

from relay_server.store.columns import TEXT, index, raw, serial, table, text, time, truth, whole

revision = "0001"
down_revision = None

metadata = sa.MetaData()

table(metadata, "log", text("epoch"))

table(
    metadata,
    "event",
    text("stream"),
    whole("seq"),
    time("at"),
    text("type"),
    whole("v"),
    raw("frame"),
    sa.Column("client_id", TEXT),
    index("event_at", "stream", "seq", unique=True),
    index("event_named", "stream", "client_id", unique=True, where="client_id IS NOT NULL"),
)

table(
    metadata,
    "consultation",
    text("id", key=True),
    text("taxpayer"),
    text("state"),
    text("serving"),
    raw("body"),
    index("consultation_open", "taxpayer", unique=True, where="state IN ('bot', 'queued', 'offered', 'active')"),
    index("consultation_in", "state", "id"),
    index("consultation_by", "serving", "state"),
    index("consultation_of", "taxpayer", "id"),
)

table(metadata, "number", text("queue", key=True), text("day", key=True), whole("last"), rowid=False)

table(
    metadata,
    "seen",
    text("consultation", key=True),
    text("side", key=True),
    whole("delivered"),
    whole("read"),
    rowid=False,
)

table(metadata, "note", text("consultation", key=True), text("note"), rowid=False)

table(
    metadata,
    "invitation",
    text("assist", key=True),
    text("consultation"),
    raw("code_digest"),
    time("expires_at"),
    raw("token_digest"),
    time("token_expires_at"),
    index("invitation_code", "code_digest"),
    index("invitation_token", "token_digest"),
)

table(
    metadata,
    "attendance",
    text("agent", key=True),
    text("state"),
    text("reason"),
    time("since"),
    time("idle_since"),
    rowid=False,
)

table(
    metadata,
    "work",
    serial("id"),
    text("kind"),
    text("subject"),
    whole("seq"),
    time("due_at"),
    time("leased_until", default=0),
    whole("attempts", default=0),
    index("work_of", "kind", "subject", "id"),
)

table(
    metadata,
    "agent",
    text("id", key=True),
    text("username", unique=True),
    text("name"),
    text("office"),
    text("password_hash"),
    truth("administrator"),
    truth("disabled"),
    time("created_at"),
)

table(
    metadata,
    "guard",
    text("username", key=True),
    whole("failures"),
    time("locked_until"),
    time("failed_at"),
    rowid=False,
)

table(
    metadata,
    "token",
    raw("digest", key=True),
    text("kind"),
    text("subject"),
    text("app"),
    time("expires_at"),
    index("token_of", "kind", "subject"),
    index("token_age", "expires_at"),
    rowid=False,
)

table(
    metadata,
    "taxpayer",
    text("id", key=True),
    text("app"),
    text("subject"),
    text("card"),
    index("taxpayer_of", "app", "subject", unique=True, where="subject <> ''"),
)

table(metadata, "used", text("key", key=True), time("expires_at"), index("used_age", "expires_at"), rowid=False)

table(
    metadata,
    "file",
    text("id", key=True),
    text("consultation"),
    text("attachment"),
    text("file_name"),
    time("at"),
    index("file_of", "consultation"),
)


def upgrade() -> None:
    """Make them."""
    metadata.create_all(op.get_bind(), checkfirst=False)
