"""A drill against several machines while blows fall on them."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.many.blows import Blow, strike
from tests.many.cluster import Machines
from tests.running import COMMAND, START_SECONDS

GRACE_SECONDS = 120.0


@dataclass(frozen=True)
class Outcome:
    """`found` is what the drill printed, `lasted` how long each blow lasted in seconds."""

    found: dict[str, Any]
    lasted: dict[str, float]


def play(machines: Machines, taxpayers: int, agents: int, blows: Sequence[Blow], pause: float) -> Outcome:
    """Let scripted people talk until all blows have fallen and a while longer. Raise `RuntimeError` if they cannot."""
    seconds = len(blows) * (pause + 4) + pause
    words = ["--taxpayers", taxpayers, "--agents", agents, "--seconds", seconds, "--pause", 0.5, "--json"]
    drill = subprocess.Popen(
        [COMMAND, "drill", "-c", str(machines.relay.folder), "--server", machines.url, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _until_linked(machines)
        lasted = strike(machines, blows, pause)
        said, complaint = drill.communicate(timeout=seconds + GRACE_SECONDS)
    finally:
        drill.kill()
    try:
        return Outcome(json.loads(said), lasted)
    except ValueError:
        raise RuntimeError(f"the drill broke off: {complaint[-2000:]}") from None


def _until_linked(machines: Machines) -> None:
    """Wait until people are connected to every edge, so that each blow hits somebody."""
    until = time.monotonic() + START_SECONDS
    while not all("[accepted]" in one.log.read_text(encoding="utf-8") for one in machines.edges):
        if time.monotonic() > until:
            raise RuntimeError("nobody was connected")
        time.sleep(0.05)
