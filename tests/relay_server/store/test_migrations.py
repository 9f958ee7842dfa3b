"""Databases of earlier releases are brought to today's tables without loss; newer ones are refused."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId, consultation_stream
from relay_server.app import at_desk
from relay_server.config import parse
from relay_server.domain.consultation import State
from relay_server.store import accounts, events, outbox, replay
from relay_server.store.migrations import scripts
from relay_server.store.postgres.connection import prepared
from relay_server.store.schema import metadata
from relay_server.store.sqlite import SqliteStore, connect
from relay_server.store.version import newest
from tests.relay_server.store.cluster import running_cluster
from tests.relay_server.store.people import KEYS, say

FIRST_RELEASE = Path(__file__).with_name("first_release.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A database of the first release."""
    path = tmp_path / "relay.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_RELEASE.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def url() -> Iterator[str]:
    """An empty database of the other kind."""
    with running_cluster() as cluster:
        yield cluster.database()


def frames(path: Path) -> list[tuple[Any, ...]]:
    with closing(connect(path)) as connection:
        query = "SELECT stream, seq, at, type, v, frame, client_id FROM event ORDER BY rowid"
        return connection.execute(query).fetchall()


async def test_a_database_of_the_first_release_is_brought_here_without_loss(old: Path) -> None:
    before = frames(old)
    store = SqliteStore(old, KEYS, lambda effects: None)
    assert frames(old) == before, "every event, byte by byte, in its order"
    log = await store.read(replay.read_log(replay.BEGINNING, 100))
    assert [(one.stream, one.frame.seq) for _, one in log] == [row[:2] for row in before]
    for number, state in ((0, State.BOT), (1, State.QUEUED), (2, State.BOT)):
        found = await store.read(events.load(ConsultationId(f"C{number}")))
        assert found is not None
        assert found.state is state
        assert found.last_seq == sum(row[0] == consultation_stream(found.id) for row in before)
    queued = await store.read(events.consultations([State.QUEUED], offices=["360100"]))
    assert [one.id for one in queued] == ["C1"]
    await store.close()


def test_a_relay_of_the_first_release_starts_with_a_new_master_key_and_keeps_it(old: Path) -> None:
    config = parse({})
    for _ in range(2):
        assert at_desk(config, old.parent, lambda desk: desk.store.read(events.load(ConsultationId("C1")))) is not None
    (old.parent / config.store.master_key).unlink()
    with pytest.raises(BanwenError) as caught:
        at_desk(config, old.parent, lambda desk: desk.store.read(events.load(ConsultationId("C1"))))
    assert caught.value.code is ErrorCode.NOT_FOUND, "a lost key is never replaced by another"


async def test_what_is_kept_beside_the_log_comes_along_and_people_talk_on(old: Path) -> None:
    store = SqliteStore(old, KEYS, lambda effects: None)
    assert await store.transact(events.next_number("360100", "2026-03-02")) == 2
    assert [work.subject for work in await store.transact(outbox.claim("bot", 9.0, 1.0, 9))] == ["C0"]
    agent = await store.read(accounts.agent_by_id(AgentId("a1")))
    assert agent is not None
    assert agent.username == "360101"
    assert await store.read(accounts.taxpayer_by_id(TaxpayerId("of-C0"))) is not None
    assert await store.transact(accounts.use_once("request/1", 9e12, 2.0)) is False
    assert await store.transact(say("C2", "later")) == 6
    await store.close()


async def test_a_database_that_is_here_already_is_left_alone(old: Path) -> None:
    def content() -> list[str]:
        with closing(connect(old)) as connection:
            return list(connection.iterdump())

    first = SqliteStore(old, KEYS, lambda effects: None)
    await first.close()
    before = content()
    again = SqliteStore(old, KEYS, lambda effects: None)
    await again.close()
    assert again.epoch == first.epoch
    assert content() == before


async def test_a_database_of_a_newer_program_is_refused(old: Path) -> None:
    await SqliteStore(old, KEYS, lambda effects: None).close()
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BanwenError) as caught:
        SqliteStore(old, KEYS, lambda effects: None)
    assert caught.value.code is ErrorCode.VERSION


async def test_a_migration_that_fails_leaves_the_database_as_it_was(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE setting (x)")  # in the way of what is made
        connection.commit()
    before = frames(old)
    with pytest.raises(sa.exc.OperationalError):
        SqliteStore(old, KEYS, lambda effects: None)
    assert frames(old) == before
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'event_1'").fetchone()


def test_the_steps_are_one_line_and_the_newest_is_known_without_loading_them() -> None:
    assert scripts().get_heads() == [newest()]


async def test_the_steps_lead_to_what_the_schema_says_in_a_file(tmp_path: Path) -> None:
    await SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None).close()
    with sa.create_engine(f"sqlite:///{tmp_path}/relay.db").connect() as connection:
        assert differences(connection) == []
        connection.engine.dispose()


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")  # SQLAlchemy has no word for it
async def test_the_steps_lead_to_what_the_schema_says_on_a_server(url: str) -> None:
    await asyncio.to_thread(prepared, url, KEYS)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
    finally:
        await engine.dispose()


async def test_relays_that_start_together_on_an_empty_server_all_find_the_same_log(url: str) -> None:
    epochs = await asyncio.gather(*(asyncio.to_thread(prepared, url, KEYS) for _ in range(4)))
    assert len(set(epochs)) == 1


def differences(connection: sa.Connection) -> list[Any]:
    """Return where the database differs from the schema, as far as Alembic can see."""
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    return list(compare_metadata(context, metadata))


async def test_nothing_that_migrates_is_loaded_when_there_is_nothing_to_migrate(tmp_path: Path) -> None:
    await SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None).close()
    program = (
        "import sys; from pathlib import Path; from relay_server import app; "
        "from relay_server.store.sqlite import SqliteStore; from tests.relay_server.store.people import KEYS; "
        f"SqliteStore(Path({str(tmp_path / 'relay.db')!r}), KEYS, print); "
        "print([name for name in ('sqlalchemy', 'alembic', 'asyncpg') if name in sys.modules])"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
