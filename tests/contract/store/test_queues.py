"""What a round of dispatch asks of a store: who waits, who is busy, one writer for a group, many moves in one step."""

import asyncio

from relay_protocol.ids import AgentId, ConsultationId, OfferId, TaxpayerId
from relay_protocol.messages import AgentCard, AnyEvent, Assurance, Office, TaxpayerCard
from relay_server import app
from relay_server.domain import decisions
from relay_server.domain.access import TaxpayerActor
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.waiting import take_ticket
from relay_server.services import consultations
from relay_server.store import events, many, outbox, queues
from relay_server.store.base import Store, Transaction
from relay_server.store.decisions import DecisionRow, follow_decisions, put_decisions
from relay_server.store.followers import followed_by
from tests.contract.store.conftest import Open
from tests.relay_server.store.people import begin, say

ONE = ConsultationId("C1")
OFFICE = Office(code="360103", name="西湖区")
WANG = AgentCard(id=AgentId("a1"), number="8001", name="王芳", office=OFFICE)


async def wait(store: Store, name: str) -> Consultation:
    """Let somebody wait."""
    opened = await store.transact(begin(name))
    ticket: list[AnyEvent] = [*decisions.hand_over(opened, "asked"), take_ticket("q", name, "2026-11-24", OFFICE)]
    return await store.transact(events.append(opened.id, opened, ticket, 10.0))


async def test_who_waits_is_told_without_what_a_round_does_not_need(store: Store) -> None:
    for name in ("C1", "C2"):
        await wait(store, name)
    await store.transact(begin("C3"))
    found = {one.id: one for one in await store.read(queues.who_waits())}
    assert found.keys() == {"C1", "C2"}
    ticket = found[ConsultationId("C1")].ticket
    assert ticket is not None
    assert (ticket.number, found[ConsultationId("C1")].state) == ("C1", State.QUEUED)


async def test_many_are_loaded_and_moved_in_one_step_and_count_for_their_agents(store: Store) -> None:
    before = [await wait(store, name) for name in ("C1", "C2", "C3")]

    def offer() -> Transaction[None]:
        found = yield from many.load_many([ConsultationId("C3"), ConsultationId("no"), ConsultationId("C1")])
        assert [one.id if one else None for one in found] == ["C3", None, "C1"]
        given = [(one, decisions.offer(one, OfferId(one.id), WANG, 60.0)) for one in found if one is not None]
        yield from many.append_many([*given, (before[1], [])], 11.0)
        yield from many.append_many([], 11.0)

    await store.transact(offer())
    assert await store.read(queues.read_loads()) == {WANG.id: 2}
    states = {one.id: one.state for one in await store.read(queues.who_waits())}
    assert states == {"C1": State.OFFERED, "C2": State.QUEUED, "C3": State.OFFERED}


async def test_windows_of_one_person_that_open_at_once_find_the_same_consultation(open_store: Open) -> None:
    stores = [await open_store("relay") for _ in range(2)]
    actor = TaxpayerActor(TaxpayerCard(id=TaxpayerId("t1"), name="李敏", assurance=Assurance.VERIFIED), "app")
    opening = [consultations.open_or_continue(store, actor, "web", app.new_id, 1.0) for store in stores * 4]
    assert len({one.id for one in await asyncio.gather(*opening)}) == 1
    await asyncio.gather(*(store.close() for store in stores))


async def test_followers_are_whom_the_last_move_left(store: Store) -> None:
    before = await wait(store, "C1")
    offered = await store.transact(
        events.append(before.id, before, decisions.offer(before, OfferId("o"), WANG, 9.0), 1.0)
    )
    assert [one.id for one in await store.read(followed_by(WANG.id))] == ["C1"]

    def back_and_forth() -> Transaction[None]:
        returned = yield from events.append(offered.id, offered, decisions.give_back(offered, "expired"), 2.0)
        again = yield from events.append(returned.id, returned, decisions.offer(returned, OfferId("p"), WANG, 9.0), 3.0)
        yield from events.append(again.id, again, decisions.give_back(again, "expired"), 4.0)

    await store.transact(back_and_forth())
    assert await store.read(followed_by(WANG.id)) == []


async def test_it_is_seen_whether_anything_is_due_without_taking_it(store: Store) -> None:
    await store.transact(outbox.owe("dispatch", "q", 10.0))
    for now, due in ((9.0, False), (10.0, True), (11.0, True)):
        assert await store.read(queues.any_due("dispatch", now)) is due
    assert not await store.read(queues.any_due("bot", 11.0))


async def test_a_group_has_one_writer_at_a_time_and_nobody_waits_for_it(open_store: Open) -> None:
    """Whoever is the writer counts on from what it read; two at once would find the same."""
    stores = [await open_store("relay") for _ in range(3)]

    def count() -> Transaction[bool]:
        mine = yield from queues.try_group("g")
        if mine:
            found = yield from events.read_note(ONE)
            yield from events.put_note(ONE, str(int(found or 0) + 1))
        return mine

    won = await asyncio.gather(*(store.transact(count()) for _ in range(20) for store in stores))
    assert int(await stores[0].read(events.read_note(ONE))) == sum(won) > 0
    await asyncio.gather(*(store.close() for store in stores))


async def test_whom_nothing_happened_to_is_not_read_again(store: Store) -> None:
    for name in ("C1", "C2", "C3"):
        await wait(store, name)
    before = {one.id: one for one in await store.read(queues.who_waits())}
    third = await store.read(events.load(ConsultationId("C3")))
    assert third is not None
    await store.transact(events.append(third.id, third, decisions.leave_queue(third), 12.0))
    await store.transact(say("C2", "m"))
    await wait(store, "C4")
    after = {one.id: one for one in await store.read(queues.who_waits(before))}
    assert after.keys() == {"C1", "C2", "C4"}
    assert after[ONE] is before[ONE]
    assert after[ConsultationId("C2")].last_seq == before[ConsultationId("C2")].last_seq + 1


async def test_decisions_about_who_waits_are_followed_from_where_one_stood(store: Store) -> None:
    def row(name: str, step: int) -> DecisionRow:
        return DecisionRow(ConsultationId(name), "A001", 1.0, step, "default v1", "", f'{{"verdict":"{step}"}}')

    for name in ("C1", "C2"):
        await wait(store, name)
    await store.transact(begin("C3"))
    first = await store.transact(put_decisions([row("C1", 0), row("C3", 0), row("C2", 0)]))
    found = await store.read(follow_decisions(0))
    assert [one[1:] for one in found] == [("C1", 0, '{"verdict":"0"}'), ("C2", 0, '{"verdict":"0"}')]
    assert found[-1][0] == first
    last = await store.transact(put_decisions([row("C2", 1)]))
    assert await store.read(follow_decisions(first)) == [(last, "C2", 1, '{"verdict":"1"}')]
    assert await store.read(follow_decisions(last)) == []
