"""What somebody changed in the database by hand is noticed."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, Stream, consultation_stream
from relay_protocol.messages import PresenceChanged, PresenceState
from relay_server.store import events
from relay_server.store.keys import Keyring, new_master
from relay_server.store.sampling import Sample, examine_log
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS, begin, say

EVERYWHERE = [number / 10 for number in range(11)]
PRESENCE = Stream("presence/a1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """Two consultations of two events each, and one event in plain words."""
    store = SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None)
    for name in ("C1", "C2"):
        await store.transact(begin(name))
        await store.transact(say(name, "c1"))
    changed = PresenceChanged(state=PresenceState.BREAK, reason="用餐", cause="agent")
    await store.transact(events.record(PRESENCE, [changed], 1.0))
    yield store
    await store.close()


def tamper(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "relay.db")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "damaged"),
    [
        ("UPDATE event SET frame = randomblob(200) WHERE stream = 'consultation/C1' AND seq = 2", "consultation/C1#2"),
        ("UPDATE event SET frame = CAST(frame || ' ' AS BLOB) WHERE key IS NULL", "presence/a1#1"),
        ("UPDATE event SET digest = zeroblob(32) WHERE stream = 'consultation/C2' AND seq = 1", "consultation/C2#1"),
        ("DELETE FROM event WHERE stream = 'consultation/C2' AND seq = 1", "consultation/C2#?"),
    ],
)
async def test_a_changed_or_missing_event_is_found(
    store: SqliteStore, tmp_path: Path, statement: str, damaged: str
) -> None:
    assert await store.read(examine_log(EVERYWHERE)) == Sample(5, 0, ())
    tamper(tmp_path, statement)
    assert (await store.read(examine_log(EVERYWHERE))).damaged == (damaged,)


async def test_sealed_words_moved_to_another_place_are_not_read(store: SqliteStore, tmp_path: Path) -> None:
    tamper(
        tmp_path,
        "UPDATE event SET frame = (SELECT frame FROM event WHERE stream = 'consultation/C1' AND seq = 2), "
        "key = (SELECT key FROM event WHERE stream = 'consultation/C1' AND seq = 2) "
        "WHERE stream = 'consultation/C2' AND seq = 2",
    )
    with pytest.raises(BanwenError) as caught:
        await store.read(events.events_after(consultation_stream(ConsultationId("C2")), 1, 9))
    assert caught.value.code is ErrorCode.CORRUPT


async def test_another_master_key_is_refused_at_once(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(BanwenError) as caught:
        SqliteStore(tmp_path / "relay.db", Keyring(new_master()), lambda effects: None)
    assert caught.value.code is ErrorCode.CORRUPT
