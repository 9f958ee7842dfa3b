"""Scripted taxpayers and agents for measurements: the public protocol over real links, with a real log-in."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from relay_client.link import RelayLink, new_request_id, websocket_url
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ClientId, ConsultationId
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    Done,
    EventFrame,
    Message,
    MessagePosted,
    OfferAccepted,
    Offered,
    OpenConsultation,
    PostMessage,
    PresenceState,
    Request,
    SetPresence,
    Text,
    WorkbenchSnapshot,
)

Run = Callable[[Coroutine[None, None, None]], object]


@asynccontextmanager
async def crew() -> AsyncIterator[Run]:
    """Yield what runs links in the background; all of them end with the block."""
    async with asyncio.TaskGroup() as group:
        running: list[asyncio.Task[None]] = []
        try:
            yield lambda work: running.append(group.create_task(work))
        finally:
            for task in running:
                task.cancel()


@dataclass
class Person:
    """One link and what it heard. `heard` calls back on every chat message of the other side, `other` on the rest."""

    link: RelayLink | None = None
    token: str = ""
    heard: Callable[[EventFrame], None] = lambda frame: None
    other: Callable[[Message], None] = lambda message: None
    consultation: ConsultationId | None = None
    served: asyncio.Event = field(default_factory=asyncio.Event)
    live: asyncio.Event = field(default_factory=asyncio.Event)
    snapshot: WorkbenchSnapshot | None = None
    offers: asyncio.Queue[tuple[ConsultationId, Offered]] = field(default_factory=asyncio.Queue)

    def connect(self, server: str, path: str, token: str) -> RelayLink:
        """Make the link; run it as a task."""
        self.token = token
        self.link = RelayLink(
            websocket_url(server, path),
            token,
            ClientId(new_request_id()),
            app="",
            on_message=self._on_message,
            on_state=self._on_state,
            on_restart=lambda: None,
        )
        return self.link

    async def ask(self, request: Request) -> Done:
        """Send a request and insist on its `Done`."""
        if self.link is None:
            raise RuntimeError("not connected")
        answer = await self.link.request(request)
        if not isinstance(answer, Done):
            raise TypeError(type(answer).__name__)
        return answer

    async def say(self, consultation: ConsultationId, text: str) -> float:
        """Post a text; return the seconds until it was durably acknowledged."""
        started = time.perf_counter()
        request_id = new_request_id()
        client_id = ClientId(request_id)
        body = Text(text=text)
        await self.ask(PostMessage(request_id=request_id, consultation=consultation, client_id=client_id, body=body))
        return time.perf_counter() - started

    def _on_state(self, state: LinkState, error: BanwenError | None) -> None:
        if state is LinkState.LIVE:
            self.live.set()

    def _on_message(self, message: Message) -> None:
        match message:
            case WorkbenchSnapshot():
                self.snapshot = message
            case EventFrame(event=Offered() as offered):
                self.offers.put_nowait((ConsultationId(message.stream.partition("/")[2]), offered))
            case EventFrame(event=OfferAccepted()):
                self.served.set()
            case EventFrame(event=MessagePosted()):
                self.heard(message)
            case _:
                self.other(message)


async def join_taxpayer(server: str, app: str, run: Run) -> Person:
    """Open a consultation as an anonymous taxpayer and ask for a person."""
    async with httpx.AsyncClient(base_url=server) as http:
        reply = await http.post("/api/taxpayer/session", json={"app": app, "identity": None, "token": None})
        token = reply.raise_for_status().json()["token"]
    person = Person()
    run(person.connect(server, "/ws/taxpayer", token).run())
    await person.live.wait()
    done = await person.ask(OpenConsultation(request_id=new_request_id()))
    person.consultation = done.consultation
    return person


async def take_number(person: Person) -> None:
    """「转人工」."""
    if person.consultation is None:
        raise RuntimeError("no consultation")
    await person.ask(AskHuman(request_id=new_request_id(), consultation=person.consultation))


async def join_agent(server: str, username: str, password: str, run: Run) -> Person:
    """Log in, be ready, and accept every offer from now on."""
    async with httpx.AsyncClient(base_url=server, timeout=30) as http:
        reply = await http.post("/api/agent/login", json={"username": username, "password": password})
        token = reply.raise_for_status().json()["token"]
    person = Person()
    run(person.connect(server, "/ws/agent", token).run())
    await person.live.wait()
    await person.ask(SetPresence(request_id=new_request_id(), state=PresenceState.READY))
    run(_accept_all(person))
    return person


async def _accept_all(person: Person) -> None:
    while True:
        consultation, offered = await person.offers.get()
        if person.snapshot is not None and offered.agent.id == person.snapshot.me.id:
            request_id = new_request_id()
            await person.ask(AcceptOffer(request_id=request_id, consultation=consultation, offer=offered.offer))
