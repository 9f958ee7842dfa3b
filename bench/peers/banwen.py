"""The shipped relay: its own process, the sample's agents, anonymous taxpayers, real log-ins, real consultations."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench.clients import Person, crew, join_agent, join_taxpayer, take_number
from bench.load import BODY, Chat, Tally
from bench.peers.websocket import WebSocket, dial
from relay_client.link import new_request_id, websocket_url
from relay_protocol import codec
from relay_protocol.ids import ClientId, ConsultationId
from relay_protocol.messages import Hello, PostMessage, Text
from relay_protocol.version import NEWEST, OLDEST
from tests.running import APP, RunningRelay

AGENTS = ("8001", "8002", "8003", "8004")
UNLIMITED = "[limits]\nframes_per_second = 100000.0\nframes_burst = 1000000"
"""One chat here says more in a second than a person in an hour; the limit on frames would meet it first."""
NO_INDEX = "[search]\nindex = false"
"""The peers keep no index of words; what ours costs is measured apart."""
POSTED = re.compile(rb'^\{"type":"EventFrame",.*"client_id":"n(\d+)"')
DONE = re.compile(rb'^\{"type":"Done","request_id":"n(\d+)"')


class Line(WebSocket):
    """One signed-in link, either side's."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally
        self.live = asyncio.Event()
        self.speaks = False

    def heard(self, payload: bytes) -> None:
        """Count acknowledgements where somebody speaks, deliveries where somebody listens."""
        if self.speaks:
            if found := DONE.match(payload):
                self._tally.acknowledge(int(found[1]))
            elif b'"request_id":"live"' in payload:
                self.live.set()
        elif found := POSTED.match(payload):
            self._tally.deliver(int(found[1]))
        elif b'"request_id":"live"' in payload:
            self.live.set()


class Talk:
    """A chat from the taxpayer's side."""

    def __init__(self, line: Line, consultation: ConsultationId) -> None:
        self._line = line
        name = new_request_id()
        sample = PostMessage(request_id=name, consultation=consultation, client_id=ClientId(name), body=Text(text=BODY))
        self._parts = codec.encode(sample).split(name.encode())

    def say(self, number: int) -> None:
        """Post a text under this number."""
        self._line.send(b"n%d".join(self._parts) % ((number,) * (len(self._parts) - 1)))

    def shout(self, number: int, text: str) -> None:
        """Post another text, which nobody counts."""
        parts = b"s%d".join(self._parts) % ((number,) * (len(self._parts) - 1))
        self._line.send(parts.replace(BODY.encode(), text.encode()))


class Banwen:
    """See `bench.peers.base.Running`."""

    def __init__(self, relay: RunningRelay) -> None:
        self._relay = relay
        self.tokens: list[str] = []
        """The taxpayers' tokens, in the order of their chats."""

    @property
    def process_ids(self) -> Sequence[int]:
        """The relay is one process."""
        return [self._relay.process_id]

    async def connect(self, chats: int, tally: Tally) -> Sequence[Chat]:
        """Bring taxpayers and agents together, then put a fast link in the place of each person's."""
        async with crew() as run:
            agents = [await join_agent(self._relay.url, name, self._relay.passwords[name], run) for name in AGENTS]
            taxpayers = [await join_taxpayer(self._relay.url, APP, run) for _ in range(chats)]
            for taxpayer in taxpayers:
                await take_number(taxpayer)
            async with asyncio.timeout(60):
                for taxpayer in taxpayers:
                    await taxpayer.served.wait()
        self.tokens = [taxpayer.token for taxpayer in taxpayers]
        for agent in agents:
            await self._line(agent, "/ws/agent", tally)
        return [await self._talk(taxpayer, tally) for taxpayer in taxpayers]

    async def _talk(self, taxpayer: Person, tally: Tally) -> Talk:
        if taxpayer.consultation is None:
            raise RuntimeError("no consultation")
        line = await self._line(taxpayer, "/ws/taxpayer", tally)
        line.speaks = True
        return Talk(line, taxpayer.consultation)

    async def _line(self, person: Person, path: str, tally: Tally) -> Line:
        line = await dial(websocket_url(self._relay.url, path), lambda: Line(tally))
        hello = Hello(oldest=OLDEST, newest=NEWEST, token=person.token, client=ClientId(new_request_id()))
        line.send(codec.encode(hello))
        line.send(b'{"type":"Resume","request_id":"live","epoch":"","cursors":{}}')
        await asyncio.wait_for(line.live.wait(), 20)
        return line


def start(folder: Path) -> AbstractContextManager[Banwen]:
    """Set a relay up and run it."""
    return _running(folder, NO_INDEX)


def start_indexing(folder: Path) -> AbstractContextManager[Banwen]:
    """Set a relay up that takes every message into its index, too."""
    return _running(folder, "")


@contextmanager
def _running(folder: Path, config: str) -> Iterator[Banwen]:
    relay = RunningRelay(folder / "relay")
    relay.set_up(UNLIMITED)
    if config:
        relay.configure(config)
    try:
        relay.start()
        yield Banwen(relay)
    finally:
        relay.stop()
