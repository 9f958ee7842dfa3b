"""Everything a scenario needs, put up together: two desktops, a hand at each, eyes at the agent's, and a record."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.desktops import Desktop, Size, agent_desktop, taxpayer_desktop
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.film import film
from tests.e2e.hand import Hand
from tests.e2e.report import Steps


@dataclass(frozen=True)
class Stage:
    """The two desktops with who acts and who watches there."""

    agent: Desktop
    taxpayer: Desktop
    agents_hand: Hand
    taxpayers_hand: Hand
    eyes: Eyes
    steps: Steps


@contextmanager
def stage(folder: Path, size: Size | None = None, *, filmed: bool = False) -> Iterator[Stage]:
    """Puts up the stage; report, pictures, logs/ and, if filmed, demo.mp4 go to `folder`. Ends all it started."""
    with ExitStack() as stack:
        agent = stack.enter_context(agent_desktop(folder / "logs", size))
        taxpayer = stack.enter_context(taxpayer_desktop(folder / "logs", size))
        eyes = stack.enter_context(open_eyes(agent))
        if filmed:
            stack.enter_context(film(folder / "demo.mp4", [agent, taxpayer]))
        yield Stage(agent, taxpayer, Hand(agent), Hand(taxpayer), eyes, Steps(folder, [agent, taxpayer]))


def headless() -> bool:
    """Whether nobody is looking: no display, or HEADLESS=1 asks for it."""
    return os.environ.get("HEADLESS") == "1" or not os.environ.get("DISPLAY")
