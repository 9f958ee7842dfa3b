"""Durable one-to-one chat: the relay beside prosody, ejabberd and socket.io, each doing the same work in turn.

A message is kept, acknowledged and delivered to the other side. Each server runs alone on core 0, the load on core 1;
16 chats, 4 messages of each on their way when saturated. `--peers prosody,ejabberd,socketio` names the company
(`make bench-peers` installs it). The relay seals every message under its person's key and commits with
synchronous=FULL; its limits on frames are lifted, and the index for searching is off, which the peers have none of
(a row of its own shows what it costs). XMPP servers acknowledge nothing here. The floor, in the same rounds: a loopback
round trip to a process on core 0 that appends and calls fdatasync before it answers.
"""

import statistics
import tempfile
from pathlib import Path

import uvloop

from bench import report
from bench.floor import floor
from bench.load import CHATS, LOAD_CORE, SERVER_CORE, Tally, on_core, paced, saturated
from bench.peers import banwen, ejabberd, prosody, socketio
from bench.peers.base import Running, Start

OURS, INDEXED = "banwen", "banwen, indexing"
INTERNAL, SQL, EJABBERD, SOCKETIO = "prosody internal", "prosody sqlite", "ejabberd mnesia", "socket.io sqlite"
PEERS: dict[str, dict[str, Start]] = {
    "prosody": {INTERNAL: prosody.start("internal"), SQL: prosody.start("sql")},
    "ejabberd": {EJABBERD: ejabberd.start},
    "socketio": {SOCKETIO: socketio.start},
}
FIRST_OF_SATURATED = 1_000_000
RATE, CPU, P50 = "messages/s", "cpu µs/message", "delivered p50 ms"


def once(start: Start, seconds: float) -> report.Row:
    """Run one server through a paced and a saturated stretch."""
    with tempfile.TemporaryDirectory() as folder:
        with on_core(SERVER_CORE):
            running = start(Path(folder))
            server = running.__enter__()
        try:
            with on_core(LOAD_CORE):
                return uvloop.run(_measure(server, seconds))
        finally:
            running.__exit__(None, None, None)


async def _measure(server: Running, seconds: float) -> report.Row:
    tally = Tally()
    chats = await server.connect(CHATS, tally)
    calm = await paced(chats, tally, seconds)
    busy = await saturated(
        chats, tally, seconds, lambda: sum(map(report.cpu_seconds, server.process_ids)), FIRST_OF_SATURATED
    )
    memory = round(sum(map(report.resident_megabytes, server.process_ids)), 1)
    return {**calm, **busy, "memory MB": memory, "misordered": tally.misordered}


def medians(rows: list[report.Row], servers: list[str]) -> list[report.Row]:
    """Return one row for each server: the medians of its runs."""
    found = []
    for server in servers:
        runs = [row for row in rows if row["server"] == server]
        names = [name for name in runs[0] if name not in ("server", "run")]
        middle: report.Row = {name: round(statistics.median(float(run[name]) for run in runs), 2) for name in names}
        found.append({"server": server, "run": "median", **middle})
    return found


def checks(middle: list[report.Row]) -> list[report.Check]:
    """Return the promises that can be judged with the servers that ran."""
    by_name = {str(row["server"]): row for row in middle}

    def of(server: str, column: str) -> float:
        return float(by_name[server][column])

    found = [
        report.Check("cpu µs/message", of(OURS, CPU), "<=", 80),
        report.Check("p50 / floor", round(of(OURS, P50) / of(OURS, "floor ms"), 2), "<=", 5),
        report.Check("misordered", of(OURS, "misordered"), "==", 0),
    ]
    for peer, goal in ((INTERNAL, 8), (SQL, 100)):
        if peer in by_name:
            ratio = round(of(OURS, RATE) / of(peer, RATE), 1)
            found.append(report.Check(f"messages/s against {peer}", ratio, ">=", goal))
    if INTERNAL in by_name:
        found.append(report.Check(f"p50 ms, {INTERNAL}'s as goal", of(OURS, P50), "<=", of(INTERNAL, P50)))
    if SOCKETIO in by_name:
        share = round(of(OURS, CPU) / of(SOCKETIO, CPU), 2)
        found.append(report.Check(f"cpu/message against {SOCKETIO}", share, "<=", 0.5))
    return found


def run(quick: bool, peers: list[str]) -> report.Report:
    """Run all servers in turn: one round for a smoke run, five otherwise."""
    result = report.Report("relay", packages=("uvicorn", "starlette", "websockets", "msgspec", "uvloop"))
    servers: dict[str, Start] = {OURS: banwen.start, INDEXED: banwen.start_indexing}
    for name in peers:
        servers |= PEERS[name]
    for number in range(1 if quick else 5):
        for name, start in servers.items():
            row: report.Row = {"server": name, "run": str(number + 1), **once(start, 1.0 if quick else 4.0)}
            result.rows.append({**row, "floor ms": floor(100 if quick else 1000)})
    middle = medians(result.rows, list(servers))
    result.rows += middle
    result.checks = checks(middle)
    return result


def _named(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in PEERS]:
        raise SystemExit(f"unknown peer {unknown[0]}; known are {', '.join(PEERS)}")
    return names


if __name__ == "__main__":
    options = report.arguments(__doc__ or "", peers="servers to compare with, comma between: " + ", ".join(PEERS))
    report.publish(run(options.quick, _named(options.peers)), options.json)
