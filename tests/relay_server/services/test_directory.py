"""The live directory: swapped when settings change, by hint or by looking; one change is whole or nothing."""

import asyncio
from pathlib import Path

import pytest

from kb_sync import bundle
from kb_sync.suggest import SuggestionRules
from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord, QueueRecord
from relay_server.services import bundles
from relay_server.services.bundles import LiveKnowledge
from relay_server.services.directory import LiveDirectory, change, load, seed
from relay_server.spawn import spawn
from relay_server.store.settings import put_setting, settings_versions
from tests.flows.office import NoKnowledge, TestOffice

PROVINCE = OfficeRecord(code="360000", name="江西省税务局", level="province")
CITY = OfficeRecord(code="360100", name="南昌市税务局", level="city", parent="360000")
QUEUE = QueueRecord(code="q", name="咨询", office="360100")


async def test_a_change_is_whole_or_nothing(tmp_path: Path) -> None:
    office = TestOffice(tmp_path, NoKnowledge())
    await office.store.transact(change({("offices", "360000"): PROVINCE, ("offices", "360100"): CITY}, "t", 1.0))
    with pytest.raises(BanwenError, match="上级 360000 不存在") as caught:
        await office.store.transact(change({("queues", "q"): QUEUE, ("offices", "360000"): None}, "t", 2.0))
    assert caught.value.code is ErrorCode.BAD_INPUT
    known = await load(office.store)
    assert set(known.offices) == {"360000", "360100"}
    assert known.queues == {}
    await office.close()


async def test_what_was_wrong_before_does_not_forbid_another_change(tmp_path: Path) -> None:
    office = TestOffice(tmp_path, NoKnowledge())
    await office.store.transact(change({("offices", "360000"): PROVINCE}, "t", 1.0))
    await office.store.transact(put_setting("queues", "bad", b'{"office": 1}', "t", 2.0))
    known = await office.store.transact(change({("offices", "360100"): CITY}, "t", 3.0))
    assert [one.key for one in known.problems] == ["bad"]
    await office.close()


async def test_a_hint_swaps_the_directory_at_once(tmp_path: Path) -> None:
    office, live = TestOffice(tmp_path, NoKnowledge()), LiveDirectory()
    before = live.current
    keeping = spawn(live.keep(office.store, office.bus, every=3600.0), "keep")
    try:
        await asyncio.sleep(0)  # it listens before it looks
        await office.store.transact(change({("offices", "360000"): PROVINCE}, "t", 1.0))
        for _ in range(100):
            await office.store.read(settings_versions())  # one look later it must have seen the hint
            if live.current.offices:
                break
        assert live.current.offices
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert before == Directory(), "whoever still looks at the old one sees no change"
    assert not await live.refresh(office.store), "nothing changed since"
    await office.close()


async def test_offices_of_an_old_configuration_are_taken_over_only_once(tmp_path: Path) -> None:
    office = TestOffice(tmp_path, NoKnowledge())
    await seed(office.store, [PROVINCE, CITY], 1.0)
    await office.store.transact(change({("offices", "360100"): None}, "t", 2.0))
    await seed(office.store, [PROVINCE, CITY], 3.0)
    assert set((await load(office.store)).offices) == {"360000"}
    await office.close()


def size(live: LiveKnowledge) -> int:
    return len(live.current.knowledge.entries)


async def test_knowledge_follows_its_file_and_survives_a_broken_one(tmp_path: Path) -> None:
    office = TestOffice(tmp_path, NoKnowledge())
    sample = bundle.load_sample()
    for name, count in (("a.kb", 3), ("b.kb", 5)):
        knowledge = bundle.assemble(sample.entries[:count], (), (), SuggestionRules())
        bundle.save(knowledge, tmp_path / name)
    live = LiveKnowledge(tmp_path, "a.kb")
    assert not await live.refresh(office.store)
    await office.store.transact(bundles.choose("b.kb", "t", 1.0))
    assert await live.refresh(office.store)
    assert size(live) == 5
    (tmp_path / "b.kb").write_bytes(b"half a bundle")
    assert not await live.refresh(office.store)
    assert size(live) == 5
    await office.store.transact(bundles.choose("", "t", 2.0))
    assert await live.refresh(office.store)
    assert size(live) == 3
    await office.close()
