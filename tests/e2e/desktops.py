"""Real desktops for tests: X servers with a window manager, a session bus and screen-reader support of their own.

The agent sits at an Xvfb. The taxpayer sits at a Xephyr inside an Xvfb: what the test's hand does on the outer server
enters the inner one through Xephyr's own devices, so a program there can tell it from injected (XTEST) input.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import mss
from PIL import Image
from Xlib import X
from Xlib.display import Display

from tests.e2e.processes import end, running, start
from tests.e2e.waiting import until

BACKGROUND = 0x3B5A6B  # a calm blue-grey, unlike any window
AT_SPI_LAUNCHER = "/usr/libexec/at-spi-bus-launcher"


@dataclass(frozen=True)
class Size:
    """Pixels."""

    width: int = 1280
    height: int = 800

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True)
class Desktop:
    """One person's desktop. `display` is where programs run, `outside` where that person's hand enters."""

    name: str
    display: str
    outside: str
    size: Size
    env: Mapping[str, str]
    logs: Path

    def run(
        self, command: Sequence[str | Path], log: str, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Starts a program here; end it with processes.end. Its output goes to `logs`/`log`."""
        return start(command, {**self.env, **(env or {})}, self.logs / log)

    @contextmanager
    def program(
        self, command: Sequence[str | Path], log: str, env: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Like `run`, and ends the program when the block is left."""
        with running(command, {**self.env, **(env or {})}, self.logs / log) as process:
            yield process

    def grab(self) -> Image.Image:
        """What the display shows now, RGB."""
        with mss.MSS(display=self.display) as camera:
            shot = camera.grab(camera.monitors[0])
        return Image.frombytes("RGB", shot.size, shot.bgra, "raw", "BGRX")

    def screenshot(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.grab().save(path)
        return path


@contextmanager
def agent_desktop(logs: Path, size: Size | None = None) -> Iterator[Desktop]:
    """The agent's desktop: an Xvfb with openbox and a screen reader's bus."""
    with _xvfb(logs, size or Size()) as display, _furnished("agent", display, display, logs, size) as desktop:
        yield desktop


@contextmanager
def taxpayer_desktop(logs: Path, size: Size | None = None) -> Iterator[Desktop]:
    """The taxpayer's desktop: a Xephyr that fills an Xvfb, so both servers share their coordinates."""
    with (
        _xvfb(logs, size or Size()) as outside,
        _xephyr(logs, size or Size(), outside) as display,
        _furnished("taxpayer", display, outside, logs, size) as desktop,
    ):
        yield desktop


@contextmanager
def _furnished(name: str, display: str, outside: str, logs: Path, size: Size | None) -> Iterator[Desktop]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"banwen-{name}-")))
        env = {
            **_private_folders(home),
            "DISPLAY": display,
            "LANG": "C.UTF-8",
            "LANGUAGE": "zh_CN:zh",
            "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        }
        env["DBUS_SESSION_BUS_ADDRESS"] = stack.enter_context(_session_bus(env, logs / f"{name}-dbus.log"))
        stack.enter_context(running([AT_SPI_LAUNCHER, "--launch-immediately"], env, logs / f"{name}-at-spi.log"))
        stack.enter_context(running(["openbox", "--sm-disable"], env, logs / f"{name}-openbox.log"))
        _paint_and_wait_for_window_manager(display)
        yield Desktop(name, display, outside, size or Size(), env, logs)


def _private_folders(home: Path) -> dict[str, str]:
    """The caller's environment, with folders of its own for settings, caches and sockets."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "DBUS_", "WAYLAND", "QT_"))}
    for variable, folder in {
        "XDG_RUNTIME_DIR": "run",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
    }.items():
        (home / folder).mkdir(mode=0o700)
        env[variable] = str(home / folder)
    return env


@contextmanager
def _xvfb(logs: Path, size: Size) -> Iterator[str]:
    with _x_server(["Xvfb", "-screen", "0", f"{size}x24"], {}, logs / "xvfb.log") as display:
        yield display


@contextmanager
def _xephyr(logs: Path, size: Size, outside: str) -> Iterator[str]:
    command = ["Xephyr", "-screen", str(size), "-no-host-grab"]
    with _x_server(command, {"DISPLAY": outside}, logs / "xephyr.log") as display:
        yield display


@contextmanager
def _x_server(command: list[str], env: Mapping[str, str], log: Path) -> Iterator[str]:
    """Starts an X server on a free display. Key repeat is off: a busy machine must not double a key."""
    reader, writer = os.pipe()
    options = ["-displayfd", str(writer), "-nolisten", "tcp", "-noreset", "-r", "-dpi", "96"]
    server = start([*command, *options], {**os.environ, **env}, log, pass_fds=[writer])
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            number = answer.readline().strip()  # empty when the server has ended
        if not number:
            raise RuntimeError(f"{command[0]} did not start; see {log}")
        yield f":{number}"
    finally:
        end(server)


@contextmanager
def _session_bus(env: Mapping[str, str], log: Path) -> Iterator[str]:
    reader, writer = os.pipe()
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--print-address={writer}"]
    bus = start(command, env, log, pass_fds=[writer])
    os.close(writer)
    try:
        with os.fdopen(reader) as answer:
            yield answer.readline().strip()
    finally:
        end(bus)


def _paint_and_wait_for_window_manager(display: str) -> None:
    connection = Display(display)
    try:
        root = connection.screen().root
        root.change_attributes(background_pixel=BACKGROUND)
        root.clear_area()
        check = connection.intern_atom("_NET_SUPPORTING_WM_CHECK")
        until(lambda: root.get_full_property(check, X.AnyPropertyType), f"a window manager on {display}")
    finally:
        connection.close()
