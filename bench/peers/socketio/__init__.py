"""socket.io with better-sqlite3 and full sync: what a web developer would build in an afternoon, done durably."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import BODY, Chat, Tally
from bench.peers.programs import free_port, program
from bench.peers.websocket import WebSocket, dial

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "server.js")
ADDRESS = "ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
DONE = re.compile(rb'^42\["done",\{"id":"n(\d+)"')
SAID = re.compile(rb'^42\["said",\{"chat":\d+,"id":"n(\d+)"')


class Line(WebSocket):
    """One socket.io client: Engine.IO 4 by hand."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally
        self.open, self.joined = asyncio.Event(), asyncio.Event()

    def heard(self, payload: bytes) -> None:
        """Take one packet."""
        if found := DONE.match(payload):
            self._tally.acknowledge(int(found[1]))
        elif found := SAID.match(payload):
            self._tally.deliver(int(found[1]))
        elif payload == b"2":
            self.send(b"3")
        elif payload.startswith(b"40"):
            self.open.set()
        elif payload.startswith(b'42["joined"'):
            self.joined.set()

    async def join(self, chat: int, side: str) -> None:
        """Be one side of a chat."""
        self.send(b"40")
        await asyncio.wait_for(self.open.wait(), 20)
        self.send(f'42["join",{chat},"{side}"]'.encode())
        await asyncio.wait_for(self.joined.wait(), 20)


class Talk:
    """A chat from the taxpayer's side."""

    def __init__(self, line: Line, chat: int) -> None:
        self._line = line
        body = json.dumps(BODY, ensure_ascii=False)
        self._packet = f'42["say",{{"chat":{chat},"id":"n%d","body":{body}}}]'.encode()

    def say(self, number: int) -> None:
        """Send a message under this number."""
        self._line.send(self._packet % number)


@dataclass
class SocketIo:
    """See `bench.peers.base.Running`."""

    port: int
    process_ids: Sequence[int]

    async def connect(self, chats: int, tally: Tally) -> Sequence[Chat]:
        """Open both sides of every chat."""
        for chat in range(chats):
            await self._line(chat, "agent", tally)
        return [Talk(await self._line(chat, "taxpayer", tally), chat) for chat in range(chats)]

    async def _line(self, chat: int, side: str, tally: Tally) -> Line:
        line = await dial(ADDRESS.format(port=self.port), lambda: Line(tally))
        await line.join(chat, side)
        return line


def installed() -> Path:
    """Return where its packages are, installed by npm from the lock the first time: below the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "banwen" / "bench-socketio"
    cache.mkdir(parents=True, exist_ok=True)
    changed = [name for name in FILES if not _same(HERE / name, cache / name)]
    for name in changed:
        shutil.copy(HERE / name, cache / name)
    if changed or not (cache / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=cache, check=True, capture_output=True)
    return cache


def _same(ours: Path, theirs: Path) -> bool:
    return theirs.is_file() and theirs.read_bytes() == ours.read_bytes()


@contextmanager
def start(folder: Path) -> Iterator[SocketIo]:
    """Start it; its database is in `folder`."""
    port, server = free_port(), installed() / "server.js"
    with program(["node", str(server), str(port), str(folder / "chat.db")], folder, port) as process:
        yield SocketIo(port, [process])
