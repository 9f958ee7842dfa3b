"""`banwen-relay backup` and `restore`: a relay comes back whole, as a log of its own."""

import asyncio
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay_protocol.ids import ConsultationId, consultation_stream
from relay_server.cli import main
from relay_server.store import events, keyfile
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import begin, said, say

STREAM = consultation_stream(ConsultationId("C1"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A relay in which something was said and sent."""
    folder = tmp_path / "relay"
    assert run("init", folder, "--sample").exit_code == 0
    (folder / "files").mkdir(exist_ok=True)
    (folder / "files" / "abc").write_bytes(b"a file")
    (folder / "files" / "half.part").write_bytes(b"half a file")
    asyncio.run(talk(folder, "C1"))
    return folder


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "relay.db", keyfile.read(folder / "master.key"), lambda effects: None)


async def talk(folder: Path, consultation: str) -> None:
    store = opened(folder)
    await store.transact(begin(consultation))
    await store.transact(say(consultation, "c1"))
    await store.close()


async def told(folder: Path) -> tuple[str, list[object]]:
    """Return the epoch, and what was said."""
    store = opened(folder)
    log = await store.read(events.events_after(STREAM, 1, 9))
    await store.close()
    return store.epoch, [one.frame.event for one in log]


def test_a_restored_relay_has_all_that_was_said_and_another_epoch(folder: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "b.tar", "--with-key", "-c", folder).exit_code == 0
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600
    result = run("restore", tmp_path / "b.tar", tmp_path / "again")
    assert result.exit_code == 0, result.output
    (epoch, words), (again, same) = asyncio.run(told(folder)), asyncio.run(told(tmp_path / "again"))
    assert words == same == [said("c1")]
    assert epoch != again, "clients that knew the log before must ask for everything anew"
    assert (tmp_path / "again" / "files" / "abc").read_bytes() == b"a file"
    assert not (tmp_path / "again" / "files" / "half.part").exists()
    for name in ("master.key", "relay.db"):
        assert stat.S_IMODE((tmp_path / "again" / name).stat().st_mode) == 0o600


def test_a_backup_without_the_key_says_nothing_and_needs_the_key_again(folder: Path, tmp_path: Path) -> None:
    result = run("backup", tmp_path / "b.tar", "-c", folder)
    assert "master.key" in result.output
    content = (tmp_path / "b.tar").read_bytes()
    assert "您好".encode() not in content
    assert (folder / "master.key").read_bytes().strip() not in content
    refused = run("restore", tmp_path / "b.tar", tmp_path / "again")
    assert (refused.exit_code, (tmp_path / "again").exists()) == (6, False)
    assert "--master-key" in refused.output
    given = run("restore", tmp_path / "b.tar", tmp_path / "again", "--master-key", folder / "master.key")
    assert given.exit_code == 0, given.output
    assert asyncio.run(told(tmp_path / "again"))[1] == [said("c1")]


def test_a_foreign_key_and_a_damaged_file_leave_nothing_behind(folder: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "b.tar", "-c", folder)
    keyfile.create(tmp_path / "other.key")
    foreign = run("restore", tmp_path / "b.tar", tmp_path / "again", "--master-key", tmp_path / "other.key")
    (tmp_path / "bad.tar").write_bytes(b"no archive at all")
    damaged = run("restore", tmp_path / "bad.tar", tmp_path / "again")
    assert (foreign.exit_code, damaged.exit_code) == (5, 5)
    assert not (tmp_path / "again").exists()


def test_what_is_there_is_never_replaced(folder: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "b.tar", "--with-key", "-c", folder).exit_code == 0
    before = (tmp_path / "b.tar").read_bytes()
    assert run("backup", tmp_path / "b.tar", "-c", folder).exit_code == 1
    assert (tmp_path / "b.tar").read_bytes() == before
    assert run("restore", tmp_path / "b.tar", folder).exit_code == 1
    assert asyncio.run(told(folder))[1] == [said("c1")]


def test_a_backup_is_taken_while_somebody_writes(folder: Path, tmp_path: Path) -> None:
    async def both() -> Result:
        store = opened(folder)
        writing = [store.transact(begin(f"D{number}")) for number in range(50)]
        copying = asyncio.to_thread(run, "backup", tmp_path / "b.tar", "--with-key", "-c", folder)
        taken, _ = await asyncio.gather(copying, asyncio.gather(*writing))
        await store.close()
        return taken

    assert asyncio.run(both()).exit_code == 0
    assert run("restore", tmp_path / "b.tar", tmp_path / "again").exit_code == 0
    assert asyncio.run(told(tmp_path / "again"))[1] == [said("c1")]
