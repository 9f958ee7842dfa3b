"""Tells the relay what the person decided, in order and until it has heard; nothing on this machine waits for it."""

import asyncio
import logging
from typing import Protocol

from relay_protocol.assist import Scope
from relay_protocol.errors import BanwenError
from relay_protocol.ids import AssistId, RequestId
from relay_protocol.messages import Message, ReportAssist, Request

log = logging.getLogger(__name__)


class Link(Protocol):
    """What the session needs of the link to the relay."""

    async def request(self, request: Request) -> object:
        """Send until answered; raise `BanwenError` when refused."""

    def say(self, message: Message) -> None:
        """Send once, if connected."""

    def new_request_id(self) -> RequestId:
        """Return a fresh identifier."""


class Reports:
    """A queue of reports; `run` is its task."""

    def __init__(self, link: Link, assist: AssistId) -> None:
        self._link, self._assist = link, assist
        self._waiting: asyncio.Queue[ReportAssist] = asyncio.Queue()

    def add(self, change: str, scope: Scope = frozenset(), reason: str = "") -> None:
        """Report `joined`, `granted`, `refused`, `revoked` or `ended`."""
        self._waiting.put_nowait(
            ReportAssist(
                request_id=self._link.new_request_id(),
                assist=self._assist,
                change=change,
                scope=sorted(scope),
                reason=reason,
            )
        )

    async def run(self) -> None:
        """Send one report after the other, for ever."""
        while True:
            report = await self._waiting.get()
            try:
                await self._link.request(report)
            except BanwenError as error:
                log.info("report not taken", extra={"change": report.change, "code": error.code})
            finally:
                self._waiting.task_done()

    async def told(self) -> None:
        """Wait until everything was heard."""
        await self._waiting.join()
