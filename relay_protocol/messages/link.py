"""The connection itself: hello, welcome, resume, heartbeat, replies."""

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, RequestId, Stream
from relay_protocol.messages.base import Message, Request


class Hello(Message, frozen=True, kw_only=True):
    """The first frame of every link. `token` is the opaque bearer token; `client` names this window or program."""

    oldest: int
    newest: int
    token: str
    client: ClientId
    app: str = ""


class Welcome(Message, frozen=True, kw_only=True):
    """The relay's answer to `Hello`. A changed `epoch` means its log was restored and cursors are void."""

    protocol: int
    epoch: str
    now: float
    heartbeat: float


class Resume(Request, frozen=True, kw_only=True):
    """Send everything after these sequence numbers, then what comes. An empty table asks for the present only."""

    epoch: str
    cursors: dict[Stream, int]


class Heartbeat(Message, frozen=True, kw_only=True):
    """A client's sign of life."""


class Pulse(Message, frozen=True, kw_only=True):
    """The relay's sign of life, with the newest sequence number of every stream this link follows."""

    heads: dict[Stream, int]
    now: float


class Done(Message, frozen=True, kw_only=True):
    """A request took effect, durably. `seq` is where its event stands."""

    request_id: RequestId
    consultation: ConsultationId | None = None
    seq: int | None = None


class ErrorReply(Message, frozen=True, kw_only=True):
    """A request had no effect; or, without `request_id`, the link itself is refused."""

    code: ErrorCode
    message: str
    request_id: RequestId | None = None
