"""A log read in commit order, offices of consultations, settings, signs of life, decisions, jobs."""

import hashlib

import sqlalchemy as sa
from alembic import op

from relay_server.store.columns import TEXT, WHOLE, XID, counter, index, raw, table, text, time, whole

revision = "0002"
down_revision = "0001"

OPEN = "state IN ('new', 'bot', 'queued', 'offered', 'active', 'on_hold', 'message_left', 'callback_booked')"

metadata = sa.MetaData()

table(
    metadata,
    "event",
    counter("id"),
    text("stream"),
    whole("seq"),
    time("at"),
    text("type"),
    whole("v"),
    raw("frame"),
    raw("digest"),
    sa.Column("key", WHOLE),
    whole("recalled", default=0),
    sa.Column("client_id", TEXT),
    sa.Column("tx", XID),
    index("event_at", "stream", "seq", unique=True),
    index("event_named", "stream", "client_id", unique=True, where="client_id IS NOT NULL"),
    index("event_committed", "tx", "id", where="tx IS NOT NULL"),
)

table(metadata, "cursor", text("name", key=True), text("position"), rowid=False)
table(
    metadata,
    "setting",
    text("kind", key=True),
    text("key", key=True),
    sa.Column("body", TEXT),
    whole("version"),
    text("by"),
    time("at"),
    index("setting_version", "kind", "version"),
    rowid=False,
)
table(metadata, "sign", text("agent", key=True), text("edge", key=True), time("at"), rowid=False)
table(
    metadata,
    "decision",
    counter("id"),
    text("consultation"),
    text("number"),
    time("at"),
    whole("step"),
    text("rules_version"),
    text("chosen"),
    text("candidates"),
    index("decision_of", "consultation"),
    index("decision_number", "number"),
)
table(
    metadata,
    "job",
    text("id", key=True),
    text("kind"),
    text("by"),
    text("state"),
    text("body"),
    time("created_at"),
    time("progress"),
    text("result"),
    index("job_of", "by", "created_at"),
    index("job_at", "created_at"),
    rowid=False,
)


def upgrade() -> None:
    """Number the events in their order, place the consultations, make the new tables."""
    for name in ("event_at", "event_named"):
        op.drop_index(name, "event")
    op.rename_table("event", "event_1")
    metadata.create_all(op.get_bind(), checkfirst=False)
    op.add_column("consultation", text("office", default=""))
    op.add_column("consultation", time("opened_at", default=0))
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL came later: no database of that kind holds anything yet
        _carry_over()
    op.drop_table("event_1")
    op.drop_index("consultation_open", "consultation")
    some = sa.text(OPEN)
    op.create_index(
        "consultation_open", "consultation", ["taxpayer"], unique=True, sqlite_where=some, postgresql_where=some
    )
    op.create_index("consultation_at", "consultation", ["office", "state", "id"])


def _carry_over() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.create_function("sha256", 1, lambda data: hashlib.sha256(data).digest())  # type: ignore[union-attr]
    op.execute(
        "INSERT INTO event (stream, seq, at, type, v, frame, digest, client_id) "
        "SELECT stream, seq, at, type, v, frame, sha256(frame), client_id FROM event_1 ORDER BY rowid"
    )
    op.get_bind().exec_driver_sql(
        "UPDATE consultation SET opened_at = json_extract(body, '$.opened_at'), office = coalesce("
        "json_extract(body, '$.ticket.office.code'), json_extract(body, '$.taxpayer.office.code'), '')"
    )
