"""People's keys in SQLite, and what is erased with them."""

import sqlite3

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store import subjects as ops
from relay_server.store.keys import Cipher, Keyring


def key_of(connection: sqlite3.Connection, keyring: Keyring, subject: str) -> tuple[int, Cipher]:
    """Return the number of a person's key and what seals with it; the first time one is made.

    Raise `BanwenError(GONE)` when it was destroyed.
    """
    query = "SELECT id, wrapped FROM subject_key WHERE subject = ?"
    row = connection.execute(query, (subject,)).fetchone()
    if row is None:
        wrapped = keyring.make(subject)
        query = "INSERT INTO subject_key (subject, wrapped) VALUES (?, ?) RETURNING id, wrapped"
        row = connection.execute(query, (subject, wrapped)).fetchone()
    if not row[1]:
        raise BanwenError(ErrorCode.GONE, "该纳税人的记录已按规定清除，不能再添加内容。")
    return int(row[0]), keyring.cipher(subject, row[1])


def destroy_key(connection: sqlite3.Connection, op: ops.DestroyKey) -> None:
    """Leave an empty key behind, so that no other is made; with the names of messages their digests tell nothing."""
    query = (
        "INSERT INTO subject_key (subject, wrapped, destroyed_at) VALUES (?, x'', ?) "
        "ON CONFLICT (subject) DO UPDATE SET wrapped = excluded.wrapped, destroyed_at = excluded.destroyed_at "
        "WHERE wrapped <> x'' RETURNING id"
    )
    row = connection.execute(query, (op.subject, op.now)).fetchone()
    if row is not None:
        connection.execute(
            "UPDATE event SET client_id = NULL WHERE client_id IS NOT NULL AND stream IN "
            "(SELECT 'consultation/' || id FROM consultation WHERE taxpayer = ?)",
            (op.subject,),
        )
