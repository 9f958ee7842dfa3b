"""What every store must do, whatever database it is made of."""

import asyncio

import pytest

from relay_protocol import codec
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, AssistId, ClientId, ConsultationId, TaxpayerId, consultation_stream
from relay_protocol.messages import ConsultationOpened, MessagePosted, PresenceState, Side
from relay_server.domain.consultation import State
from relay_server.store import events, invitations, outbox
from relay_server.store.base import Effects, Store, Transaction
from relay_server.store.events import Attendance, Seen
from relay_server.store.invitations import Invitation
from relay_server.store.outbox import Work
from tests.contract.store.conftest import Open
from tests.relay_server.store.people import begin, said, say

ONE, TWO = ConsultationId("C1"), ConsultationId("C2")
STREAM = consultation_stream(ONE)


class Mistake(Exception):
    """What a script raises in these tests."""


def then_fail(script: Transaction[object]) -> Transaction[None]:
    yield from script
    raise Mistake


async def claimed(store: Store, now: float, lease: float = 30.0) -> list[Work]:
    return await store.transact(outbox.claim("bot", now, lease, 10))


async def test_events_come_back_in_order_as_they_were_written(store: Store) -> None:
    await store.transact(begin(ONE))
    for number in range(5):
        await store.transact(say(ONE, f"c{number}", now=2.5 + number))
    log = await store.read(events.events_after(STREAM, 0, 100))
    assert [one.frame.seq for one in log] == [1, 2, 3, 4, 5, 6]
    assert isinstance(log[0].frame.event, ConsultationOpened)
    assert [one.frame.at for one in log[1:]] == [2.5, 3.5, 4.5, 5.5, 6.5]
    assert all(one.data == codec.encode(one.frame) for one in log)
    assert all(one.frame.stream == STREAM for one in log)


async def test_a_stretch_of_a_stream_is_read_from_either_end(store: Store) -> None:
    await store.transact(begin(ONE))
    for number in range(6):
        await store.transact(say(ONE, f"c{number}"))
    after = await store.read(events.events_after(STREAM, 3, 2))
    before = await store.read(events.events_before(STREAM, 6, 2))
    assert [one.frame.seq for one in after] == [4, 5]
    assert [one.frame.seq for one in before] == [4, 5]
    assert await store.read(events.events_after(consultation_stream(TWO), 0, 5)) == []


async def test_the_projection_moves_with_its_events(store: Store) -> None:
    begun = await store.transact(begin(ONE))
    await store.transact(say(ONE, "c1", now=7.0))
    now = await store.read(events.load(ONE))
    assert now is not None
    assert (begun.last_seq, now.last_seq, now.changed_at) == (1, 2, 7.0)
    assert await store.read(events.load(TWO)) is None


async def test_a_message_is_found_by_the_name_its_sender_gave_it(store: Store) -> None:
    await store.transact(begin(ONE))
    seq = await store.transact(say(ONE, "c1"))
    assert await store.read(events.posted(STREAM, ClientId("c1"))) == seq
    assert await store.read(events.posted(STREAM, ClientId("c2"))) is None
    assert await store.read(events.posted(consultation_stream(TWO), ClientId("c1"))) is None


async def test_no_name_is_given_twice_in_one_stream(store: Store) -> None:
    await store.transact(begin(ONE))
    await store.transact(begin(TWO))
    await store.transact(say(ONE, "c1"))
    await store.transact(say(TWO, "c1"))
    with pytest.raises(BanwenError) as caught:
        await store.transact(say(ONE, "c1"))
    assert caught.value.code is ErrorCode.CONFLICT
    assert len(await store.read(events.events_after(STREAM, 0, 9))) == 2


async def test_nobody_has_two_open_consultations(store: Store) -> None:
    await store.transact(begin(ONE, "t1"))
    with pytest.raises(BanwenError) as caught:
        await store.transact(begin(TWO, "t1"))
    assert caught.value.code is ErrorCode.CONFLICT
    found = await store.read(events.open_of(TaxpayerId("t1")))
    assert found is not None
    assert found.id == ONE


