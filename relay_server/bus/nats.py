"""The bus between processes: hints go to local listeners at once and through NATS to those of other processes.

Each process hears everything and decodes what somebody listens to. What piles up while a parcel is on its way goes out
as the next one. While NATS is away nothing waits for it: hints are dropped, and when it is back, as when a process
comes new, everybody is told to look into the log.
"""

import asyncio
import logging
from collections.abc import Callable

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from relay_protocol.errors import BanwenError
from relay_server.bus import wire
from relay_server.bus.base import Hint, Listener, Resync, Topic
from relay_server.bus.local import LocalBus
from relay_server.bus.wire import Packed
from relay_server.spawn import spawn

log = logging.getLogger(__name__)

EVERYBODY: Topic = "*"
"""What is for all topics."""
RETRY_SECONDS = 0.25
PING_SECONDS = 5
PARCEL_BYTES = 512 * 1024
"""Half of what a NATS server takes as one message unless told otherwise."""
WAITING_BYTES = 16 * 1024 * 1024
"""What may wait to be sent; above it hints are dropped."""


class NatsBus:
    """`url` is nats://host:port or tls://host:port, `subject` what relays of one database have in common.

    `token` is what the server asks for, if anything.
    """

    def __init__(self, url: str, subject: str = "banwen", token: str = "") -> None:
        self._url, self._subject, self._token = url, subject, token
        self._local = LocalBus()
        self._nats = Client()
        self._waiting: list[Packed] = []
        self._bytes = 0
        self._lossy = True  # until connected, others hear nothing
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to connect, for ever; hints reach this process's own listeners meanwhile."""
        self._tasks = [spawn(self._connect(), "bus-connect"), spawn(self._send(), "bus-send")]

    async def stop(self) -> None:
        """Leave; what waits is dropped, for nothing depends on it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._nats.close()

    def publish(self, topic: Topic, hint: Hint) -> None:
        """Tell local listeners now and the others soon; never wait."""
        self._local.publish(topic, hint)
        if not self._nats.is_connected:
            return
        packed = wire.pack(topic, hint)
        size = len(packed[2])
        if self._bytes + size > WAITING_BYTES:
            self._lose("bus too slow")
            return
        self._bytes += size
        self._waiting.append(packed)
        self._work.set()

    def listen(self, topic: Topic, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every hint of any process until the returned function is called."""
        return self._local.listen(topic, listener)

    async def _connect(self) -> None:
        """Connect for the first time, trying for ever; afterwards the client reconnects by itself."""
        while True:
            try:
                await self._nats.connect(
                    self._url,
                    token=self._token or None,
                    no_echo=True,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=RETRY_SECONDS,  # type: ignore[arg-type]
                    ping_interval=PING_SECONDS,
                    pending_size=0,
                    error_cb=self._failed,
                    disconnected_cb=self._gone,
                    reconnected_cb=self._back,
                )
                break
            except (OSError, NatsError, TimeoutError) as error:
                log.warning("bus not reachable", extra={"error": type(error).__name__})
                await asyncio.sleep(RETRY_SECONDS)
        await self._nats.subscribe(self._subject, cb=self._heard, pending_bytes_limit=WAITING_BYTES)
        await self._back()

    async def _send(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            waiting, self._waiting, self._bytes = self._waiting, [], 0
            for parcel in wire.parcels(waiting, PARCEL_BYTES):
                await self._send_parcel(parcel)
            if self._lossy and self._nats.is_connected:
                self._lossy = False
                self._resync()

    async def _send_parcel(self, parcel: bytes) -> None:
        try:
            await self._nats.publish(self._subject, parcel)
            await self._nats.flush(PING_SECONDS)
        except (OSError, NatsError, TimeoutError) as error:
            self._lose(type(error).__name__)

    async def _heard(self, msg: Msg) -> None:
        try:
            packed = wire.split(msg.data)
            for one in packed:
                self._tell(one)
        except (BanwenError, ValueError):
            log.error("hint not readable", exc_info=True)

    def _tell(self, packed: Packed) -> None:
        topic = packed[0]
        if topic == EVERYBODY:
            self._local.resync()
        elif self._local.is_heard(topic) and (hint := wire.unpack(packed)) is not None:
            self._local.publish(topic, hint)

    def _lose(self, why: str) -> None:
        if not self._lossy:
            log.warning("hints lost", extra={"error": why})
        self._lossy = True
        self._work.set()

    async def _failed(self, error: Exception) -> None:
        """The client tells of a mistake; a parcel it could not keep may have been for us."""
        log.warning("bus failed", extra={"error": type(error).__name__})
        if isinstance(error, nats.errors.SlowConsumerError):
            self._local.resync()

    async def _gone(self) -> None:
        log.warning("bus lost")
        self._waiting, self._bytes, self._lossy = [], 0, True

    async def _back(self) -> None:
        log.info("bus connected")
        self._work.set()

    def _resync(self) -> None:
        """Let everybody here and elsewhere look for what they missed."""
        self._local.resync()
        self._waiting.append(wire.pack(EVERYBODY, Resync()))
        self._work.set()
