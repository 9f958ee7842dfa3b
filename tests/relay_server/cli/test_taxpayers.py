"""`banwen-relay taxpayers`: an administrator looks at a person and erases them."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_protocol.messages import Assurance, ConsultationClosed, TaxpayerCard
from relay_server.cli import main
from relay_server.domain.personal import ERASED_NAME
from relay_server.store import events, keyfile
from relay_server.store.accounts import TaxpayerRecord, put_taxpayer
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import begin, say

PERSON = TaxpayerId("T1")


def run(*arguments: str | Path, answer: str = "") -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], input=answer)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A relay that knows one person, whose consultation is over."""
    folder = tmp_path / "relay"
    assert run("init", folder, "--sample").exit_code == 0

    async def visit() -> None:
        store = SqliteStore(folder / "relay.db", keyfile.read(folder / "master.key"), lambda effects: None)
        card = TaxpayerCard(id=PERSON, name="张三", assurance=Assurance.VERIFIED)
        await store.transact(put_taxpayer(TaxpayerRecord(PERSON, "etax-demo", "u1", card)))
        await store.transact(begin("C1", PERSON))
        await store.transact(say("C1", "c1"))
        before = await store.read(events.load(ConsultationId("C1")))
        await store.transact(events.append(ConsultationId("C1"), before, [ConsultationClosed(reason="left")], 3.0))
        await store.close()

    asyncio.run(visit())
    return folder


def test_a_person_is_shown_and_erased_and_stays_on_record_as_erased(folder: Path) -> None:
    assert "张三" in run("taxpayers", "show", PERSON, "-c", folder).output
    erased = run("taxpayers", "erase", PERSON, "--reason", "申请书 17", "--yes", "-c", folder, "--json")
    assert erased.exit_code == 0, erased.output
    assert json.loads(erased.stdout) == {"taxpayer": PERSON, "consultations": 1, "files": 0}
    shown = run("taxpayers", "show", PERSON, "-c", folder).output
    assert "张三" not in shown
    assert ERASED_NAME in shown
    assert "申请书 17" in shown
    assert "张三".encode() not in b"".join(path.read_bytes() for path in folder.glob("relay.db*"))
    assert "摘要全部相符" in run("doctor", "-c", folder).output


def test_nobody_is_erased_without_a_yes(folder: Path) -> None:
    result = run("taxpayers", "erase", PERSON, "--reason", "x", "-c", folder, answer="n\n")
    assert result.exit_code == 1
    assert "张三" in run("taxpayers", "show", PERSON, "-c", folder).output


def test_somebody_unknown_is_not_found(folder: Path) -> None:
    for arguments in (["show", "T9"], ["erase", "T9", "--reason", "x", "--yes"]):
        assert run("taxpayers", *arguments, "-c", folder).exit_code == 6
