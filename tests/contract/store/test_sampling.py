"""A sample of the log is looked at: what is whole is said to be whole, erased or not."""

from pathlib import Path

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_protocol.messages import Assurance, ConsultationClosed, TaxpayerCard
from relay_server.services import erasure
from relay_server.store import events
from relay_server.store.accounts import TaxpayerRecord, put_taxpayer
from relay_server.store.base import Store
from relay_server.store.sampling import Sample, examine_log
from tests.relay_server.store.people import begin, say

EVERYWHERE = [number / 20 for number in range(21)]


async def test_a_log_without_events_is_whole(store: Store) -> None:
    assert await store.read(examine_log(EVERYWHERE)) == Sample(0, 0, ())


async def test_what_was_written_verifies_before_and_after_an_erasure(store: Store, tmp_path: Path) -> None:
    person = TaxpayerCard(id=TaxpayerId("of-C1"), name="张三", assurance=Assurance.ANONYMOUS)
    await store.transact(put_taxpayer(TaxpayerRecord(person.id, "etax", "", person)))
    for name in ("C1", "C2"):
        await store.transact(begin(name))
        await store.transact(say(name, "c1"))
    before = await store.read(events.load(ConsultationId("C1")))
    await store.transact(events.append(ConsultationId("C1"), before, [ConsultationClosed(reason="left")], 3.0))
    assert await store.read(examine_log(EVERYWHERE)) == Sample(5, 0, ())
    await erasure.erase(store, tmp_path, person.id, "申请", "cli", 4.0)
    assert await store.read(examine_log(EVERYWHERE)) == Sample(6, 2, ())
