"""Talking: open a consultation, post, typing, receipts."""

from relay_protocol.ids import AgentId, ClientId, ConsultationId
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.bodies import Body, PostableBody
from relay_protocol.messages.facts import BusinessContext, Side, TaxpayerCard


class OpenConsultation(Request, frozen=True, kw_only=True):
    """A taxpayer opens the window: continue the open consultation, or begin one."""

    channel: str = "web"


class PostMessage(Request, frozen=True, kw_only=True):
    """Say something. The relay keeps one message per `client_id`, however often it is sent.

    `quote` is the sequence number of the message this answers.
    """

    consultation: ConsultationId
    client_id: ClientId
    body: PostableBody
    quote: int | None = None


class RecallMessage(Request, frozen=True, kw_only=True):
    """Take back an own message, within two minutes; `seq` is where it stands."""

    consultation: ConsultationId
    seq: int


class SendContext(Request, frozen=True, kw_only=True):
    """The page moved: `token` is the context JWT the e-tax site signed. The browser only carries it."""

    consultation: ConsultationId
    token: str


class Typing(Message, frozen=True, kw_only=True):
    """Somebody types. From a client without `side`; passed on with it. Never stored.

    `preview` is what a taxpayer has typed so far, where the policy lets agents see it.
    """

    consultation: ConsultationId
    side: Side | None = None
    preview: str = ""


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
    """A consultation began. `follows` is the closed one it goes on with, when that could not be opened again."""

    consultation: ConsultationId
    taxpayer: TaxpayerCard
    channel: str
    follows: ConsultationId | None = None


class ContextReceived(Event, frozen=True, kw_only=True):
    """The taxpayer's place in the e-tax site changed."""

    context: BusinessContext


class Sender(Fact, frozen=True, kw_only=True):
    """Who said it. `agent` is set for agents only."""

    side: Side
    name: str = ""
    agent: AgentId | None = None


class Quote(Fact, frozen=True, kw_only=True):
    """The message that is answered: where it stands, who said it, how it begins. The relay fills it in."""

    seq: int
    sender: Sender
    excerpt: str


class MessagePosted(Event, frozen=True, kw_only=True):
    """Something was said."""

    client_id: ClientId
    sender: Sender
    body: Body
    quote: Quote | None = None


class MessageRecalled(Event, frozen=True, kw_only=True):
    """The message at `target` was taken back; from now on `Recalled` stands in its place."""

    target: int
    sender: Sender


class Redacted(Event, frozen=True, kw_only=True):
    """An event this reader may not see stands here; the sequence stays whole."""


class Erased(Event, frozen=True, kw_only=True):
    """An event whose words were erased stands here. `kind` names its type, `digest` (hex SHA-256) its plain frame."""

    kind: str
    digest: str
