"""How fast and how exactly a change on the taxpayer's screen reaches the agent, and what it costs.

The shipped helper shows a real desktop (1920×1080, dense Chinese text) over the direct path; each change is timed from
the moment the X server has it to the moment its picture is decoded and ready to be drawn at the agent's end. Processor
time is the helper's with its capture process, in percent of one core; bytes are those of the picture channel.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench import report
from bench.assisted import Ends, assisted
from bench.canvas import BITS, BLOCK, STAMP_X, STAMP_Y
from relay_client.assist import AssistEvent, PictureChanged
from tests.e2e.desktops import Size
from tests.e2e.processes import end
from tests.e2e.waiting import until

SIZE = Size(1920, 1080)
WORKS = {"scroll": 0.2, "type": 0.1, "page": 0.5}
DONE_SECONDS = 120.0


class Watch:
    """Notes when which state of the canvas was first decoded."""

    def __init__(self) -> None:
        self.seen: dict[int, float] = {}

    def __call__(self, at: float, event: AssistEvent) -> None:
        if isinstance(event, PictureChanged):
            number = read_stamp(event.picture)
            if number is not None:
                self.seen.setdefault(number, at)


def read_stamp(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> int | None:
    """Return the number a picture bears, or None where there is none."""
    row = picture[STAMP_Y + BLOCK // 2, STAMP_X + BLOCK // 2 :: BLOCK, 1][: BITS + 2]
    if len(row) < BITS + 2 or row[0] > 64 or row[-1] < 192:
        return None
    return sum(1 << bit for bit, value in enumerate(row[1:-1]) if value < 64)


async def work(ends: Ends, helper_pid: int, plan: str, changes: int) -> report.Row:
    """Let the canvas follow one plan; return what was seen of it and what it cost."""
    watch = Watch()
    ends.on_event = watch
    if ends.peer is None:
        raise RuntimeError("nobody answered")
    log = ends.desktop.logs / f"canvas-{plan}-{time.monotonic_ns()}.log"
    command = [sys.executable, "-m", "bench.canvas", plan, str(changes), str(WORKS[plan])]
    canvas = ends.desktop.run(command, log.name)
    try:
        await _told(log, '"n": 1')
        cpu, got, began = _cpu(helper_pid), ends.peer.received, time.monotonic()
        await _told(log, "done")
        await asyncio.sleep(0.5)
        used, took = _cpu(helper_pid) - cpu, time.monotonic() - began
        received = ends.peer.received - got
        truth = np.asarray(await asyncio.to_thread(ends.desktop.grab))
        exact = bool(np.array_equal(ends.peer.picture[70:, 10:-10, 2::-1], truth[70:, 10:-10]))
    finally:
        await asyncio.to_thread(end, canvas)
    drawn = {fact["n"]: fact["at"] for line in log.read_text().splitlines() if "at" in (fact := json.loads(line))}
    late = [(watch.seen[n] - at) * 1000 for n, at in drawn.items() if n in watch.seen]
    return {
        "work": f"{plan} ×{changes}",
        "p50 ms": report.median(late),
        "p95 ms": report.percentile(late, 0.95),
        "shown": len(late),
        "exact": int(exact),
        "helper CPU %": round(100 * used / took, 1),
        "kB": round(received / 1000),
    }


async def idle(ends: Ends, helper_pid: int, seconds: float) -> report.Row:
    """Nothing happens on the screen but the bar's clock."""
    if ends.peer is None:
        raise RuntimeError("nobody answered")
    cpu, got = _cpu(helper_pid), ends.peer.received
    await asyncio.sleep(seconds)
    used = 100 * (_cpu(helper_pid) - cpu) / seconds
    return {
        "work": f"idle {seconds:g} s",
        "helper CPU %": round(used, 1),
        "kB": round((ends.peer.received - got) / 1000, 1),
    }


async def measure(quick: bool) -> list[report.Row]:
    """All works in one assistance."""
    with tempfile.TemporaryDirectory() as folder:
        async with assisted(Path(folder), SIZE) as ends, ends.helper(await ends.invite()) as helper:
            await ends.consent("同意查看")
            await ends.wait(PictureChanged)
            rows = [await idle(ends, helper.pid, 1.0 if quick else 10.0)]
            for plan in WORKS:
                rows.append(await work(ends, helper.pid, plan, 5 if quick else 50))
            return rows


async def _told(log: Path, words: str) -> None:
    await asyncio.to_thread(until, lambda: words in log.read_text(), f"{words} in {log}", DONE_SECONDS)


def _cpu(pid: int) -> float:
    """Processor time of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(report.cpu_seconds(one) for one in (pid, *map(int, children)))


def run(quick: bool) -> report.Report:
    """One pass; no targets yet but that the last state of everything is exact."""
    result = report.Report("screen", packages=("aiortc", "zstandard", "numpy", "mss"))
    result.rows = asyncio.run(measure(quick))
    exact = min(int(row["exact"]) for row in result.rows if "exact" in row)
    result.checks.append(report.Check("final states exact", exact, "==", 1))
    return result


if __name__ == "__main__":
    options = report.arguments(__doc__ or "")
    report.publish(run(options.quick), options.json)
