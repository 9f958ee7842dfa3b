"""A log that is read in commit order, offices of consultations, and what else came with many offices."""

import hashlib

import sqlalchemy as sa
from alembic import op

from relay_server.store.columns import TEXT, WHOLE, index, raw, serial, table, text, time, truth, whole

revision = "0002"
down_revision = "0001"

metadata = sa.MetaData()
event = table(
    metadata,
    "event",
    serial("id"),
    text("stream"),
    whole("seq"),
    time("at"),
    text("type"),
    whole("v"),
    raw("frame"),
    raw("digest"),
    sa.Column("key", WHOLE),
    truth("recalled", default=False),
    sa.Column("client_id", TEXT),
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
    serial("id"),
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
    """Number the events, make the new tables, place the consultations."""
    for name in ("event_at", "event_named"):
        op.drop_index(name, "event")
    op.rename_table("event", "event_1")
    metadata.create_all(op.get_bind(), checkfirst=False)
    _copy_events()
    op.drop_table("event_1")
    op.create_index("event_at", "event", ["stream", "seq"], unique=True)
    _index("event_named", "event", ["stream", "client_id"], "client_id IS NOT NULL")
    _place_consultations()


def _index(name: str, table_name: str, columns: list[str], where: str) -> None:
    some = sa.text(where)
    op.create_index(name, table_name, columns, unique=True, sqlite_where=some, postgresql_where=some)


def _copy_events() -> None:
    """Copy in the order in which they came. Only SQLite's databases can hold any: the other kind began here."""
    driver = op.get_bind().connection.driver_connection
    if driver is None or op.get_bind().dialect.name != "sqlite":
        return
    driver.create_function("sha256", 1, lambda data: hashlib.sha256(data).digest(), deterministic=True)
    op.execute(
        "INSERT INTO event (stream, seq, at, type, v, frame, digest, client_id) "
        "SELECT stream, seq, at, type, v, frame, sha256(frame), client_id FROM event_1 ORDER BY rowid"
    )


def _place_consultations() -> None:
    op.add_column("consultation", text("office", default=""))
    op.add_column("consultation", time("opened_at", default=0))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "UPDATE consultation SET opened_at = json_extract(body, '$.opened_at'), office = coalesce("
            "json_extract(body, '$.ticket.office.code'), json_extract(body, '$.taxpayer.office.code'), '')"
        )
    op.drop_index("consultation_open", "consultation")
    states = "'new', 'bot', 'queued', 'offered', 'active', 'on_hold', 'message_left', 'callback_booked'"
    _index("consultation_open", "consultation", ["taxpayer"], f"state IN ({states})")
    op.create_index("consultation_at", "consultation", ["office", "state", "id"])
