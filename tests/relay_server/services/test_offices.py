"""Removing an office: who waits there or left word goes to the office above, with the place they had."""

from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.consultation import State
from relay_server.services import offices
from relay_server.services.directory import change, load
from tests.flows.office import KNOWN, ZHANG, NoKnowledge, TestOffice


async def begun(folder: Path) -> TestOffice:
    office = TestOffice(folder, NoKnowledge())
    wishes = {("offices", code): one for code, one in KNOWN.offices.items()}
    await office.store.transact(change(wishes, "test", office.now))
    return office


@pytest.mark.req("S1")
async def test_who_waits_keeps_the_place_at_the_office_above(tmp_path: Path) -> None:
    office = await begun(tmp_path)
    one = await office.open(ZHANG)
    await office.ask_human(ZHANG, one)
    before = (await office.state(one)).ticket
    assert before is not None
    known = await load(office.store)
    office.now += 60.0
    plan = await offices.removal(office.store, known, "360103", "test", office.now)
    assert any("1 位等待" in sentence for sentence in plan.consequences)
    assert (await office.state(one)).ticket == before, "saying what would happen changes nothing"
    await plan.carry_out()
    after = await office.state(one)
    assert after.state is State.QUEUED
    assert after.ticket is not None
    assert (after.ticket.queue, after.ticket.office.code) == ("360100", "360100")
    assert after.ticket.entered_at == before.entered_at
    assert "360103" not in (await load(office.store)).offices
    await office.close()


async def test_the_top_of_the_tree_cannot_go_while_anything_hangs_on_it(tmp_path: Path) -> None:
    office = await begun(tmp_path)
    with pytest.raises(BanwenError, match="没有上级机构") as caught:
        await offices.removal(office.store, await load(office.store), "360000", "test", office.now)
    assert caught.value.code is ErrorCode.CONFLICT
    await office.close()
