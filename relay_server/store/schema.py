"""What the tables are, once for both databases. `migrations` brings a database here; adapters write their own SQL."""

import sqlalchemy as sa

from relay_server.store.columns import TEXT, WHOLE, XID, counter, index, raw, serial, table, text, time, truth, whole

OPEN = "state IN ('new', 'bot', 'queued', 'offered', 'active', 'on_hold', 'message_left', 'callback_booked')"

metadata = sa.MetaData()

log = table(metadata, "log", text("epoch"), text("master", default=""))

event = table(
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

consultation = table(
    metadata,
    "consultation",
    text("id", key=True),
    text("taxpayer"),
    text("state"),
    text("serving"),
    text("office", default=""),
    time("opened_at", default=0),
    raw("body"),
    whole("last_seq", default=0),
    index("consultation_open", "taxpayer", unique=True, where=OPEN),
    index("consultation_at", "office", "state", "id"),
    index("consultation_in", "state", "id"),
    index("consultation_by", "serving", "state"),
    index("consultation_of", "taxpayer", "id"),
)

number = table(metadata, "number", text("queue", key=True), text("day", key=True), whole("last"), rowid=False)

seen = table(
    metadata,
    "seen",
    text("consultation", key=True),
    text("side", key=True),
    whole("delivered"),
    whole("read"),
    rowid=False,
)

note = table(metadata, "note", text("consultation", key=True), text("note"), rowid=False)

invitation = table(
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

attendance = table(
    metadata,
    "attendance",
    text("agent", key=True),
    text("state"),
    text("reason"),
    time("since"),
    time("idle_since"),
    rowid=False,
)

work = table(
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

agent = table(
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

guard = table(
    metadata,
    "guard",
    text("username", key=True),
    whole("failures"),
    time("locked_until"),
    time("failed_at"),
    rowid=False,
)

token = table(
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

taxpayer = table(
    metadata,
    "taxpayer",
    text("id", key=True),
    text("app"),
    text("subject"),
    text("card"),
    index("taxpayer_of", "app", "subject", unique=True, where="subject <> ''"),
)

used = table(metadata, "used", text("key", key=True), time("expires_at"), index("used_age", "expires_at"), rowid=False)

file = table(
    metadata,
    "file",
    text("id", key=True),
    text("consultation"),
    text("attachment"),
    text("file_name"),
    time("at"),
    whole("size", default=0),
    time("posted_at", default=0),
    index("file_of", "consultation"),
)

cursor = table(metadata, "cursor", text("name", key=True), text("position"), rowid=False)
setting = table(
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
follower = table(
    metadata,
    "follower",
    text("agent", key=True),
    text("consultation", key=True),
    index("follower_of", "consultation"),
    rowid=False,
)
sign = table(metadata, "sign", text("agent", key=True), text("edge", key=True), time("at"), rowid=False)
decision = table(
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
job = table(
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

subject_key = table(
    metadata,
    "subject_key",
    serial("id"),
    text("subject", unique=True),
    raw("wrapped"),
    time("destroyed_at", default=0),
)
