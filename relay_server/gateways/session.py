"""What the three families of signed-in links share: following, pulses, and requests that take effect once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId, Stream, consultation_stream
from relay_protocol.messages import Done, History, LoadHistory, Message, PostMessage, Request, Resume
from relay_server.domain.access import Actor, AgentActor, HelperActor
from relay_server.domain.consultation import Consultation
from relay_server.gateways.conn import INTERNAL, Conn
from relay_server.gateways.links import refuse, tell_refusal
from relay_server.gateways.parts import Parts
from relay_server.gateways.subscriptions import Subscriptions
from relay_server.services import consultations
from relay_server.spawn import spawn
from relay_server.store.accounts import use_once
from relay_server.store.base import Store, T, Transaction

log = logging.getLogger(__name__)

REMEMBERED = 24 * 3600.0
"""Seconds for which a request that took effect is remembered, so that repeating it changes nothing."""


class Repeated(Exception):
    """This request took effect before; only its answer was lost."""


class OnceStore:
    """A store in which one request takes effect once: its number is kept in the same transaction as its effect."""

    def __init__(self, store: Store, key: str, now: float) -> None:
        self._store, self._key, self._now = store, key, now
        self.epoch = store.epoch

    async def transact(self, script: Transaction[T]) -> T:
        """Run the script unless this request ran it before; then raise `Repeated`."""
        return await self._store.transact(self._once(script))

    def submit(
        self, script: Transaction[T], done: Callable[[T], None], failed: Callable[[BaseException], None]
    ) -> None:
        """Run the script unless this request ran it before; then call `failed` with `Repeated`."""
        self._store.submit(self._once(script), done, failed)

    async def read(self, script: Transaction[T]) -> T:
        """Read as ever."""
        return await self._store.read(script)

    async def scrub(self) -> None:
        """Clean the files of the store behind."""
        await self._store.scrub()

    async def close(self) -> None:
        """Nothing of its own to close."""

    def _once(self, script: Transaction[T]) -> Transaction[T]:
        fresh = yield from use_once(self._key, self._now + REMEMBERED, self._now)
        if not fresh:
            script.close()
            raise Repeated
        return (yield from script)


class PersonLink:
    """A signed-in link: it follows what its person may see and answers requests.

    `still_valid` raises `BanwenError` once the token has expired or was withdrawn; it is asked at every heartbeat.
    """

    def __init__(
        self, parts: Parts, conn: Conn, actor: Actor, key: str, still_valid: Callable[[], Awaitable[object]]
    ) -> None:
        self.parts, self.conn, self.key = parts, conn, key
        self._person = actor
        self.subscriptions = Subscriptions(parts.store, parts.bus, conn, actor, parts.now)
        self._still_valid = still_valid
        self._feeder: asyncio.Task[None] | None = None

    def begin(self, topic: str) -> None:
        """Hear what is meant for this person, and give signs of life."""
        self.subscriptions.listen(topic)
        self._feeder = spawn(self._feed(), "link-feeder")

    def end(self) -> None:
        """Hear nothing any longer."""
        self.subscriptions.close()
        if self._feeder is not None:
            self._feeder.cancel()

    def at_once(self, message: Message) -> bool:
        """Hand a chat message to the store as it arrives; the answer follows once it is durable."""
        if not isinstance(message, PostMessage):
            return False
        request_id, consultation = message.request_id, message.consultation
        self.parts.store.submit(
            consultations.posting(self.parts.floor, self._person, message, self.parts.now()),
            lambda seq: self.conn.send(Done(request_id=request_id, consultation=consultation, seq=seq)),
            lambda error: tell_refusal(self.conn, "PostMessage", request_id, error),
        )
        return True

    async def _feed(self) -> None:
        """Feed the link; if that cannot go on, hang up: the client comes back and resumes."""
        try:
            await self.subscriptions.feed(self.parts.config.relay.heartbeat, self._beat)
        except BanwenError as error:
            refuse(self.conn, error)
        except Exception:
            log.exception("feeder failed")
            self.conn.close(INTERNAL)

    async def _beat(self) -> None:
        await self._still_valid()
        if self.parts.config.bus.url:
            await self._reconcile()
        await self.subscriptions.pulse()

    async def _reconcile(self) -> None:
        """Follow what this person should, and what an agent left no more: a hint of it may have been lost."""
        person = self._person
        if isinstance(person, HelperActor):
            return

        async def should_follow() -> list[ConsultationId]:
            return [one.id for one in await consultations.followed(self.parts.store, person)]

        await self.subscriptions.reconcile(should_follow, leaves=isinstance(person, AgentActor))

    def once(self, request: Request) -> Store:
        """Return the store in which this request takes effect once."""
        return OnceStore(self.parts.store, f"request/{self.key}/{request.request_id}", self.parts.now())

    def done(self, request: Request, seq: int | None = None, consultation: ConsultationId | None = None) -> None:
        """Answer a request that took effect, durably."""
        self.conn.send(Done(request_id=request.request_id, consultation=consultation, seq=seq))

    async def replay(self, request: Resume, followed: list[Consultation]) -> None:
        """Send what this client missed of the consultations it follows. Cursors of another log count for nothing."""
        same_log = request.epoch == self.parts.store.epoch
        known: dict[Stream, int] = request.cursors if same_log else {}
        await self.subscriptions.resume(
            {one.id: min(max(0, known.get(consultation_stream(one.id), 0)), one.last_seq) for one in followed}
        )

    async def history(self, actor: Actor, request: LoadHistory) -> None:
        """Answer with a page of older events."""
        frames = await consultations.history(self.parts.store, actor, request.stream, request.before, request.limit)
        self.conn.send(History(request_id=request.request_id, frames=frames))
