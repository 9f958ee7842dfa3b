"""A relay with a script instead of a bot and agents: real protocol, real event logs, and it does as it is told."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import unquote

import jwt
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from relay_protocol import codec
from relay_protocol.errors import ErrorCode
from relay_protocol.ids import (
    AgentId,
    AttachmentId,
    ClientId,
    ConsultationId,
    RequestId,
    Stream,
    TaxpayerId,
    consultation_stream,
    ulid,
)
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    AskHuman,
    Assurance,
    Attachment,
    Body,
    BusinessContext,
    ConsultationOpened,
    ContextReceived,
    Done,
    EndConsultation,
    ErrorReply,
    Evaluate,
    Evaluated,
    EventFrame,
    HandOverRequested,
    Heartbeat,
    Hello,
    LeaveQueue,
    Message,
    MessagePosted,
    Office,
    OpenConsultation,
    PostMessage,
    Pulse,
    QueuePosition,
    Request,
    Resume,
    SendContext,
    Sender,
    ServiceFinished,
    Side,
    TaxpayerCard,
    TaxpayerFrame,
    TicketLeft,
    TicketTaken,
    Welcome,
)
from relay_server.config import AppSection
from relay_server.gateways import pages

OFFICE = Office(code="360103", name="南昌市西湖区税务局")
AGENT = AgentCard(id=AgentId("agent-8001"), number="8001", name="王芳", office=OFFICE)
M = TypeVar("M", bound=Message)


def new_id() -> str:
    """Return an identifier like the relay's."""
    return ulid(time.time(), os.urandom(10))


@dataclass
class Link:
    """One page that is connected."""

    socket: WebSocket
    taxpayer: TaxpayerId


