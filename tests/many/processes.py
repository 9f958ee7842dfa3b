"""The processes of a relay on several machines: some of its roles each, restarted as an operating system would."""

import re
import selectors
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.relay_server.bus.broker import free_port
from tests.running import COMMAND, START_SECONDS

CONFIGURATION = ("relay.toml", "master.key")


@dataclass
class Member:
    """One process in a folder of its own, with the configuration and the key of the relay in `relay`."""

    name: str
    roles: tuple[str, ...]
    relay: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[str] | None = None

    @property
    def folder(self) -> Path:
        """Where it keeps what is its own."""
        return self.relay.with_name(self.name)

    @property
    def log(self) -> Path:
        """Where its log lines go."""
        return self.folder.with_suffix(".log")

    def begin(self) -> None:
        """Start it; `ready` tells when it serves."""
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            for name in CONFIGURATION:
                shutil.copy2(self.relay / name, self.folder / name)
        words = [part for role in self.roles for part in ("--role", role)]
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [COMMAND, "serve", "--config", str(self.folder), "--port", str(self.port), *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def ready(self) -> float:
        """Wait until it serves; return how long that took from now, in seconds."""
        began = time.monotonic()
        process = self._process
        if process is None or process.stdout is None:
            raise RuntimeError(f"{self.name} was not begun")
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(START_SECONDS) else ""
        if not re.search(r"https?://", line):
            raise RuntimeError(f"{self.name} did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")
        return time.monotonic() - began

    def kill(self) -> None:
        """End it with SIGKILL."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
