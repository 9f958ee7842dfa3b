"""A taxpayer's real desktop with a program of theirs on it, for the tests that inject, capture and assist."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.desktops import Desktop, taxpayer_desktop
from tests.e2e.waiting import until

TARGET = Path(__file__).with_name("target.py")


@dataclass
class Target:
    """The program, seen through what it tells. `mark` forgets what was told so far."""

    log: Path
    start: int = 0

    def told(self) -> list[dict[str, Any]]:
        lines = self.log.read_bytes()[self.start :].decode(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def mark(self) -> None:
        self.start = self.log.stat().st_size

    def written(self) -> str:
        texts = [fact["written"] for fact in self.told() if "written" in fact]
        return str(texts[-1]) if texts else ""

    def wait_for(self, **wanted: Any) -> None:
        until(lambda: any(wanted.items() <= fact.items() for fact in self.told()), f"{wanted} in {self.log}")


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    with taxpayer_desktop(tmp_path_factory.mktemp("desktop")) as place:
        yield place


@pytest.fixture
def target(desktop: Desktop, tmp_path: Path) -> Iterator[Target]:
    log = f"target-{tmp_path.name}.log"
    with desktop.program([sys.executable, TARGET], log):
        program = Target(desktop.logs / log)
        program.wait_for(ready=True)
        yield program
