"""How long the taxpayer and the agent wait in a remote assistance, and how long a stop takes.

- start → picture: from the helper's start with its code to the first picture decoded at the agent's end; the person
  takes no time to read, but the question's own settling time (0.8 s), finding the button and the click are in it
- revoke: from the press of Esc on the person's own keyboard (the second one) to the end of control at the agent's end,
  with the agent sending all the while
"""

import asyncio
import tempfile
import time
from pathlib import Path

from bench import report
from bench.assisted import Ends, assisted
from relay_client.assist import PictureChanged
from relay_protocol.messages import Privilege
from relay_protocol.messages.channel import Button, ScopeGranted, ScopeRevoked
from tests.e2e.hand import Hand

PICTURE_GOAL_SECONDS = 2.0
STOP_GOAL_MS = 300.0
CONTROL = frozenset({Privilege.VIEW, Privilege.CONTROL})


async def once(ends: Ends) -> report.Row:
    """Play one assistance from the invitation to the stop."""
    code = await ends.invite()
    started = time.monotonic()
    async with ends.helper(code):
        asked_for_consent = await ends.consent("同意查看")
        first_picture, _ = await ends.wait(PictureChanged)
        stop = await _control_and_stop(ends)
    return {
        "start → question s": round(asked_for_consent - started, 3),
        "consent → picture s": round(first_picture - asked_for_consent, 3),
        "start → picture s": round(first_picture - started, 3),
        "stop ms": round(stop * 1000, 1),
    }


async def _control_and_stop(ends: Ends) -> float:
    """Ask for control, send without a pause, press Esc twice; return seconds from the press to the end of control."""
    peer = ends.peer
    if peer is None:
        raise RuntimeError("nobody answered")
    peer.ask(sorted(CONTROL))
    await ends.consent("同意操作")
    while peer.scope != CONTROL:
        await ends.wait(ScopeGranted)
        await asyncio.sleep(0.01)
    sending = asyncio.get_running_loop().create_task(_keep_moving(ends))
    await asyncio.sleep(0.7)  # the hand that clicked goes first for half a second
    hand = Hand(ends.desktop)
    await asyncio.to_thread(hand.key, "Escape")
    pressed = time.monotonic()
    await asyncio.to_thread(hand.key, "Escape")
    revoked, _ = await ends.wait(ScopeRevoked)
    sending.cancel()
    return revoked - pressed


async def _keep_moving(ends: Ends) -> None:
    x = 0
    while ends.peer is not None:
        x = (x + 7) % 500
        ends.peer.move(400 + x, 500)
        ends.peer.button(400 + x, 500, Button.LEFT, down=True)
        ends.peer.button(400 + x, 500, Button.LEFT, down=False)
        await asyncio.sleep(0.01)


async def measure(times: int) -> list[report.Row]:
    """Play it several times on one desktop."""
    with tempfile.TemporaryDirectory() as folder:
        async with assisted(Path(folder)) as ends:
            return [await once(ends) for _ in range(times)]


def run(quick: bool) -> report.Report:
    """Once for a smoke run, ten times otherwise."""
    result = report.Report("assist", packages=("aiortc", "cryptography", "PySide6-Essentials"))
    result.rows = asyncio.run(measure(1 if quick else 10))
    for column, op_goal in (("start → picture s", PICTURE_GOAL_SECONDS), ("stop ms", STOP_GOAL_MS)):
        values = [float(row[column]) for row in result.rows]
        result.checks.append(report.Check(f"{column} p95", report.percentile(values, 0.95), "<=", op_goal))
    return result


if __name__ == "__main__":
    options = report.arguments(__doc__ or "")
    report.publish(run(options.quick), options.json)
