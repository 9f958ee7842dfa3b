"""People's keys in PostgreSQL, and what is erased with them."""

from collections.abc import Iterable

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store import subjects as ops
from relay_server.store.keys import Cipher, Keyring
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

FIND = "SELECT subject, id, wrapped FROM subject_key WHERE subject = ANY($1::text[])"
MAKE = """
INSERT INTO subject_key (subject, wrapped) SELECT * FROM unnest($1::text[], $2::bytea[])
ON CONFLICT (subject) DO NOTHING
"""
DESTROY = """
INSERT INTO subject_key (subject, wrapped, destroyed_at) VALUES ($1, '', $2)
ON CONFLICT (subject) DO UPDATE SET wrapped = excluded.wrapped, destroyed_at = excluded.destroyed_at
WHERE subject_key.wrapped <> '' RETURNING id
"""
UNNAME = """
UPDATE event SET client_id = NULL WHERE client_id IS NOT NULL
AND stream IN (SELECT 'consultation/' || id FROM consultation WHERE taxpayer = $1)
"""


async def keys_of(connection: Connection, keyring: Keyring, subjects: Iterable[str]) -> dict[str, tuple[int, Cipher]]:
    """Return for each person the number of their key and what seals with it; the first time one is made.

    Raise `BanwenError(GONE)` when one was destroyed.
    """
    wanted = sorted(set(subjects) - {""})
    if not wanted:
        return {}
    rows = {row["subject"]: row for row in await connection.fetch(FIND, wanted)}
    new = [subject for subject in wanted if subject not in rows]
    if new:
        await connection.execute(MAKE, new, [keyring.make(subject) for subject in new])
        rows |= {row["subject"]: row for row in await connection.fetch(FIND, new)}
    if not all(row["wrapped"] for row in rows.values()):
        raise BanwenError(ErrorCode.GONE, "该纳税人的记录已按规定清除，不能再添加内容。")
    return {name: (row["id"], keyring.cipher(name, row["wrapped"])) for name, row in rows.items()}


async def destroy_key(connection: Connection, op: ops.DestroyKey) -> None:
    """Leave an empty key behind, so that no other is made; with the names of messages their digests tell nothing."""
    if await connection.fetchval(DESTROY, op.subject, op.now) is not None:
        await connection.execute(UNNAME, op.subject)


HANDLERS: Handlers = {ops.DestroyKey: destroy_key}