@dataclass
class Peer:
    """The scripted relay. Methods may be called from the test's thread; what pages sent is in `heard`."""

    heartbeat: float = 1.0
    origins: list[str] = field(default_factory=list)
    sessions: dict[str, TaxpayerCard] = field(default_factory=dict)
    owners: dict[ConsultationId, TaxpayerId] = field(default_factory=dict)
    logs: dict[Stream, list[EventFrame]] = field(default_factory=dict)
    files: dict[str, tuple[Attachment, bytes]] = field(default_factory=dict)
    answers: dict[RequestId, Message] = field(default_factory=dict)
    heard: list[Message] = field(default_factory=list)
    refuse_links: ErrorCode | None = None
    refuse_http: int = 0
    deaf: bool = False
    on_message: Callable[[PostMessage], Iterable[Body]] = lambda _: ()
    greeting: Callable[[TaxpayerCard], Iterable[Body]] = lambda _: ()

    def __post_init__(self) -> None:
        self._links: list[Link] = []
        self._changed = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reader: codec.Reader[Message] = codec.Reader(TaxpayerFrame)
        self._epoch = new_id()

    # ── what a test asks and tells ──────────────────────────────────────────────────────────

    def wait_for(self, kind: type[M], count: int = 1, timeout: float = 10.0) -> M:
        """Return the `count`th message of a kind, once a page has sent it."""
        self.wait_until(lambda: len(self.all_of(kind)) >= count, timeout)
        return self.all_of(kind)[count - 1]

    def wait_until(self, holds: Callable[[], bool], timeout: float = 10.0) -> None:
        """Wait until something holds of what pages sent."""
        with self._changed:
            if not self._changed.wait_for(holds, timeout):
                raise TimeoutError(f"heard only {[type(one).__name__ for one in self.heard]}")

    def all_of(self, kind: type[M]) -> list[M]:
        """Return every message of a kind that pages sent."""
        return [message for message in self.heard if isinstance(message, kind)]

    @property
    def consultation(self) -> ConsultationId:
        """The newest consultation."""
        return max(self.owners)

    def tell(self, event: AnyEvent, consultation: ConsultationId | None = None) -> None:
        """Append an event and deliver it to every page that follows."""
        self._call(self._append(consultation or self.consultation, event))

    def pass_on(self, message: Message) -> None:
        """Deliver something that is not stored to every page."""
        self._call(self._broadcast(self.owners[self.consultation], message))

    def say(self, body: Body, side: Side = Side.BOT) -> None:
        """Speak as the bot or the agent."""
        self.tell(posted(body, side))

    def drop_links(self) -> None:
        """Cut every connection, as a lost network does."""
        self._call(self._cut())

    def lose_event(self, event: AnyEvent) -> None:
        """Append an event whose delivery gets lost on the way."""
        self._call(self._append(self.consultation, event, deliver=False))

    def app(self) -> Starlette:
        """Return the ASGI application."""
        section = AppSection(name="示例", origins=self.origins, issuer="etax-demo", public_key="")
        return Starlette(
            routes=[
                Route("/api/taxpayer/session", self._session, methods=["POST"]),
                Route("/api/uploads", self._upload, methods=["POST"]),
                Route("/api/files/{id}", self._file),
                WebSocketRoute("/ws/taxpayer", self._link),
                *pages.routes({"etax-demo": section}, list),
            ]
        )

    # ── HTTP ────────────────────────────────────────────────────────────────────────────────

    async def _session(self, request: HttpRequest) -> Response:
        if self.refuse_http:
            return Response(status_code=self.refuse_http)
        wanted = await request.json()
        known = self.sessions.get(wanted["token"] or "")
        identity = wanted["identity"] and jwt.decode(wanted["identity"], options={"verify_signature": False})
        card = known or TaxpayerCard(id=TaxpayerId(new_id()), name="未验证用户", assurance=Assurance.ANONYMOUS)
        if identity and (known is None or known.name != identity["name"]):
            same = [other for other in self.sessions.values() if other.name == identity["name"]]
            verified = TaxpayerCard(
                id=TaxpayerId(new_id()), name=identity["name"], assurance=Assurance.VERIFIED, role="办税员",
                tax_number="9136**********001X", taxpayer_type="小规模纳税人", office=OFFICE,
            )  # fmt: skip
            card = same[0] if same else verified
        token = new_id()
        self.sessions[token] = card
        return _json({"token": token, "taxpayer": card, "expires_at": time.time() + 3600})

    async def _upload(self, request: HttpRequest) -> Response:
        if self.refuse_http:
            code = "forbidden_type" if self.refuse_http == 415 else "internal"
            return _json({"code": code, "message": f"没有收下，原因 {self.refuse_http}。"}, self.refuse_http)
        name = unquote(request.headers["X-File-Name"])
        content = await request.body()
        kind = "image/png" if content.startswith(b"\x89PNG") else "text/plain"
        attachment = Attachment(id=AttachmentId(new_id()), name=name, media_type=kind, size=len(content))
        self.files[attachment.id] = (attachment, content)
        return _json(attachment)

    async def _file(self, request: HttpRequest) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        found = self.files.get(request.path_params["id"])
        if token not in self.sessions or found is None:
            return _json({"code": "not_found", "message": "没有这个文件。"}, 404)
        return Response(found[1], media_type=found[0].media_type)

    # ── the link ────────────────────────────────────────────────────────────────────────────

    async def _link(self, socket: WebSocket) -> None:
        self._loop = asyncio.get_running_loop()
        if self.deaf:
            await socket.close()
            return
        await socket.accept()
        hello = self._reader.read(await socket.receive_text())
        if not isinstance(hello, Hello) or self.refuse_links or hello.token not in self.sessions:
            refusal = ErrorReply(code=self.refuse_links or ErrorCode.UNAUTHENTICATED, message="请刷新页面后重试。")
            await socket.send_text(codec.encode(refusal).decode())
            await socket.close(4401)
            return
        await self._converse(Link(socket, self.sessions[hello.token].id), hello)

    async def _converse(self, link: Link, hello: Hello) -> None:
        self._note(hello)
        await self._send(link, Welcome(protocol=1, epoch=self._epoch, now=time.time(), heartbeat=self.heartbeat))
        try:
            while True:
                message = self._reader.read(await link.socket.receive_text())
                if message is not None:
                    await self._answer(link, message)
        except WebSocketDisconnect:
            pass
        finally:
            if link in self._links:
                self._links.remove(link)

    async def _answer(self, link: Link, message: Message) -> None:
        match message:
            case Resume():
                await self._resume(link, message)
            case Heartbeat():
                await self._send(link, self._pulse(link.taxpayer))
            case Request():
                if message.request_id not in self.answers:
                    self.answers[message.request_id] = await self._perform(link, message)
                await self._send(link, self.answers[message.request_id])
            case _:
                pass
        self._note(message)

    async def _resume(self, link: Link, resume: Resume) -> None:
        if link not in self._links:
            self._links.append(link)
        for consultation, owner in sorted(self.owners.items()):
            stream = consultation_stream(consultation)
            if owner == link.taxpayer:
                for frame in self.logs[stream][resume.cursors.get(stream, 0) :]:
                    await self._send(link, frame)
        await self._send(link, Done(request_id=resume.request_id))

    async def _perform(self, link: Link, request: Request) -> Message:
        match request:
            case OpenConsultation():
                return await self._open(link, request)
            case PostMessage():
                return await self._post(request)
            case SendContext():
                claims = jwt.decode(request.token, options={"verify_signature": False})
                context = msgspec.convert({**claims["ctx"], "at": time.time(), "verified": True}, BusinessContext)
                await self._append(request.consultation, ContextReceived(context=context))
            case AskHuman():
                await self._append(request.consultation, HandOverRequested(reason="asked"))
                taken = TicketTaken(queue="360103", number="A001", day="2025-01-01", office=OFFICE)
                await self._append(request.consultation, taken)
                position = QueuePosition(consultation=request.consultation, number="A001", ahead=2, office=OFFICE.name)
                await self._broadcast(link.taxpayer, position)
            case LeaveQueue():
                await self._append(request.consultation, TicketLeft(reason="left"))
            case EndConsultation():
                await self._append(request.consultation, ServiceFinished(by="taxpayer"))
            case Evaluate():
                evaluated = Evaluated(level=request.level, reasons=request.reasons, text=request.text)
                await self._append(request.consultation, evaluated)
            case _:
                pass
        return Done(request_id=request.request_id)

    async def _open(self, link: Link, request: OpenConsultation) -> Message:
        mine = [one for one, owner in self.owners.items() if owner == link.taxpayer and not self._finished(one)]
        consultation = max(mine, default=ConsultationId(new_id()))
        if consultation not in self.owners:
            card = next(card for card in self.sessions.values() if card.id == link.taxpayer)
            self.owners[consultation] = link.taxpayer
            await self._append(
                consultation, ConsultationOpened(consultation=consultation, taxpayer=card, channel="web")
            )
            for body in self.greeting(card):
                await self._append(consultation, posted(body))
        return Done(request_id=request.request_id, consultation=consultation, seq=1)

    async def _post(self, request: PostMessage) -> Message:
        log = self.logs[consultation_stream(request.consultation)]
        same = [f for f in log if isinstance(f.event, MessagePosted) and f.event.client_id == request.client_id]
        if not same:
            sender = Sender(side=Side.TAXPAYER)
            event = MessagePosted(client_id=request.client_id, sender=sender, body=request.body)
            await self._append(request.consultation, event)
            for body in self.on_message(request):
                await self._append(request.consultation, posted(body))
        return Done(request_id=request.request_id, seq=len(log))

    def _finished(self, consultation: ConsultationId) -> bool:
        return any(isinstance(f.event, ServiceFinished) for f in self.logs[consultation_stream(consultation)])

    async def _append(self, consultation: ConsultationId, event: AnyEvent, deliver: bool = True) -> None:
        stream = consultation_stream(consultation)
        log = self.logs.setdefault(stream, [])
        frame = EventFrame(stream=stream, seq=len(log) + 1, at=time.time(), event=event)
        log.append(frame)
        if deliver:
            await self._broadcast(self.owners[consultation], frame)

    def _pulse(self, taxpayer: TaxpayerId) -> Pulse:
        mine = [consultation_stream(one) for one, owner in self.owners.items() if owner == taxpayer]
        return Pulse(heads={stream: len(self.logs[stream]) for stream in mine}, now=time.time())

    async def _broadcast(self, taxpayer: TaxpayerId, message: Message) -> None:
        for link in list(self._links):
            if link.taxpayer == taxpayer:
                await self._send(link, message)

    async def _cut(self) -> None:
        links, self._links = self._links, []
        for link in links:
            await link.socket.close(1012)

    async def _send(self, link: Link, message: Message) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):
            await link.socket.send_text(codec.encode(message).decode())

    def _note(self, message: Message) -> None:
        with self._changed:
            self.heard.append(message)
            self._changed.notify_all()

    def _call(self, act: Coroutine[None, None, None]) -> None:
        """Do something on the server's loop, and wait until it is done."""
        if self._loop is None:
            act.close()
            raise RuntimeError("no page has connected yet")
        asyncio.run_coroutine_threadsafe(act, self._loop).result(5)


def posted(body: Body, side: Side = Side.BOT) -> MessagePosted:
    """Return a message event of the bot or the agent."""
    name, agent = (AGENT.name, AGENT.id) if side is Side.AGENT else ("", None)
    return MessagePosted(client_id=ClientId(new_id()), sender=Sender(side=side, name=name, agent=agent), body=body)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
