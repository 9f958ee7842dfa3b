"""Starts programs in process groups of their own and ends exactly those again, whatever happens in between."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

GRACE = 5.0  # seconds a program gets to end by itself


def start(
    command: Sequence[str | Path], env: Mapping[str, str], log: Path, *, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Starts `command` without a shell; both its outputs go to the end of `log`.

    Start programs from the main thread: they end with the thread that started them, so that a run which is
    itself killed leaves nothing behind.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", *map(str, command)],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks the program's group to end, then insists; children it left behind end with it."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal(process, signal.SIGKILL)
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kills the program's group with -9, as a power cut would."""
    _signal(process, signal.SIGKILL)
    process.wait()


@contextmanager
def running(command: Sequence[str | Path], env: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = start(command, env, log)
    try:
        yield process
    finally:
        end(process)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # start_new_session made the process the leader of its own group
