"""Write-only paste on X11, as the helper sees it: a keeper process lends the clipboard and gives it back."""

import asyncio
import json
import subprocess
from collections.abc import Mapping, Sequence

KEEPER_SECONDS = 6.0
GONE = "clipboard_gone"
CANNOT = {"secret": "clipboard_secret"}
CANNOT_KEEP = "clipboard_cannot_be_kept"


class X11Paste:
    """Starts the keeper at once, so that the first paste need not wait for it. Not for two pastes at a time."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self._keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, start_new_session=True
        )
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        if self._keeper.stdin is None or self._keeper.stdout is None:
            raise RuntimeError("a process without its pipes")
        self._input, self._output = self._keeper.stdin, self._keeper.stdout
        self._loop.add_reader(self._output.fileno(), self._read)

    async def lend(self, text: str) -> str:
        """Return "" when the next paste gets `text`, otherwise why it will not."""
        self._drop_late_answers()
        answer = await self._ask({"lend": text})
        if answer == "ready":
            return ""
        return CANNOT.get(answer.removeprefix("refused "), CANNOT_KEEP) if answer else GONE

    async def taken(self) -> bool:
        """Return whether a program took the text after the key was pressed."""
        return await self._ask({"pressed": "true"}) == "taken"

    async def take_back(self) -> None:
        """Put back what was there."""
        self._say({"back": "true"})

    async def close(self) -> None:
        """End the keeper. What it still holds for the person outlives us, in a process nobody waits for."""
        if self._output.closed:
            return
        self._loop.remove_reader(self._output.fileno())
        self._input.close()
        self._output.close()
        await asyncio.to_thread(self._keeper.wait)

    async def _ask(self, word: dict[str, str]) -> str:
        self._say(word)
        try:
            async with asyncio.timeout(KEEPER_SECONDS):
                return await self._heard.get()
        except TimeoutError:
            return ""

    def _say(self, word: dict[str, str]) -> None:
        try:
            self._input.write(json.dumps(word).encode() + b"\n")
            self._input.flush()
        except OSError:
            self._heard.put_nowait("")

    def _read(self) -> None:
        data = self._output.read1(65536)  # type: ignore[attr-defined]
        if not data:
            self._loop.remove_reader(self._output.fileno())
            self._heard.put_nowait("")
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._heard.put_nowait(line.decode())

    def _drop_late_answers(self) -> None:
        while not self._heard.empty():
            self._heard.get_nowait()
