"""Ten thousand people who wait: what a link costs, how fast all are back after a crash, whom a slow reader harms.

- idle: anonymous taxpayers with a token and a live link that says nothing but heartbeats; resident memory of the relay
  over the number of links
- return: the relay gets SIGKILL and is started again; every link comes back by the client's rule (a jittered delay that
  doubles up to 8 s, as in `relay_protocol.link`), signs in and resumes; from the kill until the last one is live
- slow reader: chats at a steady pace beside a taxpayer who floods two windows; the second one reads, or reads nothing:
  then the relay must hang up on it at 1 MiB, and the others must not notice a difference
The configuration is the default one but for the limits on requests by address, behind which all of them sit, and on
frames, and the index for searching. `--links N` for another number; each needs a file descriptor at both ends.
"""

import asyncio
import itertools
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvloop

from bench import report
from bench.load import CHATS, LOAD_CORE, SERVER_CORE, Chat, Tally, on_core, paced
from bench.peers.banwen import Banwen, Talk
from bench.peers.websocket import WebSocket, dial
from relay_client.link import new_request_id, websocket_url
from relay_protocol import codec
from relay_protocol.ids import ClientId
from relay_protocol.link import FIRST_DELAY, LONGEST_DELAY
from relay_protocol.messages import Hello
from relay_protocol.version import NEWEST, OLDEST
from tests.running import APP, RunningRelay

LINKS = 10_000
SPARE_FILES = 500
AT_ONCE = 100
LIMITS = (
    "[limits]\nframes_per_second = 100000.0\nframes_burst = 1000000\n"
    "requests_per_second = 100000.0\nrequests_burst = 1000000"
)
NO_INDEX = "[search]\nindex = false"
RESUME = b'{"type":"Resume","request_id":"live","epoch":"","cursors":{}}'
KILOBYTES_GOAL, BACK_GOAL = 30.0, 60.0
FLOOD, FLOODED_PER_SECOND = "涨" * 3000, 200
"""9 kB each: the kernel's own buffers hold several megabytes before the relay's begin to fill."""


class Waiting(WebSocket):
    """A taxpayer's link that comes back by itself for as long as it should."""

    def __init__(self, on_live: Callable[[], None], on_lost: Callable[[], None]) -> None:
        super().__init__()
        self._on_live, self._on_lost = on_live, on_lost

    def heard(self, payload: bytes) -> None:
        """Notice that the resume is done."""
        if b'"request_id":"live"' in payload:
            self._on_live()

    def connection_lost(self, exc: Exception | None) -> None:
        """Come back."""
        self._on_lost()


class Crowd:
    """All who wait. `live` counts their links."""

    def __init__(self, url: str, tokens: list[str]) -> None:
        self.live = 0
        self.staying = True
        self._url, self._tokens = websocket_url(url, "/ws/taxpayer"), tokens
        self._attempts = asyncio.Semaphore(AT_ONCE)

    async def come(self, group: asyncio.TaskGroup, seconds: float = 600.0) -> None:
        """Open all links, and keep them open."""
        for token in self._tokens:
            group.create_task(self._stay(token))
        await self.until_all_live(seconds)

    async def until_all_live(self, seconds: float) -> None:
        """Wait until everybody has a live link."""
        async with asyncio.timeout(seconds):
            while self.live < len(self._tokens):  # noqa: ASYNC110 - ten thousand links set no event each
                await asyncio.sleep(0.02)

    async def _stay(self, token: str) -> None:
        failures = 0
        while self.staying:
            over = asyncio.Event()
            live = asyncio.Event()
            try:
                async with self._attempts, asyncio.timeout(10):
                    link = await self._open(token, live, over)
                    await live.wait()
            except (OSError, TimeoutError):
                failures += 1
            else:
                failures, self.live = 0, self.live + 1
                await over.wait()
                self.live -= 1
                link.transport.abort()
                failures = 1
            ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(failures, 10))
            await asyncio.sleep(ceiling * (0.5 + random.random() / 2))

    async def _open(self, token: str, live: asyncio.Event, over: asyncio.Event) -> Waiting:
        def lost() -> None:
            over.set()
            live.set()

        link = await dial(self._url, lambda: Waiting(live.set, lost))
        link.send(codec.encode(_hello(token)))
        link.send(RESUME)
        return link


def enough_files(links: int) -> None:
    """Raise this process's limit on open files, which the relay inherits; say so if the machine allows too few."""
    wanted = links + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(
            f"{links} links need {wanted} open files, this machine allows {hard}: raise it (ulimit -Hn {wanted}, "
            f"or LimitNOFILE= in a systemd unit), or measure fewer with --links {hard - SPARE_FILES}"
        )
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def tokens(url: str, count: int) -> list[str]:
    """Sign so many anonymous taxpayers in."""
    limits = httpx.Limits(max_connections=16)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as http:

        async def one() -> str:
            reply = await http.post("/api/taxpayer/session", json={"app": APP, "identity": None, "token": None})
            return str(reply.raise_for_status().json()["token"])

        found: list[str] = []
        while len(found) < count:
            found += await asyncio.gather(*(one() for _ in range(min(64, count - len(found)))))
        return found


