"""What was acknowledged survives: a relay killed over and over while people talk, and power cuts, simulated.

- kill: 10 taxpayers say 50 things a second each, without waiting; at a random moment the relay gets SIGKILL and is
  started again. In the end every acknowledged message is in the log once, at the place its acknowledgement named, in
  the order in which it was said, and the agents got exactly the log.
- power cut: the shipped store writes in a process whose writes and syncs are recorded (`bench.powercut` says what that
  covers); at random moments the disk is put together as it may be found, and compared with what was acknowledged.
"""

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench import powercut, report
from bench.clients import Person, crew, join_agent, join_taxpayer, take_number
from relay_client.link import new_request_id
from relay_protocol.ids import ClientId, ConsultationId
from relay_protocol.messages import EventFrame, MessagePosted, PostMessage, Text
from tests.running import APP, RunningRelay, running_relay

AGENTS = ("8001", "8002", "8003", "8004")
CHATS = 10
EACH_PER_SECOND = 50
LIVE_SECONDS = (0.5, 1.5)
ANSWER_SECONDS = 60.0
CONFIG = "[limits]\nframes_per_second = 100000.0\nframes_burst = 1000000\nrequests_burst = 100000"
WRITERS = 8
RECORDED_ACKNOWLEDGEMENTS = 3000


@dataclass
class Chat:
    """What one taxpayer said, in order, what was acknowledged at which seq, and what the agent got."""

    person: Person
    said: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    heard: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Kills:
    """The chats, and when the last acknowledgement came (`time.monotonic`)."""

    relay: RunningRelay
    chats: list[Chat] = field(default_factory=list)
    acknowledged_at: float = 0.0
    talking: bool = True
    waits: list[float] = field(default_factory=list)

    async def play(self, times: int, dice: random.Random) -> None:
        """Let everybody talk while the relay is killed so many times."""
        async with crew() as run:
            agents = [await join_agent(self.relay.url, name, self.relay.passwords[name], run) for name in AGENTS]
            people = [await join_taxpayer(self.relay.url, APP, run) for _ in range(CHATS)]
            for person in people:
                await take_number(person)
            async with asyncio.timeout(60):
                for person in people:
                    await person.served.wait()
            self.chats = [Chat(person) for person in people]
            for agent in agents:
                agent.heard = self._heard
            async with asyncio.TaskGroup() as group:
                for chat in self.chats:
                    group.create_task(self._talk(chat, group))
                for _ in range(times):
                    await asyncio.sleep(dice.uniform(*LIVE_SECONDS))
                    await self._kill()
                self.talking = False
            await self._until_all_heard()

    async def _kill(self) -> None:
        killed = time.monotonic()
        await asyncio.to_thread(self.relay.kill)
        cut = time.monotonic()
        await asyncio.to_thread(self.relay.start)
        async with asyncio.timeout(ANSWER_SECONDS):
            while self.acknowledged_at < cut:  # noqa: ASYNC110 - looked at a few times only
                await asyncio.sleep(0.005)
        self.waits.append(time.monotonic() - killed)

    async def _talk(self, chat: Chat, group: asyncio.TaskGroup) -> None:
        started, number = time.monotonic(), 0
        while self.talking:
            name = f"{len(chat.said)}"
            chat.said.append(name)
            group.create_task(self._say(chat, name))
            number += 1
            await asyncio.sleep(max(0.0, started + number / EACH_PER_SECOND - time.monotonic()))

    async def _say(self, chat: Chat, name: str) -> None:
        if chat.person.consultation is None:
            raise RuntimeError("no consultation")
        request = PostMessage(
            request_id=new_request_id(),
            consultation=chat.person.consultation,
            client_id=ClientId(name),
            body=Text(text=f"第{name}句"),
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            done = await chat.person.ask(request)
        self.acknowledged_at = time.monotonic()
        chat.acknowledged[name] = done.seq or 0

    def _heard(self, frame: EventFrame) -> None:
        consultation = ConsultationId(frame.stream.partition("/")[2])
        chat = next((one for one in self.chats if one.person.consultation == consultation), None)
        if chat is not None and isinstance(frame.event, MessagePosted):
            chat.heard.append((frame.seq, frame.event.client_id))

    async def _until_all_heard(self) -> None:
        async with asyncio.timeout(ANSWER_SECONDS):
            while any(len(chat.heard) < len(chat.said) for chat in self.chats):  # noqa: ASYNC110 - once, at the end
                await asyncio.sleep(0.05)

    def verdict(self, database: Path) -> report.Row:
        """Compare what people know with the log."""
        found: Counter[str] = Counter({"lost": 0, "duplicated": 0, "reordered": 0, "heard wrongly": 0})
        with contextlib.closing(sqlite3.connect(database)) as connection:
            for chat in self.chats:
                _judge(chat, connection, found)
        return {
            "said": sum(len(chat.said) for chat in self.chats),
            "acknowledged": sum(len(chat.acknowledged) for chat in self.chats),
            **found,
        }


def _judge(chat: Chat, connection: sqlite3.Connection, found: Counter[str]) -> None:
    stream = f"consultation/{chat.person.consultation}"
    query = "SELECT seq, client_id FROM event WHERE stream = ? AND client_id LIKE 'taxpayer:%' ORDER BY seq"
    rows = [(int(seq), str(name).partition(":")[2]) for seq, name in connection.execute(query, (stream,))]
    names = [name for _, name in rows]
    found["lost"] += len(set(chat.acknowledged.items()) - {(name, seq) for seq, name in rows})
    found["duplicated"] += len(names) - len(set(names))
    found["reordered"] += sum(int(one) > int(other) for one, other in pairwise(names))
    found["heard wrongly"] += chat.heard != rows


def kills(times: int, seed: int) -> report.Row:
    """Kill a relay so many times while people talk."""
    with tempfile.TemporaryDirectory() as folder, running_relay(Path(folder) / "relay", config=CONFIG) as relay:
        played = Kills(relay)
        asyncio.run(played.play(times, random.Random(seed)))
        relay.stop()
        verdict = played.verdict(relay.folder / "relay.db")
    return {
        "what": "kill -9",
        "times": times,
        **verdict,
        "first ack s, median": report.median(played.waits),
        "first ack s, worst": round(max(played.waits), 2),
    }


def cuts(times: int, seed: int) -> report.Row:
    """Record one program that writes, and cut its power so many times."""
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = _recorded(folder)
        if not record:
            raise RuntimeError("nothing was recorded")
        first = next(number for number, one in enumerate(record) if one.kind == b"P")
        moments = sorted(dice.randrange(first, len(record)) for _ in range(times))
        disk, at = powercut.Disk(), 0
        acknowledged: dict[tuple[str, int], str] = {}
        lost = damaged = worst = 0
        for moment in moments:
            for one in record[at : moment + 1]:
                disk.do(one)
                if one.kind == b"P":
                    acknowledged |= _acknowledged(one.data)
            at = moment + 1
            missing, broken = _examine(disk.after_a_cut(dice), acknowledged, folder)
            lost, damaged, worst = lost + bool(missing), damaged + broken, max(worst, missing)
    return {
        "what": "power cut",
        "times": times,
        "acknowledged": len(acknowledged),
        "lost": lost,
        "damaged": damaged,
        "most lost at once": worst,
    }


def _recorded(folder: Path) -> list[powercut.Record]:
    """Let the store write until enough was acknowledged, recorded from its first byte."""
    recorder, below, to = powercut.compile_recorder(folder), folder / "disk", folder / "recording"
    below.mkdir()
    command = [sys.executable, "-m", "tests.relay_server.store.writing", str(below / "relay.db"), str(WRITERS)]
    recording = {"LD_PRELOAD": str(recorder), "RECORD_TO": str(to), "RECORD_BELOW": str(below)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **recording}) as process:
        try:
            for number, _ in enumerate(process.stdout or ()):
                if number == RECORDED_ACKNOWLEDGEMENTS:
                    break
        finally:
            process.kill()
    return list(powercut.records(to))


