"""The world of the main job, put up whole: relay, sample e-tax site, the agent's workbench, the taxpayer's browser."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import FrameLocator, Page

from tests.e2e.browser import chromium
from tests.e2e.desktops import Size
from tests.e2e.eyes import Eyes, open_eyes
from tests.e2e.processes import running
from tests.e2e.stage import Stage, stage
from tests.e2e.waiting import until
from tests.running import RunningRelay

PROJECT = Path(__file__).parents[2]
DEVELOPMENT_ROOT = PROJECT / ".dev" / "root"
AGENT_NUMBER = "8001"
SCREEN = Size(1440, 900)


@dataclass
class World:
    """Everything a story needs. `page` shows the sample e-tax site; `widget` is our frame in it.

    `helper_eyes` look at the taxpayer's desktop; `helpers` ends the helper.
    """

    stage: Stage
    relay: RunningRelay
    site: str
    page: Page
    helper_eyes: Eyes
    helpers: ExitStack

    @property
    def widget(self) -> FrameLocator:
        """The consultation window inside the page."""
        return self.page.frame_locator("iframe")

    @property
    def password(self) -> str:
        """The agent's password, made for this run."""
        return self.relay.passwords[AGENT_NUMBER]


@contextmanager
def world(folder: Path, *, filmed: bool = False) -> Iterator[World]:
    """Put everything up below `folder` and end it again. The agent is enrolled, but not logged in yet."""
    with ExitStack() as stack:
        scene = stack.enter_context(stage(folder, SCREEN, filmed=filmed))
        port = free_port()
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="banwen-world-")))
        relay = RunningRelay(data / "relay", origins=[f"http://127.0.0.1:{port}"])
        relay.set_up()
        stack.callback(relay.stop)
        relay.start()
        site = stack.enter_context(sample_site(relay, port, scene.taxpayer.logs / "site.log"))
        enrol(scene.agent.env, relay)
        stack.enter_context(
            scene.agent.program([program("banwen-agent"), "--server", relay.url], "workbench.log", env=calm())
        )
        browser = stack.enter_context(chromium(scene.taxpayer))
        helper_eyes = stack.enter_context(open_eyes(scene.taxpayer))
        helpers = stack.enter_context(ExitStack())
        yield World(scene, relay, site, browser.pages[0], helper_eyes, helpers)


@contextmanager
def sample_site(relay: RunningRelay, port: int, log: Path) -> Iterator[str]:
    """Run the sample e-tax site; its address."""
    key = relay.write_site_key()
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "examples.etax",
        "--relay",
        relay.url,
        "--key",
        key,
        "--port",
        str(port),
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, dict(os.environ), log):
        until(lambda: _answers(port), "the sample e-tax site", 20)
        yield url


def enrol(env: Mapping[str, str], relay: RunningRelay) -> None:
    """Make the agent's key and certificate on the agent's own workstation, under the development root."""
    name, office = agent_of(relay)
    command: list[str | Path] = [program("banwen-agent"), "enrol", "--root", DEVELOPMENT_ROOT]
    command += ["--number", AGENT_NUMBER, "--name", name, "--office", office]
    subprocess.run(list(map(str, command)), env=dict(env), check=True, capture_output=True, timeout=60)


def agent_of(relay: RunningRelay) -> tuple[str, str]:
    """The agent's name, and the name of the office."""
    agent = next(one for one in relay.agents() if one["username"] == AGENT_NUMBER)
    return agent["name"], agent["office_name"]


def program(name: str) -> Path:
    """One of our installed commands."""
    return Path(sys.executable).with_name(name)


def calm() -> dict[str, str]:
    """What keeps a program of ours from asking the machine for things a test desktop does not have."""
    return {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def free_port() -> int:
    """A port nobody listens on; the site must be known to the relay before it starts."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def digits(text: str) -> str:
    """The letters and digits of a code shown in groups."""
    return re.sub(r"\W", "", text)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
