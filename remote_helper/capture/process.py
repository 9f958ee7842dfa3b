"""Starts the capture process and asks it for one update after the other."""

import asyncio
import contextlib
from collections.abc import Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.screen import MAX_UPDATE_BYTES
from remote_helper.capture.worker import LENGTH


class CaptureProcess:
    """One process. It may be started early: it grabs nothing before it is asked."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without its pipes")
        self._process, self._input, self._output = process, process.stdin, process.stdout

    @classmethod
    async def start(cls, command: Sequence[str]) -> "CaptureProcess":
        """Start it; `command` runs `remote_helper.capture.worker`."""
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=MAX_UPDATE_BYTES))

    async def next(self, key: bool) -> bytes:
        """Wait for the next update. Raise `BanwenError` when the process has ended."""
        try:
            self._input.write(b"k" if key else b"n")
            await self._input.drain()
            length = LENGTH.unpack(await self._output.readexactly(LENGTH.size))[0]
            return await self._output.readexactly(length)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise BanwenError(ErrorCode.INTERNAL, "屏幕读取中断，请重新发起协助。", why=repr(error)) from error

    async def close(self) -> None:
        """End the process; the end of its input is enough, and it is not given long."""
        self._input.close()
        try:
            async with asyncio.timeout(2.0):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
