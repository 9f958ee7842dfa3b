"""Everything a view can ask for. Views emit these on their `wished` signal; app.py decides who carries them out."""

from dataclasses import dataclass

from agent_app.state.wrap_up import Draft
from relay_protocol.ids import AgentId, ClientId, ConsultationId
from relay_protocol.messages import Attachment, PresenceState, PrivateKind, TransferTarget
from relay_protocol.messages.channel import Button


@dataclass(frozen=True, slots=True)
class LogIn:
    server: str
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class LogOut:
    pass


@dataclass(frozen=True, slots=True)
class ChooseLook:
    """Light or dark; `look` is a `views.theme.Wear`."""

    look: str


@dataclass(frozen=True, slots=True)
class ChoosePresence:
    state: PresenceState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish about one consultation."""

    consultation: ConsultationId


@dataclass(frozen=True, slots=True)
class Select(Wish):
    pass


@dataclass(frozen=True, slots=True)
class Look(Wish):
    """The consultation is visible in an active window."""


@dataclass(frozen=True, slots=True)
class Accept(Wish):
    pass


@dataclass(frozen=True, slots=True)
class Decline(Wish):
    pass


@dataclass(frozen=True, slots=True)
class SendText(Wish):
    """Say it; `quote` is the sequence number of the message it answers."""

    text: str
    quote: int | None = None


@dataclass(frozen=True, slots=True)
class SendFile(Wish):
    """A picture or another file; `size` in pixels for pictures, (0, 0) otherwise."""

    name: str
    content: bytes
    media_type: str
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Retry(Wish):
    client_id: ClientId


@dataclass(frozen=True, slots=True)
class Drop(Wish):
    client_id: ClientId


@dataclass(frozen=True, slots=True)
class TellTyping(Wish):
    pass


@dataclass(frozen=True, slots=True)
class FetchPicture:
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class SaveFile:
    """Download a file to a place the agent chose."""

    attachment: Attachment
    path: str


@dataclass(frozen=True, slots=True)
class FindKnowledge:
    query: str
    consultation: ConsultationId | None


@dataclass(frozen=True, slots=True)
class Finish(Wish):
    """The conversation is over; the wrap-up is owed."""


@dataclass(frozen=True, slots=True)
class WriteDraft(Wish):
    draft: Draft


@dataclass(frozen=True, slots=True)
class Submit(Wish):
    draft: Draft


@dataclass(frozen=True, slots=True)
class InviteAssist(Wish):
    pass


@dataclass(frozen=True, slots=True)
class StopAssist(Wish):
    pass


@dataclass(frozen=True, slots=True)
class AskControl:
    pass


@dataclass(frozen=True, slots=True)
class PointerMoved:
    """Places are in pixels of the taxpayer's picture."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class ButtonTurned:
    x: int
    y: int
    button: Button
    down: bool


@dataclass(frozen=True, slots=True)
class WheelTurned:
    """Notches to the right and downwards."""

    x: int
    y: int
    right: int
    down: int


@dataclass(frozen=True, slots=True)
class KeyTurned:
    """An X11 keysym goes down or up."""

    keysym: int
    down: bool


@dataclass(frozen=True, slots=True)
class TextTyped:
    """What no single key says, such as Chinese."""

    text: str


@dataclass(frozen=True, slots=True)
class KeepReply(Wish):
    """What has been written and not sent; empty when it was."""

    text: str


@dataclass(frozen=True, slots=True)
class Recall(Wish):
    """Take back an own message; `seq` is where it stands."""

    seq: int


@dataclass(frozen=True, slots=True)
class Whisper(Wish):
    """Say something that only agents see."""

    kind: PrivateKind
    text: str


@dataclass(frozen=True, slots=True)
class Hold(Wish):
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resume(Wish):
    pass


@dataclass(frozen=True, slots=True)
class AskDirectory:
    """Offices, queues and colleagues, for a picker that opens."""


@dataclass(frozen=True, slots=True)
class Transfer(Wish):
    target: TransferTarget
    reason: str
    summary: str


@dataclass(frozen=True, slots=True)
class KeepIt(Wish):
    """Cancel a transfer that waits for its answer."""


@dataclass(frozen=True, slots=True)
class AnswerAsk(Wish):
    """Answer a transfer or an invitation; `words` say why not."""

    accept: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Invite(Wish):
    agent: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class Leave(Wish):
    """Take part no longer; with `agent`, that colleague shall leave."""

    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class Block(Wish):
    days: float
    reason: str
