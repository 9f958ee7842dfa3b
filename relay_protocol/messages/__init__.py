"""The messages, one family per file; and here the unions a reader at each end decodes.

Families: `base`, `facts`, `bodies`, `link`, `chat`, `queueing`, `closing`, `assist`, `knowledge`, `streams`.
"""

from relay_protocol.messages.assist import (
    AskAssist,
    AssistAsked,
    AssistBriefing,
    AssistEnded,
    AssistGranted,
    AssistInvitation,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    DeclineAssist,
    EndAssist,
    Privilege,
    RenewInvitation,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
)
from relay_protocol.messages.base import Event, Fact, Message, Request
from relay_protocol.messages.bodies import (
    TEXT_LIMIT,
    Answer,
    Body,
    Choices,
    File,
    Image,
    NoAnswer,
    Notice,
    Option,
    PostableBody,
    Text,
)
from relay_protocol.messages.chat import (
    ConsultationOpened,
    ContextReceived,
    MarkSeen,
    MessagePosted,
    OpenConsultation,
    PeerLink,
    PostMessage,
    Receipt,
    Redacted,
    SendContext,
    Sender,
    Typing,
)
from relay_protocol.messages.closing import (
    ConsultationClosed,
    EndConsultation,
    Evaluate,
    Evaluated,
    FinishService,
    Resolution,
    ServiceFinished,
    SubmitWrapUp,
    WrappedUp,
)
from relay_protocol.messages.facts import (
    AgentCard,
    Assurance,
    Attachment,
    BusinessContext,
    Office,
    PresenceState,
    Side,
    TaxpayerCard,
)
from relay_protocol.messages.knowledge import KnowledgeFound, KnowledgeHit, SearchKnowledge
from relay_protocol.messages.link import Done, ErrorReply, Heartbeat, Hello, Pulse, Resume, Welcome
from relay_protocol.messages.queueing import (
    AcceptOffer,
    AskHuman,
    ConsultationHead,
    DeclineOffer,
    HandOverRequested,
    LeaveQueue,
    OfferAccepted,
    Offered,
    OfferReturned,
    QueuePosition,
    QueueSummary,
    SetPresence,
    StreamClosed,
    TicketLeft,
    TicketTaken,
    WorkbenchSnapshot,
)
from relay_protocol.messages.streams import AnyEvent, EventFrame, History, LoadHistory

TaxpayerFrame = (
    Hello
    | Heartbeat
    | Resume
    | OpenConsultation
    | PostMessage
    | SendContext
    | Typing
    | MarkSeen
    | AskHuman
    | LeaveQueue
    | EndConsultation
    | Evaluate
    | RenewInvitation
    | DeclineAssist
    | LoadHistory
)
"""What a taxpayer's page may send."""

AgentFrame = (
    Hello
    | Heartbeat
    | Resume
    | PostMessage
    | Typing
    | MarkSeen
    | SetPresence
    | AcceptOffer
    | DeclineOffer
    | AskAssist
    | EndAssist
    | SdpAnswer
    | FinishService
    | SubmitWrapUp
    | SearchKnowledge
    | LoadHistory
)
"""What a workbench may send."""

HelperFrame = Hello | Heartbeat | SdpOffer | ReportAssist
"""What a helper may send."""

RelayFrame = (
    Welcome
    | Pulse
    | Done
    | ErrorReply
    | EventFrame
    | History
    | Typing
    | Receipt
    | PeerLink
    | QueuePosition
    | QueueSummary
    | WorkbenchSnapshot
    | StreamClosed
    | AssistInvitation
    | AssistBriefing
    | SdpOffer
    | SdpAnswer
    | KnowledgeFound
    | AssistEnded
)
"""What the relay may send."""

ClientFrame = TaxpayerFrame | AgentFrame | HelperFrame

__all__ = [
    "TEXT_LIMIT",
    "AcceptOffer",
    "AgentCard",
    "AgentFrame",
    "Answer",
    "AnyEvent",
    "AskAssist",
    "AskHuman",
    "AssistAsked",
    "AssistBriefing",
    "AssistEnded",
    "AssistGranted",
    "AssistInvitation",
    "AssistJoined",
    "AssistRefused",
    "AssistRevoked",
    "Assurance",
    "Attachment",
    "Body",
    "BusinessContext",
    "Choices",
    "ClientFrame",
    "ConsultationClosed",
    "ConsultationHead",
    "ConsultationOpened",
    "ContextReceived",
    "DeclineAssist",
    "DeclineOffer",
    "Done",
    "EndAssist",
    "EndConsultation",
    "ErrorReply",
    "Evaluate",
    "Evaluated",
    "Event",
    "EventFrame",
    "Fact",
    "File",
    "FinishService",
    "HandOverRequested",
    "Heartbeat",
    "Hello",
    "HelperFrame",
    "History",
    "Image",
    "KnowledgeFound",
    "KnowledgeHit",
    "LeaveQueue",
    "LoadHistory",
    "MarkSeen",
    "Message",
    "MessagePosted",
    "NoAnswer",
    "Notice",
    "OfferAccepted",
    "OfferReturned",
    "Offered",
    "Office",
    "OpenConsultation",
    "Option",
    "PeerLink",
    "PostMessage",
    "PostableBody",
    "PresenceState",
    "Privilege",
    "Pulse",
    "QueuePosition",
    "QueueSummary",
    "Receipt",
    "Redacted",
    "RelayFrame",
    "RenewInvitation",
    "ReportAssist",
    "Request",
    "Resolution",
    "Resume",
    "SdpAnswer",
    "SdpOffer",
    "SearchKnowledge",
    "SendContext",
    "Sender",
    "ServiceFinished",
    "SetPresence",
    "Side",
    "StreamClosed",
    "SubmitWrapUp",
    "TaxpayerCard",
    "TaxpayerFrame",
    "Text",
    "TicketLeft",
    "TicketTaken",
    "Typing",
    "Welcome",
    "WorkbenchSnapshot",
    "WrappedUp",
]
