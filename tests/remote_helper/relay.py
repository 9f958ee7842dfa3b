"""A relay that follows a script: it introduces a helper to a workbench, honestly or not, and notes what it hears."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from relay_protocol import codec
from relay_protocol.ids import AssistId
from relay_protocol.messages import (
    AssistEnded,
    Done,
    Heartbeat,
    Hello,
    HelperFrame,
    Message,
    Pulse,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
    Welcome,
)

CODE = "7KQ2M9XD"
TOKEN = "a token of this test"
ASSIST = AssistId("01ARZ3NDEKTSV4RRFFQ69G5FAV")
Workbench = Callable[[SdpOffer], Awaitable[SdpAnswer | None]]


class ScriptedRelay:
    """Answers at `url`. `workbench` gets every offer and may answer it; `reports` is what the helper told."""

    def __init__(self) -> None:
        self.url = ""
        self.reports: list[ReportAssist] = []
        self._reported = asyncio.Event()
        self.workbench: Workbench = _nobody
        self.refusal = ""
        self._socket: WebSocket | None = None

    def told(self, change: str) -> ReportAssist | None:
        """The last report of this kind."""
        return next((report for report in reversed(self.reports) if report.change == change), None)

    async def wait_until_told(self, change: str, **wanted: object) -> None:
        """Wait for a report of this kind with these fields."""
        async with asyncio.timeout(10):
            while not any(
                report.change == change and all(getattr(report, name) == it for name, it in wanted.items())
                for report in self.reports
            ):
                self._reported.clear()
                await self._reported.wait()

    async def end(self) -> None:
        """Tell the helper that it is over."""
        await self._say(AssistEnded(assist=ASSIST, reason="agent"))

    async def redeem(self, request: Request) -> JSONResponse:
        code = (await request.json())["code"]
        if self.refusal or code != CODE:
            sentence = self.refusal or "没有这个协助码，请核对后重新输入。"
            return JSONResponse({"code": "not_found", "message": sentence}, 404)
        return JSONResponse({"token": TOKEN, "assist": ASSIST})

    async def helper(self, socket: WebSocket) -> None:
        await socket.accept()
        self._socket = socket
        reader: codec.Reader[HelperFrame] = codec.Reader(HelperFrame)
        try:
            while True:
                message = reader.read(await socket.receive_text())
                if message is not None:
                    await self._hear(message)
        except WebSocketDisconnect:
            self._socket = None

    async def _hear(self, message: HelperFrame) -> None:
        match message:
            case Hello():
                assert message.token == TOKEN
                await self._say(Welcome(protocol=1, epoch="e", now=0.0, heartbeat=15.0))
            case Heartbeat():
                await self._say(Pulse(heads={}, now=0.0))
            case SdpOffer():
                answer = await self.workbench(message)
                if answer is not None:
                    await self._say(answer)
            case ReportAssist():
                self.reports.append(message)
                self._reported.set()
                await self._say(Done(request_id=message.request_id))

    async def _say(self, message: Message) -> None:
        if self._socket is not None:
            await self._socket.send_text(codec.encode(message).decode())


async def _nobody(_offer: SdpOffer) -> None:
    return None


@asynccontextmanager
async def scripted_relay() -> AsyncIterator[ScriptedRelay]:
    """A relay on a free port of the loopback, until the block is left."""
    relay = ScriptedRelay()
    routes = [
        Route("/api/helper/redeem", relay.redeem, methods=["POST"]),
        WebSocketRoute("/ws/helper", relay.helper),
    ]
    config = uvicorn.Config(
        Starlette(routes=routes),
        port=0,
        lifespan="off",
        log_level="warning",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
            await asyncio.sleep(0.01)
        relay.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield relay
        finally:
            server.should_exit = True