async def test_a_script_that_fails_leaves_nothing(store: Store, heard: list[Effects]) -> None:
    def much() -> Transaction[None]:
        yield from begin(ONE)
        yield from outbox.owe("bot", ONE, 0.0)
        yield from events.next_number("q", "2026-03-02")
        yield from events.put_note(ONE, "note")

    with pytest.raises(Mistake):
        await store.transact(then_fail(much()))
    assert await store.read(events.load(ONE)) is None
    assert await claimed(store, 1.0) == []
    assert await store.transact(events.next_number("q", "2026-03-02")) == 1
    assert await store.read(events.read_note(ONE)) == ""
    assert heard == []


async def test_a_failing_script_takes_nobody_with_it(store: Store) -> None:
    """All are handed in at once, so they share one commit."""
    scripts = [begin(f"C{n}") if n % 3 else then_fail(begin(f"C{n}")) for n in range(30)]
    results = await asyncio.gather(*(store.transact(script) for script in scripts), return_exceptions=True)
    for number, result in enumerate(results):
        there = await store.read(events.load(ConsultationId(f"C{number}")))
        assert isinstance(result, Mistake) == (there is None) == (number % 3 == 0)


async def test_scripts_that_come_together_run_one_after_the_other(store: Store) -> None:
    numbers = await asyncio.gather(*(store.transact(events.next_number("q", "d")) for _ in range(200)))
    assert sorted(numbers) == list(range(1, 201))
    assert await store.transact(events.next_number("q", "e")) == 1
    assert await store.transact(events.next_number("p", "d")) == 1


async def test_the_number_of_a_script_that_fails_goes_to_the_next(store: Store) -> None:
    scripts = [then_fail(events.next_number("q", "d")) if n % 3 else events.next_number("q", "d") for n in range(60)]
    found = await asyncio.gather(*(store.transact(script) for script in scripts), return_exceptions=True)
    assert [one for one in found if not isinstance(one, Mistake)] == list(range(1, 21))


async def test_numbers_taken_among_other_work_follow_each_other(store: Store) -> None:
    """Some ask for more than can be asked together; all count the same line."""

    def take(number: int) -> Transaction[int]:
        taken = [(yield from events.next_number("q", "d"))]
        if number % 5 == 0:
            yield from events.put_attendance(Attendance(AgentId("a"), PresenceState.READY, "", 1.0, 1.0))
            taken.append((yield from events.next_number("q", "d")))
        yield from events.put_note(ConsultationId(f"C{number}"), str(taken))
        return len(taken)

    taken = await asyncio.gather(*(store.transact(take(number)) for number in range(40)))
    notes = [await store.read(events.read_note(ConsultationId(f"C{number}"))) for number in range(40)]
    assert sum(taken) == 48
    assert sorted(int(one) for note in notes for one in note.strip("[]").split(",")) == list(range(1, 49))


async def test_what_was_committed_is_announced_in_order_before_its_sender_goes_on(
    store: Store, heard: list[Effects]
) -> None:
    await store.transact(begin(ONE))

    async def post(name: str) -> None:
        seq = await store.transact(say(ONE, name))
        announced = [one.frame.seq for effects in heard for one in effects.committed]
        assert seq in announced

    await asyncio.gather(*(post(f"c{n}") for n in range(50)))
    committed = [one for effects in heard for one in effects.committed]
    assert [one.frame.seq for one in committed] == list(range(1, 52))
    log = await store.read(events.events_after(STREAM, 0, 100))
    assert [one.data for one in log] == [one.data for one in committed]


async def test_owed_work_is_announced_by_its_kind(store: Store, heard: list[Effects]) -> None:
    await store.transact(outbox.owe("bot", ONE, 5.0))
    await store.transact(outbox.drop_due("bot", 1.0))
    assert [effects.owed for effects in heard] == [{"bot"}]


