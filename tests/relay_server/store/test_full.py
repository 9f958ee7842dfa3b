"""A database that may not grow: every sender is told, alarms are raised, and all goes on when there is room."""

import logging
import sqlite3
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, consultation_stream
from relay_server.store import events
from relay_server.store.sqlite import SqliteStore, connect
from tests.relay_server.store.people import KEYS, begin, say

STREAM = consultation_stream(ConsultationId("C1"))
AMPLE = 2**30


class Room:
    """How many pages the database may have; SQLite itself refuses more, with the result of a full disk."""

    def __init__(self, path: Path) -> None:
        self._path, self.pages = path, AMPLE

    def connect(self) -> sqlite3.Connection:
        """Open the file as ever, but for the limit."""
        connection = connect(self._path)
        connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


@pytest.mark.req("C1")
async def test_a_write_that_fails_for_ever_raises_an_alarm_and_nothing_acknowledged_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = Room(tmp_path / "relay.db")
    monkeypatch.setattr(SqliteStore, "_connect", lambda store: room.connect())
    await SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None).close()  # makes the tables
    room.pages = 1  # SQLite makes it as many as there are already
    store = SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None)
    await store.transact(begin("C1"))
    acknowledged: list[int] = [1]
    refused: list[ErrorCode] = []
    while len(refused) < 5:
        try:
            acknowledged.append(await store.transact(say("C1", f"c{len(acknowledged)}")))
        except BanwenError as error:
            refused.append(error.code)
    assert set(refused) == {ErrorCode.UNREACHABLE}
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(alarms) == len(refused), "never silently"
    kept = await store.read(events.events_after(STREAM, 0, 10_000))
    assert [one.frame.seq for one in kept] == acknowledged, "what is there can still be read"
    room.pages = AMPLE
    caplog.clear()
    acknowledged.append(await store.transact(say("C1", "after")))
    kept = await store.read(events.events_after(STREAM, 0, 10_000))
    assert [one.frame.seq for one in kept] == acknowledged
    assert not caplog.records
    await store.close()
