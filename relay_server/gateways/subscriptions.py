"""What one link follows: every stream is delivered without a gap, whether the bus tells of each event or loses some.

A hint that continues a stream goes out at once. What does not (a gap, a new stream, a resume) is read from the log,
page after page, and waits for a slow peer. Whatever is sent continues the stream, so order holds; memory stays bounded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from relay_protocol import codec
from relay_protocol.ids import ConsultationId, Stream, consultation_of, consultation_stream
from relay_protocol.messages import Message, Pulse, StreamClosed
from relay_server.bus.base import Bus, Follow, Hint, Resync
from relay_server.domain.access import Actor
from relay_server.gateways.conn import Conn
from relay_server.services.consultations import seen_by
from relay_server.store.base import Committed, Store, Transaction
from relay_server.store.events import events_after, load

PAGE = 300
"""Events of one stream read at once. A resume is answered after the first page of each stream."""


class Subscriptions:
    """The streams of one link. `cursors` says how far each was sent."""

    def __init__(self, store: Store, bus: Bus, conn: Conn, actor: Actor, now: Callable[[], float]) -> None:
        self._store, self._bus, self._conn, self._actor, self._now = store, bus, conn, actor, now
        self._cursors: dict[Stream, int] = {}
        self._behind: set[Stream] = set()
        self._work = asyncio.Event()
        self._missed = False
        self._stops: dict[str, Callable[[], None]] = {}

    def listen(self, topic: str) -> None:
        """Hear what is meant for this person: events, streams to follow, messages to pass on."""
        if topic not in self._stops:
            self._stops[topic] = self._bus.listen(topic, self._hear)

    def follow(self, consultation: ConsultationId, after: int = 0) -> None:
        """Deliver a consultation's events after `after`, from now on."""
        stream = consultation_stream(consultation)
        self._cursors[stream] = after
        self.listen(stream)
        self._fall_behind(stream)

    def follow_if_new(self, consultation: ConsultationId) -> None:
        """Deliver a consultation from its first event, unless it is followed already."""
        if consultation_stream(consultation) not in self._cursors:
            self.follow(consultation)

    @property
    def followed(self) -> list[ConsultationId]:
        """What this link follows."""
        return [consultation_of(stream) for stream in self._cursors]

    def unfollow(self, consultation: ConsultationId) -> None:
        """Deliver no more of it."""
        stream = consultation_stream(consultation)
        self._cursors.pop(stream, None)
        self._behind.discard(stream)
        if stop := self._stops.pop(stream, None):
            stop()

    async def reconcile(self, read: Callable[[], Awaitable[list[ConsultationId]]], *, leaves: bool) -> None:
        """Follow what `read` says and, if `leaves`, nothing else. What hints change meanwhile is newer, and stays."""
        before = set(self.followed)
        should = await read()
        for consultation in should:
            if consultation not in before:
                self.follow_if_new(consultation)
        if leaves:
            for consultation in before.difference(should).intersection(self.followed):
                self.unfollow(consultation)
                self._conn.send(StreamClosed(consultation=consultation))

    def close(self) -> None:
        """Hear nothing any longer."""
        for stop in self._stops.values():
            stop()
        self._stops.clear()

    async def resume(self, cursors: Mapping[ConsultationId, int]) -> None:
        """Follow these consultations and send what comes after the cursors; the feeder sends what is beyond `PAGE`."""
        for consultation, after in cursors.items():
            self.follow(consultation, after)
            await self._catch_up(consultation_stream(consultation))

    async def feed(self, heartbeat: float, beat: Callable[[], Awaitable[None]]) -> None:
        """Send what hints did not carry, and call `beat` every `heartbeat` seconds. Runs as long as the link.

        Where hints may have been lost, the next beat does not wait.
        """
        clock = asyncio.get_running_loop().time
        beat_at = clock() + heartbeat
        while True:
            try:
                async with asyncio.timeout_at(beat_at):
                    await self._work.wait()
            except TimeoutError:
                pass
            if self._missed or clock() >= beat_at:
                self._missed = False
                beat_at = clock() + heartbeat
                await beat()
            self._work.clear()
            for stream in list(self._behind):
                await self._catch_up(stream)

    async def pulse(self) -> None:
        """Tell the newest sequence numbers as the log has them, so that lost hints are noticed at both ends."""
        heads = await self._store.read(_heads(list(self._cursors)))
        for stream, head in heads.items():
            if head > self._cursors.get(stream, head):
                self._fall_behind(stream)
        self._conn.send(Pulse(heads=heads, now=self._now()))

    def _hear(self, hint: Hint) -> None:
        match hint:
            case Committed():
                self._event(hint)
            case Resync():
                self._missed = True
                self._work.set()
            case Follow(consultation=consultation):
                self.follow_if_new(consultation)
            case StreamClosed():
                self.unfollow(hint.consultation)
                self._conn.send(hint)
            case Message():
                self._conn.send(hint)

    def _event(self, committed: Committed) -> None:
        stream, seq = committed.stream, committed.frame.seq
        cursor = self._cursors.get(stream)
        if cursor is None or seq <= cursor:
            return
        if seq == cursor + 1:
            self._send(committed)
        else:
            self._fall_behind(stream)

    def _fall_behind(self, stream: Stream) -> None:
        self._behind.add(stream)
        self._work.set()

    async def _catch_up(self, stream: Stream) -> None:
        """Read one page of a stream from the log. Two may do so at once: only what continues the stream is sent."""
        self._behind.discard(stream)  # before reading: a hint that comes meanwhile must not be forgotten
        cursor = self._cursors.get(stream)
        if cursor is None:
            return
        page = await self._store.read(events_after(stream, cursor, PAGE))
        for committed in page:
            await self._conn.room()
            if self._cursors.get(stream) == committed.frame.seq - 1:
                self._send(committed)
        if len(page) == PAGE and stream in self._cursors:
            self._fall_behind(stream)

    def _send(self, committed: Committed) -> None:
        frame = committed.frame
        self._cursors[committed.stream] = frame.seq
        seen = seen_by(self._actor, frame)
        self._conn.send_encoded(committed.data if seen is frame else codec.encode(seen))


def _heads(streams: list[Stream]) -> Transaction[dict[Stream, int]]:
    heads: dict[Stream, int] = {}
    for stream in streams:
        consultation = yield from load(consultation_of(stream))
        if consultation is not None:
            heads[stream] = consultation.last_seq
    return heads