async def test_whoever_listens_badly_does_not_keep_a_sender_waiting(open_store: Open) -> None:
    def broken(effects: Effects) -> None:
        raise Mistake

    store = await open_store("relay", broken)
    async with asyncio.timeout(10):
        await asyncio.gather(*(store.transact(begin(f"C{n}")) for n in range(5)))
    assert await store.read(events.load(ConsultationId("C4"))) is not None
    await store.close()


async def test_work_is_leased_once_and_comes_back_when_the_lease_ends(store: Store) -> None:
    await store.transact(outbox.owe("bot", ONE, 10.0, seq=3))
    assert await claimed(store, 9.0) == [], "it is not due"
    (work,) = await claimed(store, 10.0)
    assert (work.kind, work.subject, work.seq, work.attempts) == ("bot", ONE, 3, 1)
    assert await claimed(store, 39.0) == [], "somebody is at it"
    (again,) = await claimed(store, 40.0)
    assert (again.id, again.attempts) == (work.id, 2)
    assert await store.transact(outbox.drop_work(work)) is True
    assert await store.transact(outbox.drop_work(again)) is False, "it was done already"
    assert await claimed(store, 99.0) == []


async def test_whoever_comes_late_with_finished_work_does_not_finish_other_work(store: Store) -> None:
    await store.transact(outbox.owe("bot", ONE, 1.0))
    (work,) = await claimed(store, 1.0)
    await store.transact(outbox.drop_work(work))
    await store.transact(outbox.owe("bot", TWO, 1.0))
    assert await store.transact(outbox.drop_work(work)) is False
    assert [one.subject for one in await claimed(store, 1.0)] == [TWO]


async def test_work_of_one_subject_is_done_in_order(store: Store) -> None:
    for seq in (1, 2):
        await store.transact(outbox.owe("bot", ONE, 1.0, seq))
    await store.transact(outbox.owe("bot", TWO, 1.0, 9))
    first = await claimed(store, 1.0)
    assert [(work.subject, work.seq) for work in first] == [(ONE, 1), (TWO, 9)]
    assert await claimed(store, 1.0) == []
    await store.transact(outbox.drop_work(first[0]))
    assert [work.seq for work in await claimed(store, 1.0)] == [2]


async def test_what_is_due_later_does_not_hold_up_what_is_due_now(store: Store) -> None:
    await store.transact(outbox.owe("bot", ONE, 50.0, 1))
    await store.transact(outbox.owe("bot", ONE, 1.0, 2))
    assert [work.seq for work in await claimed(store, 1.0)] == [2]


async def test_leases_of_a_process_that_is_gone_are_let_go(store: Store) -> None:
    await store.transact(outbox.owe("bot", ONE, 1.0))
    assert len(await claimed(store, 1.0)) == 1
    await store.transact(outbox.release_leases())
    assert len(await claimed(store, 1.0)) == 1


async def test_postponed_work_waits(store: Store) -> None:
    await store.transact(outbox.owe("bot", ONE, 1.0))
    (work,) = await claimed(store, 1.0)
    await store.transact(outbox.postpone(work, 5.0))
    assert await claimed(store, 4.0) == []
    assert [one.attempts for one in await claimed(store, 5.0)] == [2]


async def test_all_due_work_of_a_kind_is_done_at_once(store: Store) -> None:
    for due in (1.0, 2.0, 9.0):
        await store.transact(outbox.owe("dispatch", "", due))
    await store.transact(outbox.owe("bot", ONE, 1.0))
    assert await store.transact(outbox.drop_due("dispatch", 2.0)) == 2
    assert len(await store.transact(outbox.claim("dispatch", 9.0, 1.0, 10))) == 1
    assert len(await claimed(store, 1.0)) == 1


