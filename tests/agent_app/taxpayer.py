"""A taxpayer at the other end: the real protocol over the real link, without a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec

from agent_app.spawn import spawn
from relay_client.link import RelayLink, new_request_id, websocket_url
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ClientId, ConsultationId
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AskHuman,
    Done,
    EventFrame,
    Image,
    MarkSeen,
    Message,
    MessagePosted,
    OpenConsultation,
    PostMessage,
    Receipt,
    SendContext,
    Text,
    Typing,
)
from tests.running import APP, RunningRelay

NONE = ConsultationId("")


@dataclass
class Taxpayer:
    """What a page would do, and what it heard."""

    heard: list[Message] = field(default_factory=list)
    link: RelayLink = field(init=False)
    id: ConsultationId = NONE

    async def begin(self) -> None:
        """Open the window and take a number."""
        answer = await self.link.request(OpenConsultation(request_id=new_request_id()))
        if not isinstance(answer, Done) or answer.consultation is None:
            raise AssertionError("the consultation did not open")
        self.id = answer.consultation

    async def stand(self, token: str) -> None:
        """Tell where the taxpayer stands, as the site signed it."""
        await self.link.request(SendContext(request_id=new_request_id(), consultation=self.id, token=token))

    async def ask_human(self) -> None:
        await self.link.request(AskHuman(request_id=new_request_id(), consultation=self.id))

    async def say(self, text: str) -> None:
        request_id = new_request_id()
        body = Text(text=text)
        await self.link.request(
            PostMessage(request_id=request_id, consultation=self.id, client_id=ClientId(request_id), body=body)
        )

    def read_all(self) -> None:
        """Look at everything there is."""
        last = max(frame.seq for frame in self.frames())
        self.link.say(MarkSeen(consultation=self.id, delivered=last, read=last))

    def frames(self) -> list[EventFrame]:
        return [message for message in self.heard if isinstance(message, EventFrame)]

    def texts(self) -> list[str]:
        """Every text said in the consultation, in order."""
        said = [frame.event for frame in self.frames() if isinstance(frame.event, MessagePosted)]
        return [one.body.text for one in said if isinstance(one.body, Text)]

    def pictures(self) -> list[Image]:
        said = [frame.event for frame in self.frames() if isinstance(frame.event, MessagePosted)]
        return [one.body for one in said if isinstance(one.body, Image)]

    def saw_typing(self) -> bool:
        return any(isinstance(message, Typing) for message in self.heard)

    def receipts(self) -> list[Receipt]:
        return [message for message in self.heard if isinstance(message, Receipt)]


class _Session(msgspec.Struct):
    token: str


@asynccontextmanager
async def taxpayer_of(relay: RunningRelay, subject: str = "u-1001") -> AsyncIterator[Taxpayer]:
    """A verified taxpayer whose link is up."""
    async with httpx.AsyncClient(base_url=relay.url) as http:
        body = {"app": APP, "identity": relay.identity(subject), "token": None}
        reply = await http.post("/api/taxpayer/session", json=body)
    session = msgspec.json.decode(reply.content, type=_Session)
    one = Taxpayer()

    def moved(state: LinkState, error: BanwenError | None) -> None:
        if error is not None:
            raise AssertionError(f"the taxpayer's link was refused: {error}")

    one.link = RelayLink(
        websocket_url(relay.url, "/ws/taxpayer"),
        session.token,
        ClientId(new_request_id()),
        app=APP,
        on_message=one.heard.append,
        on_state=moved,
        on_restart=one.heard.clear,
    )
    task = spawn(one.link.run(), name="taxpayer")
    try:
        yield one
    finally:
        task.cancel()
