"""Talking: open a consultation, post, typing, receipts."""

from relay_protocol.ids import AgentId, ClientId, ConsultationId
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.bodies import Body, PostableBody
from relay_protocol.messages.facts import BusinessContext, Side, TaxpayerCard


class OpenConsultation(Request, frozen=True, kw_only=True):
    """A taxpayer opens the window: continue the open consultation, or begin one."""

    channel: str = "web"


class PostMessage(Request, frozen=True, kw_only=True):
    """Say something. The relay keeps one message per `client_id`, however often it is sent."""

    consultation: ConsultationId
    client_id: ClientId
    body: PostableBody


class SendContext(Request, frozen=True, kw_only=True):
    """The page moved: `token` is the context JWT the e-tax site signed. The browser only carries it."""

    consultation: ConsultationId
    token: str


class Typing(Message, frozen=True, kw_only=True):
    """Somebody types. From a client without `side`; passed on with it. Never stored."""

    consultation: ConsultationId
    side: Side | None = None


class MarkSeen(Message, frozen=True, kw_only=True):
    """A client has received everything up to `delivered`, and a person has looked at everything up to `read`."""

    consultation: ConsultationId
    delivered: int
    read: int = 0


class Receipt(Message, frozen=True, kw_only=True):
    """How far one side has received and read. Sent when it moves, and again after a resume."""

    consultation: ConsultationId
    side: Side
    delivered: int
    read: int


class PeerLink(Message, frozen=True, kw_only=True):
    """Whether the other side is connected at this moment."""

    consultation: ConsultationId
    side: Side
    online: bool


class ConsultationOpened(Event, frozen=True, kw_only=True):
    """A consultation began."""

    consultation: ConsultationId
    taxpayer: TaxpayerCard
    channel: str


class ContextReceived(Event, frozen=True, kw_only=True):
    """The taxpayer's place in the e-tax site changed."""

    context: BusinessContext


class Sender(Fact, frozen=True, kw_only=True):
    """Who said it. `agent` is set for agents only."""

    side: Side
    name: str = ""
    agent: AgentId | None = None


class MessagePosted(Event, frozen=True, kw_only=True):
    """Something was said."""

    client_id: ClientId
    sender: Sender
    body: Body


class Redacted(Event, frozen=True, kw_only=True):
    """An event this reader may not see stands here; the sequence stays whole."""
