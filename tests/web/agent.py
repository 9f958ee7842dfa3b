"""An agent without a workbench: the same protocol, one message at a time, to try the page against the real relay."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from relay_protocol import codec
from relay_protocol.ids import ClientId, ConsultationId, RequestId, ulid
from relay_protocol.messages import (
    AcceptOffer,
    Body,
    Done,
    EventFrame,
    Hello,
    Message,
    MessagePosted,
    Offered,
    PostableBody,
    PostMessage,
    PresenceState,
    RelayFrame,
    Request,
    Resume,
    SetPresence,
    Side,
    Welcome,
)

M = TypeVar("M")
PATIENCE = 15.0


def new_id() -> str:
    """Return an identifier."""
    return ulid(time.time(), secrets.token_bytes(10))


def request_id() -> RequestId:
    """Return a request's number."""
    return RequestId(new_id())


class Agent:
    """A colleague who is signed in and ready."""

    def __init__(self, socket: ClientConnection, token: str, http: httpx.Client) -> None:
        self.token, self.http = token, http
        self._socket = socket
        self._reader: codec.Reader[Message] = codec.Reader(RelayFrame, max_bytes=1 << 22)
        self.heard: list[Message] = []
        self.consultation = ConsultationId("")

    def send(self, message: Message) -> None:
        """Say something that has no answer."""
        self._socket.send(codec.encode(message).decode())

    def ask(self, request: Request) -> Done:
        """Make a request and insist on its being done."""
        self.send(request)
        answer = self.hear(lambda m: m if getattr(m, "request_id", None) == request.request_id else None)
        if not isinstance(answer, Done):
            raise AssertionError(f"{type(request).__name__} refused: {answer}")
        return answer

    def hear(self, wanted: Callable[[Message], M | None], patience: float = PATIENCE) -> M:
        """Return what `wanted` makes of the first message it wants, of those to come."""
        deadline = time.monotonic() + patience
        while True:
            message = self._reader.read(self._socket.recv(max(0.01, deadline - time.monotonic())))
            if message is None:
                continue
            self.heard.append(message)
            found = wanted(message)
            if found is not None:
                return found

    def event(self, kind: type[M], patience: float = PATIENCE) -> M:
        """Return the next event of a kind."""
        return self.hear(
            lambda m: m.event if isinstance(m, EventFrame) and isinstance(m.event, kind) else None, patience
        )

    def message(self, kind: type[M]) -> M:
        """Return the next message of a kind that is no event."""
        return self.hear(lambda m: m if isinstance(m, kind) else None)

    def accept(self) -> ConsultationId:
        """Take the next consultation that is offered."""
        offered = self.hear(lambda m: m if isinstance(m, EventFrame) and isinstance(m.event, Offered) else None)
        assert isinstance(offered.event, Offered)
        self.consultation = ConsultationId(offered.stream.removeprefix("consultation/"))
        self.ask(AcceptOffer(request_id=request_id(), consultation=self.consultation, offer=offered.event.offer))
        return self.consultation

    def say(self, body: PostableBody) -> None:
        """Post a message."""
        self.ask(
            PostMessage(
                request_id=request_id(), consultation=self.consultation, client_id=ClientId(new_id()), body=body
            )
        )

    def taxpayers_next(self) -> Body:
        """Return the taxpayer's next message."""
        return self.hear(said_by_taxpayer).body


def said_by_taxpayer(message: Message) -> MessagePosted | None:
    """Return the event, if the taxpayer said something."""
    if isinstance(message, EventFrame) and isinstance(message.event, MessagePosted):
        return message.event if message.event.sender.side is Side.TAXPAYER else None
    return None


@contextmanager
def signed_in(url: str, number: str, password: str) -> Iterator[Agent]:
    """Sign in as an agent and be ready."""
    with httpx.Client(base_url=url) as http:
        reply = http.post("/api/agent/login", json={"username": number, "password": password})
        reply.raise_for_status()
        token = reply.json()["token"]
        with connect("ws" + url.removeprefix("http") + "/ws/agent", compression=None) as socket:
            agent = Agent(socket, token, http)
            agent.send(Hello(oldest=1, newest=1, token=token, client=ClientId(new_id())))
            welcome = agent.message(Welcome)
            agent.ask(Resume(request_id=request_id(), epoch=welcome.epoch, cursors={}))
            agent.ask(SetPresence(request_id=request_id(), state=PresenceState.READY))
            yield agent