def resident_kilobytes(pid: int) -> int:
    """Return the resident set of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


async def crowd(relay: RunningRelay, links: int) -> report.Row:
    """Bring them all, weigh them, kill the relay and wait for all of them."""
    found = await tokens(relay.url, links)
    await asyncio.sleep(1.0)
    empty = resident_kilobytes(relay.process_id)
    people = Crowd(relay.url, found)
    async with asyncio.TaskGroup() as group:
        started = time.monotonic()
        await people.come(group)
        came = time.monotonic() - started
        await asyncio.sleep(2.0)
        full = resident_kilobytes(relay.process_id)
        killed = time.monotonic()
        await asyncio.to_thread(relay.kill)
        with on_core(SERVER_CORE):
            await asyncio.to_thread(relay.start)
        await asyncio.sleep(0.1)
        await people.until_all_live(600)
        back = time.monotonic() - killed
        people.staying = False
        await asyncio.to_thread(relay.kill)
    return {
        "what": "idle links",
        "links": links,
        "kB a link": round((full - empty) / links, 1),
        "came, a second": round(links / came),
        "all back s": round(back, 1),
    }


class Window(WebSocket):
    """One more window of a taxpayer, which reads or does not."""

    def __init__(self) -> None:
        super().__init__()
        self.live = asyncio.Event()

    def heard(self, payload: bytes) -> None:
        """Notice that the resume is done."""
        if b'"request_id":"live"' in payload:
            self.live.set()


async def beside_a_flood(relay: RunningRelay, seconds: float, *, reads: bool) -> report.Row:
    """Chats at a steady pace beside a taxpayer who floods two windows, of which the second reads or does not."""
    server, tally = Banwen(relay), Tally()
    chats = await server.connect(CHATS + 1, tally)
    window = await dial(websocket_url(relay.url, "/ws/taxpayer"), Window)
    window.send(codec.encode(_hello(server.tokens[-1])))
    window.send(RESUME)
    await asyncio.wait_for(window.live.wait(), 10)
    if not reads:
        window.transport.pause_reading()  # type: ignore[attr-defined]
    flooding = asyncio.get_running_loop().create_task(_flood(chats[-1]))
    row = await paced(chats[:-1], tally, seconds)
    flooding.cancel()
    window.transport.abort()
    hung_up = relay.log.read_text(encoding="utf-8").count("peer reads too slowly")
    return {"what": f"flood, window {'reads' if reads else 'does not read'}", **row, "hung up": hung_up}


async def _flood(chat: Chat) -> None:
    if not isinstance(chat, Talk):
        raise TypeError(type(chat).__name__)
    for number in itertools.count():
        chat.shout(number, FLOOD)
        await asyncio.sleep(1 / FLOODED_PER_SECOND)


def _hello(token: str) -> Hello:
    return Hello(oldest=OLDEST, newest=NEWEST, token=token, client=ClientId(new_request_id()))


def _medians(floods: dict[bool, list[report.Row]], column: str) -> dict[bool, float]:
    return {reads: report.median([float(row[column]) for row in rows]) for reads, rows in floods.items()}


@contextmanager
def _relay() -> Iterator[RunningRelay]:
    with tempfile.TemporaryDirectory() as folder:
        relay = RunningRelay(Path(folder) / "relay")
        relay.set_up(LIMITS)
        relay.configure(NO_INDEX)
        try:
            with on_core(SERVER_CORE):
                relay.start()
            with on_core(LOAD_CORE):
                yield relay
        finally:
            relay.stop()


def run(quick: bool, links: int) -> report.Report:
    """All links once; the flood five times each way, once for a smoke run."""
    result = report.Report("connections", packages=("uvicorn", "websockets", "uvloop"))
    enough_files(links)
    with _relay() as relay:
        idle = uvloop.run(crowd(relay, links))
    floods: dict[bool, list[report.Row]] = {True: [], False: []}
    for _ in range(1 if quick else 5):
        for reads, rows in floods.items():
            with _relay() as relay:
                rows.append(uvloop.run(beside_a_flood(relay, 3.0 if quick else 10.0, reads=reads)))
    result.rows = [idle, *floods[True], *floods[False]]
    p99, p50 = _medians(floods, "delivered p99 ms"), _medians(floods, "delivered p50 ms")
    hung_up = min(int(row["hung up"]) for row in floods[False])
    result.checks = [
        report.Check("kB a link", float(idle["kB a link"]), "<=", KILOBYTES_GOAL),
        report.Check("all back, s", float(idle["all back s"]), "<=", BACK_GOAL),
        report.Check("p50 beside a slow reader / beside one who reads", round(p50[False] / p50[True], 2), "<=", 1.5),
        report.Check("p99 beside a slow reader / beside one who reads", round(p99[False] / p99[True], 2), "<=", 1.5),
        report.Check("slow readers hung up on", hung_up, "==", int(not quick)),
    ]
    return result


if __name__ == "__main__":
    options = report.arguments(__doc__ or "", links="how many links; 10,000 if not said, 200 in a smoke run")
    report.publish(run(options.quick, int(options.links or (200 if options.quick else LINKS))), options.json)