def _acknowledged(printed: bytes) -> dict[tuple[str, int], str]:
    """Read the lines `ack STREAM SEQ CLIENT_ID`."""
    words = [line.split() for line in printed.decode().splitlines()]
    return {(one[1], int(one[2])): one[3] for one in words if len(one) == 4 and one[0] == "ack"}


def _examine(files: dict[str, bytearray], acknowledged: dict[tuple[str, int], str], folder: Path) -> tuple[int, bool]:
    """Open the disk as it was found; return how much of what was acknowledged is missing, and whether it is damaged."""
    found = folder / "found"
    found.mkdir(exist_ok=True)
    for old in found.iterdir():
        old.unlink()
    for name, data in files.items():
        (found / name).write_bytes(data)
    try:
        with contextlib.closing(sqlite3.connect(found / "relay.db")) as connection:
            rows = connection.execute("SELECT stream, seq, client_id FROM event WHERE client_id IS NOT NULL").fetchall()
            damaged = connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
    except sqlite3.DatabaseError:
        return len(acknowledged), True
    stored: dict[str, set[int]] = defaultdict(set)
    for stream, seq, _ in rows:
        stored[stream].add(seq)
    return sum(seq not in stored[stream] for stream, seq in acknowledged), damaged


def run(quick: bool, times: int) -> report.Report:
    """Two kills and 50 cuts for a smoke run, else `times` kills and 5,000 cuts of ten recordings."""
    result = report.Report("durability", packages=("msgspec", "uvloop", "websockets"))
    killed = kills(2 if quick else times, seed=1)
    cut = [cuts(50 if quick else 500, seed) for seed in range(1 if quick else 10)]
    result.rows = [killed, *cut]
    for name in ("lost", "duplicated", "reordered", "heard wrongly"):
        result.checks.append(report.Check(f"kill -9: {name}", int(killed[name]), "==", 0))
    result.checks.append(report.Check("kill -9: first ack s, worst", float(killed["first ack s, worst"]), "<=", 3.0))
    for name in ("lost", "damaged"):
        result.checks.append(report.Check(f"power cut: {name}", sum(int(one[name]) for one in cut), "==", 0))
    return result


if __name__ == "__main__":
    options = report.arguments(__doc__ or "", kills="how often the relay is killed; 100 if not said")
    report.publish(run(options.quick, int(options.kills or 100)), options.json)
