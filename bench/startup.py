"""How long until people see a window, cold: the workbench's log-in and the helper's first page; and their memory.

A start is cold when nothing of the programs is in the page cache: every file of the environment and of the packages is
dropped from it (posix_fadvise) before each start. The clock runs from the start of the process to the first pixels on a
real X display that are neither its background nor one single colour.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from bench import report
from tests.e2e.desktops import Desktop, agent_desktop
from tests.e2e.processes import end
from tests.e2e.waiting import until

GOAL_SECONDS = 1.5
PROGRAMS = {
    "workbench log-in": ["banwen-agent", "--server", "http://127.0.0.1:9"],
    "helper": ["banwen-helper", "--server", "http://127.0.0.1:9"],
}
POLL_SECONDS = 0.01
COLOURS_OF_A_WINDOW = 8
ROOT = Path(__file__).parent.parent


def run(quick: bool) -> report.Report:
    """Start each program once for a smoke run, five times cold otherwise."""
    result = report.Report("startup", packages=("PySide6-Essentials", "qasync"))
    with tempfile.TemporaryDirectory() as folder, agent_desktop(Path(folder)) as desktop:
        for name, command in PROGRAMS.items():
            starts = [_start(desktop, command, cold=not quick) for _ in range(1 if quick else 5)]
            seconds = report.median([took for took, _ in starts])
            result.rows.append({"program": name, "first paint s": seconds, "memory MB": starts[-1][1]})
            result.checks.append(report.Check(f"{name}: first paint, cold, s", seconds, "<=", GOAL_SECONDS))
    return result


def _start(desktop: Desktop, command: list[str], *, cold: bool) -> tuple[float, float]:
    """Return seconds to the first paint and the memory in MB a moment later."""
    if cold:
        forget_files()
    empty = desktop.grab()
    program = Path(sys.executable).with_name(command[0])
    started = time.monotonic()
    process = desktop.run([program, *command[1:]], "startup.log")
    try:
        until(lambda: _painted(empty, desktop), f"{command[0]} on the screen", 30, every=POLL_SECONDS)
        took = time.monotonic() - started
        memory = report.resident_megabytes(_program_of(process))
    finally:
        end(process)
        until(lambda: desktop.grab().tobytes() == empty.tobytes(), "an empty desktop", every=POLL_SECONDS)
    return round(took, 3), memory


def _painted(empty: Image.Image, desktop: Desktop) -> bool:
    """Whether the display shows more than its background: several colours where nothing was."""
    shown = desktop.grab()
    if shown.tobytes() == empty.tobytes():
        return False
    colours = shown.getcolors(maxcolors=1 << 20) or []
    return len(colours) >= COLOURS_OF_A_WINDOW


def _program_of(process: "subprocess.Popen[bytes]") -> int:
    """Return the process that owns the window: the started one, or the only child of its launcher."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0]) if children else process.pid


def forget_files() -> None:
    """Drop what the programs are made of from the page cache."""
    os.sync()
    for path in _files():
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _files() -> Iterator[Path]:
    packages = [ROOT / name for name in ("agent_app", "remote_helper", "relay_client", "relay_protocol")]
    for folder in [Path(sys.prefix), Path(sys.base_prefix) / "lib", *packages]:
        yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


if __name__ == "__main__":
    options = report.arguments(__doc__ or "")
    report.publish(run(options.quick), options.json)
