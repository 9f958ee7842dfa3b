"""Durable one-to-one chat through the shipped relay: messages per second, processor time per message, latency.

The relay runs as its own process; taxpayers and agents log in for real and talk over websockets. Its configuration is
the default one but for the limit on frames a second, which a saturated link would meet first. A message counts when it
is committed: its sender has the acknowledgement. `delivered` counts what the other side got. The floor, in the same
run: one append with fdatasync plus one loopback round trip.
"""

import asyncio
import os
import socket
import tempfile
import time
from pathlib import Path

from bench import report
from bench.clients import Person, Run, crew, join_agent, join_taxpayer, take_number
from relay_protocol.messages import EventFrame
from tests.running import APP, RunningRelay, running_relay

CHATS_PER_AGENT = 5
PACE_PER_SECOND = 50
NO_FRAME_LIMIT = "[limits]\nframes_per_second = 100000.0\nframes_burst = 1000000"


async def measure(relay: RunningRelay, seconds: float) -> report.Row:
    """Bring people together, measure a paced stretch for latency and a saturated one for throughput."""
    async with crew() as run_link:
        agents = await _agents(relay, run_link)
        pairs = await _pairs(relay, agents, run_link)
        paced = await _paced(pairs, seconds)
        saturated = await _saturated(relay, pairs, seconds)
    return {"chats": len(pairs), **paced, **saturated}


async def _agents(relay: RunningRelay, run_link: Run) -> list[Person]:
    users = [name for name in relay.passwords if name.isdigit()]
    return [await join_agent(relay.url, name, relay.passwords[name], run_link) for name in users]


async def _pairs(relay: RunningRelay, agents: list[Person], run_link: Run) -> list[Person]:
    taxpayers = [await join_taxpayer(relay.url, APP, run_link) for _ in range(CHATS_PER_AGENT * len(agents))]
    for taxpayer in taxpayers:
        await take_number(taxpayer)
    async with asyncio.timeout(60):
        for taxpayer in taxpayers:
            await taxpayer.served.wait()
    return taxpayers


async def _paced(pairs: list[Person], seconds: float) -> report.Row:
    """At `PACE_PER_SECOND`, time from sending to the acknowledgement, in ms."""
    took: list[float] = []
    started = time.perf_counter()
    for number in range(int(seconds * PACE_PER_SECOND)):
        await asyncio.sleep(max(0.0, started + number / PACE_PER_SECOND - time.perf_counter()))
        person = pairs[number % len(pairs)]
        if person.consultation is not None:
            took.append(await person.say(person.consultation, f"paced {number}") * 1000)
    return {"ack p50 ms": report.median(took), "ack p99 ms": report.percentile(took, 0.99)}


async def _saturated(relay: RunningRelay, pairs: list[Person], seconds: float) -> report.Row:
    """Everybody speaks as fast as the default limits allow; returns messages per second and CPU per message."""
    delivered = 0

    def heard(frame: EventFrame) -> None:
        nonlocal delivered
        delivered += 1

    for person in pairs:
        person.heard = heard
    cpu, started = report.cpu_seconds(relay.process_id), time.perf_counter()
    sent = sum(await asyncio.gather(*(_talk(person, started + seconds) for person in pairs)))
    elapsed = time.perf_counter() - started
    used = report.cpu_seconds(relay.process_id) - cpu
    return {
        "messages/s": round(sent / elapsed),
        "cpu µs/message": round(used / max(1, sent) * 1e6),
        "delivered": delivered,
        "memory MB": report.resident_megabytes(relay.process_id),
    }


async def _talk(person: Person, until: float) -> int:
    sent = 0
    while time.perf_counter() < until and person.consultation is not None:
        await person.say(person.consultation, f"message {sent}")
        sent += 1
    return sent


def floor(samples: int) -> float:
    """Return the median ms of an append with fdatasync plus a loopback round trip."""
    ours, theirs = socket.socketpair()
    took = []
    with tempfile.TemporaryFile() as file, ours, theirs:
        for _ in range(samples):
            started = time.perf_counter()
            ours.send(b"x" * 200)
            theirs.recv(256)
            file.write(b"x" * 200)
            file.flush()
            os.fdatasync(file.fileno())
            theirs.send(b"k")
            ours.recv(1)
            took.append((time.perf_counter() - started) * 1000)
    return report.median(took)


def run(quick: bool) -> report.Report:
    """Measure once for a smoke run, five times otherwise."""
    result = report.Report("relay", packages=("uvicorn", "starlette", "websockets", "msgspec"))
    for _ in range(1 if quick else 5):
        with (
            tempfile.TemporaryDirectory() as folder,
            running_relay(Path(folder) / "relay", config=NO_FRAME_LIMIT) as relay,
        ):
            row = asyncio.run(measure(relay, 2.0 if quick else 8.0))
        result.rows.append({**row, "floor ms": floor(50 if quick else 300)})
    return result


if __name__ == "__main__":
    options = report.arguments(__doc__ or "")
    report.publish(run(options.quick), options.json)
