"""What dispatch and supervisors ask of a store: signs of life, decisions, jobs, lists within offices."""

from relay_protocol.ids import AgentId, ConsultationId
from relay_protocol.messages import Office
from relay_server.domain.consultation import State
from relay_server.domain.waiting import take_ticket
from relay_server.store import events
from relay_server.store.base import Store
from relay_server.store.decisions import DecisionRow, decisions_by_number, put_decisions, read_decisions
from relay_server.store.jobs import Job, JobState, list_jobs, put_job, read_job
from relay_server.store.signs import FORGET_AFTER, drop_sign, put_signs, read_signs
from tests.relay_server.store.people import begin

A1, A2, A3 = AgentId("a1"), AgentId("a2"), AgentId("a3")
ONE, TWO = ConsultationId("C1"), ConsultationId("C2")


async def test_the_newest_sign_of_all_edges_counts(store: Store) -> None:
    await store.transact(put_signs("edge-1", [A1, A2], 10.0))
    await store.transact(put_signs("edge-2", [A2, A3], 12.0))
    await store.transact(put_signs("edge-1", [A1], 15.0))
    assert await store.read(read_signs()) == {A1: 15.0, A2: 12.0, A3: 12.0}
    await store.transact(put_signs("edge-1", [], 20.0))
    assert await store.read(read_signs()) == {A1: 15.0, A2: 12.0, A3: 12.0}


async def test_a_closed_link_is_forgotten_at_its_edge_only(store: Store) -> None:
    await store.transact(put_signs("edge-1", [A1], 10.0))
    await store.transact(put_signs("edge-2", [A1], 9.0))
    await store.transact(drop_sign("edge-1", A1))
    assert await store.read(read_signs()) == {A1: 9.0}
    await store.transact(drop_sign("edge-2", A1))
    assert await store.read(read_signs()) == {}


async def test_signs_of_edges_that_are_gone_do_not_pile_up(store: Store) -> None:
    await store.transact(put_signs("edge-1", [A1], 10.0))
    await store.transact(put_signs("edge-2", [A2], 11.0 + FORGET_AFTER))
    assert await store.read(read_signs()) == {A2: 11.0 + FORGET_AFTER}


async def test_decisions_are_read_in_their_order_by_consultation_or_by_number(store: Store) -> None:
    rows = [
        DecisionRow(one, number, at, 1, "default/1", "", '{"a1":"未就绪"}')
        for one, number, at in ((ONE, "A001", 1.0), (TWO, "A001", 2.0), (ONE, "A001", 2.0), (ONE, "A002", 9.0))
    ]
    await store.transact(put_decisions(rows[:2]))
    await store.transact(put_decisions(rows[2:]))
    await store.transact(put_decisions([]))
    assert await store.read(read_decisions(ONE)) == [rows[0], rows[2], rows[3]]
    assert await store.read(read_decisions(ONE, limit=1)) == [rows[3]]
    assert await store.read(decisions_by_number("A001")) == rows[:3]


async def test_a_job_is_what_was_put_last_and_lists_begin_with_the_newest(store: Store) -> None:
    waiting = Job("J1", "bulk", "a1", JobState.WAITING, "{}", 1.0)
    done = Job("J1", "bulk", "a1", JobState.DONE, "{}", 1.0, 1.0, '{"count":3}')
    other = Job("J2", "export", "a2", JobState.RUNNING, '{"office":"36"}', 2.0, 0.5)
    for job in (waiting, other, done):
        await store.transact(put_job(job))
    assert await store.read(read_job("J1")) == done
    assert await store.read(read_job("J9")) is None
    assert await store.read(list_jobs()) == [other, done]
    assert await store.read(list_jobs(by="a1")) == [done]
    assert await store.read(list_jobs(limit=1)) == [other]


async def take(store: Store, consultation: ConsultationId, office: str) -> None:
    """Let a consultation wait at an office."""
    before = await store.read(events.load(consultation))
    ticket = take_ticket("q", "A001", "2026-03-02", Office(code=office, name=office))
    await store.transact(events.append(consultation, before, [ticket], 50.0))


async def test_lists_hold_only_the_offices_asked_for(store: Store) -> None:
    for number in range(4):
        await store.transact(begin(f"C{number}", now=float(number)))
    await take(store, ONE, "360102")
    await take(store, TWO, "360103")

    async def ids(*codes: str) -> list[str]:
        return [one.id for one in await store.read(events.consultations(list(State), offices=codes))]

    assert await ids("360102") == ["C1"]
    assert await ids("360102", "360103") == ["C2", "C1"]
    assert await ids("") == ["C3", "C0"], "who belongs nowhere is in nobody's list but that of all"
    assert await ids() == []
    assert len(await store.read(events.consultations(list(State)))) == 4


async def test_lists_are_cut_by_time_and_read_page_by_page(store: Store) -> None:
    for number in range(6):
        await store.transact(begin(f"C{number}", now=float(number)))
    within = await store.read(events.consultations([State.NEW], since=1.0, until=4.0))
    assert [one.id for one in within] == ["C3", "C2", "C1"]
    first = await store.read(events.consultations([State.NEW], limit=4))
    rest = await store.read(events.consultations([State.NEW], before=first[-1].id, limit=4))
    assert [one.id for one in (*first, *rest)] == ["C5", "C4", "C3", "C2", "C1", "C0"]