async def test_receipts_only_move_forward(store: Store) -> None:
    assert await store.transact(events.move_seen(ONE, Side.TAXPAYER, Seen(5, 2))) == Seen(5, 2)
    assert await store.transact(events.move_seen(ONE, Side.TAXPAYER, Seen(4, 3))) == Seen(5, 3)
    assert await store.transact(events.move_seen(ONE, Side.TAXPAYER, Seen(5, 3))) is None
    await store.transact(events.move_seen(ONE, Side.AGENT, Seen(1, 1)))
    assert await store.read(events.read_seen(ONE)) == {Side.TAXPAYER: Seen(5, 3), Side.AGENT: Seen(1, 1)}
    assert await store.read(events.read_seen(TWO)) == {}


async def test_a_note_is_kept_and_forgotten(store: Store) -> None:
    await store.transact(events.put_note(ONE, "第一步"))
    await store.transact(events.put_note(ONE, "第二步"))
    assert await store.read(events.read_note(ONE)) == "第二步"
    await store.transact(events.put_note(ONE, ""))
    assert await store.read(events.read_note(ONE)) == ""


async def test_an_invitation_is_found_by_what_is_given_and_an_earlier_one_is_dead(store: Store) -> None:
    assist = AssistId("S1")
    first = Invitation(assist, ONE, b"code-1", 100.0)
    await store.transact(invitations.put_invitation(first))
    assert await store.read(invitations.invitation_by_code(b"code-1")) == first
    second = Invitation(assist, ONE, b"code-2", 200.0, b"token", 300.0)
    await store.transact(invitations.put_invitation(second))
    assert await store.read(invitations.invitation_by_code(b"code-1")) is None
    assert await store.read(invitations.invitation_by_token(b"token")) == second
    assert await store.read(invitations.invitation_of(assist)) == second


async def test_attendance_is_the_last_that_was_said(store: Store) -> None:
    agent = AgentId("a1")
    for at, state in ((1.0, PresenceState.READY), (2.0, PresenceState.BREAK)):
        await store.transact(events.put_attendance(Attendance(agent, state, "用餐", at, at)))
    await store.transact(events.mark_idle(agent, 3.0))
    await store.transact(events.mark_idle(AgentId("a2"), 3.0))
    said = Attendance(agent, PresenceState.BREAK, "用餐", 2.0, 3.0)
    assert await store.read(events.read_attendance()) == {agent: said}


async def test_consultations_are_listed_by_state_and_taxpayer_the_latest_first(store: Store) -> None:
    for number in range(4):
        await store.transact(begin(f"C{number}", now=float(number)))
    listed = await store.read(events.consultations([State.NEW], limit=2))
    assert [one.id for one in listed] == ["C3", "C2"]
    assert [one.id for one in await store.read(events.consultations([State.NEW], taxpayer="of-C1"))] == ["C1"]
    assert await store.read(events.consultations([State.ACTIVE])) == []


async def test_everything_is_there_after_reopening_and_the_epoch_is_the_same(open_store: Open) -> None:
    first = await open_store("relay")
    await first.transact(begin(ONE))
    posting = [asyncio.ensure_future(first.transact(say(ONE, f"c{n}"))) for n in range(20)]  # noqa: TID251
    await asyncio.sleep(0)
    await first.close()
    seqs = await asyncio.gather(*posting)
    again = await open_store("relay")
    log = await again.read(events.events_after(STREAM, 0, 100))
    assert [one.frame.seq for one in log] == [1, *seqs], "closing finishes what was handed in"
    assert [one.frame.event for one in log[1:]] == [said(f"c{n}") for n in range(20)]
    assert isinstance(log[1].frame.event, MessagePosted)
    other = await open_store("another")
    assert again.epoch == first.epoch != other.epoch
    await again.close()
    await other.close()


async def test_whoever_comes_after_closing_is_refused_and_does_not_wait_for_ever(open_store: Open) -> None:
    store = await open_store("relay")
    await store.close()
    for late in (store.transact(begin(ONE)), store.read(events.load(ONE))):
        with pytest.raises(BanwenError) as caught:
            async with asyncio.timeout(10):
                await late
        assert caught.value.code is ErrorCode.UNREACHABLE
