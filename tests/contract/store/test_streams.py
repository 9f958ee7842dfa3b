"""Streams that are no consultations, the log in commit order, and messages that were taken back."""

import asyncio

from relay_protocol.ids import AgentId, ClientId, ConsultationId, Stream, consultation_stream, presence_stream
from relay_protocol.messages import MessagePosted, PresenceChanged, PresenceState, Quote, Recalled, Sender, Side, Text
from relay_server.store import events
from relay_server.store.base import Effects, Store
from relay_server.store.replay import BEGINNING, Position, log_end, put_cursor, read_cursor, read_log
from tests.relay_server.store.people import begin, said, say

ONE = ConsultationId("C1")
STREAM = consultation_stream(ONE)
PRESENCE = presence_stream(AgentId("a1"))


def changed(reason: str = "") -> PresenceChanged:
    """Return an event of a stream that is no consultation."""
    return PresenceChanged(state=PresenceState.BREAK, reason=reason, cause="agent")


async def test_every_stream_counts_from_one_without_gaps(store: Store) -> None:
    assert await store.read(events.stream_head(PRESENCE)) == 0
    first = await store.transact(events.record(PRESENCE, [changed("用餐"), changed("会议")], 5.0))
    other = await store.transact(events.record(Stream("queue/q1"), [changed()], 6.0))
    again = await store.transact(events.record(PRESENCE, [changed()], 7.0))
    assert (first, other, again) == (2, 1, 3)
    assert await store.read(events.stream_head(PRESENCE)) == 3
    log = await store.read(events.events_after(PRESENCE, 0, 9))
    assert [(one.frame.seq, one.frame.at) for one in log] == [(1, 5.0), (2, 5.0), (3, 7.0)]
    assert log[0].frame.event == changed("用餐")


async def test_many_who_record_at_once_get_distinct_consecutive_numbers(store: Store) -> None:
    seqs = await asyncio.gather(*(store.transact(events.record(PRESENCE, [changed()], 1.0)) for _ in range(50)))
    assert sorted(seqs) == list(range(1, 51))


async def test_what_was_recorded_is_announced(store: Store, heard: list[Effects]) -> None:
    await store.transact(events.record(PRESENCE, [changed()], 1.0))
    assert [one.stream for effects in heard for one in effects.committed] == [PRESENCE]


async def test_the_log_is_read_in_the_order_of_its_commits_over_all_streams(store: Store, heard: list[Effects]) -> None:
    for number in range(5):
        await store.transact(begin(f"C{number}"))
        await store.transact(events.record(PRESENCE, [changed()], 1.0))
    await asyncio.gather(*(store.transact(say(f"C{number}", "c1")) for number in range(5)))
    rows = await store.read(read_log(BEGINNING, 100))
    announced = [one.data for effects in heard for one in effects.committed]
    assert [one.data for _, one in rows] == announced
    assert len({position for position, _ in rows}) == 15


async def test_a_reader_of_the_log_goes_on_where_it_stopped(store: Store) -> None:
    for number in range(7):
        await store.transact(events.record(PRESENCE, [changed(str(number))], 1.0))
    seen, position = [], BEGINNING
    while rows := await store.read(read_log(position, 3)):
        seen += [one.frame.seq for _, one in rows]
        position = rows[-1][0]
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    await store.transact(events.record(PRESENCE, [changed()], 1.0))
    assert [one.frame.seq for _, one in await store.read(read_log(position, 3))] == [8]


async def test_whoever_begins_at_the_end_reads_only_what_comes_later(store: Store) -> None:
    assert await store.read(read_log(await store.read(log_end()), 9)) == []
    await store.transact(events.record(PRESENCE, [changed("1")], 1.0))
    end = await store.transact(log_end())
    assert await store.read(read_log(end, 9)) == []
    await store.transact(events.record(PRESENCE, [changed("2")], 1.0))
    assert [one.frame.seq for _, one in await store.read(read_log(end, 9))] == [2]


async def test_readers_remember_their_places_by_name(store: Store) -> None:
    assert await store.read(read_cursor("search")) == BEGINNING
    await store.transact(put_cursor("search", Position("7")))
    await store.transact(put_cursor("search", Position("9")))
    assert await store.read(read_cursor("search")) == Position("9")
    assert await store.read(read_cursor("webhooks")) == BEGINNING


async def test_the_words_of_a_message_taken_back_are_only_for_auditors(store: Store) -> None:
    await store.transact(begin(ONE))
    await store.transact(say(ONE, "c1"))
    quoting = MessagePosted(
        client_id=ClientId("c2"),
        sender=Sender(side=Side.TAXPAYER),
        body=Text(text="引用"),
        quote=Quote(seq=2, sender=Sender(side=Side.TAXPAYER), excerpt="您好"),
    )
    before = await store.read(events.load(ONE))
    await store.transact(events.append(ONE, before, [quoting], 3.0))
    await store.transact(events.recall(STREAM, 2))
    for shown in (
        await store.read(events.events_after(STREAM, 1, 1)),
        await store.read(events.events_before(STREAM, 3, 1)),
        [one for _, one in await store.read(read_log(BEGINNING, 9)) if one.frame.seq == 2],
    ):
        (one,) = shown
        assert isinstance(one.frame.event, MessagePosted)
        assert one.frame.event.body == Recalled()
        assert one.frame.event.client_id == "c1", "its sender still knows it by name"
        assert "您好" not in one.data.decode()
    (original,) = await store.read(events.originals_after(STREAM, 1, 1))
    assert original.frame.event == said("c1")
    assert await store.read(events.stream_head(STREAM)) == 3
