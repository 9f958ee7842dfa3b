"""A whole relay on PostgreSQL: made, examined, served, killed; and one whose database is set up wrongly."""

from pathlib import Path

import pytest

from tests.relay_server.store.cluster import Cluster
from tests.running import RunningRelay


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.database()


def test_a_relay_is_made_examined_and_served_on_postgresql(tmp_path: Path, url: str) -> None:
    relay = RunningRelay(tmp_path / "relay")
    relay.set_up("[relay]\nport = 0", "--database-url", url)
    assert not (relay.folder / "relay.db").exists()
    assert "提交即落盘" in relay.command("doctor", "-c", str(relay.folder))
    relay.start()
    try:
        before = {one["username"] for one in relay.agents()}
        assert before == set(relay.passwords)
        relay.restart_after_kill()
        assert {one["username"] for one in relay.agents()} == before
    finally:
        relay.kill()


def test_an_address_with_a_password_or_of_another_database_is_refused(tmp_path: Path, url: str) -> None:
    relay = RunningRelay(tmp_path / "relay")
    relay.set_up("", "--database-url", url)
    for wrong in ("postgresql://banwen:secret@db/banwen", "mysql://db/banwen"):
        relay.configure(f'[store]\nurl = "{wrong}"')
        said = relay.command("doctor", "-c", str(relay.folder), code=3)
        assert "store.url" in said
        assert "secret" not in said


def test_a_database_that_cannot_be_reached_is_named_with_the_way_out(tmp_path: Path) -> None:
    folder = tmp_path / "relay"
    relay = RunningRelay(folder)
    said = relay.command("init", str(folder), "--database-url", f"postgresql://x@/y?host={tmp_path}", code=4)
    assert "store.url" in said
    assert not folder.exists(), "no half-made relay is left"
