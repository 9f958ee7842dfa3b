"""The messages, one family per file; and here the unions a reader at each end decodes.

Families: `base`, `facts`, `bodies`, `link`, `chat`, `queueing`, `closing`, `assist`, `together`,
`settings`, `knowledge`, `streams`.
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
    Recalled,
    Text,
    Voice,
)
from relay_protocol.messages.chat import (
    ConsultationOpened,
    ContextReceived,
    Erased,
    MarkSeen,
    MessagePosted,
    MessageRecalled,
    OpenConsultation,
    PeerLink,
    PostMessage,
    Quote,
    RecallMessage,
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
    IdleReminded,
    PutOnHold,
    Reopened,
    Resolution,
    ResumeService,
    ServiceFinished,
    ServiceHeld,
    ServiceResumed,
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
    AgentStatus,
    AskHuman,
    Assigned,
    BookCallback,
    CallbackBooked,
    Candidate,
    ComeBack,
    ConsultationHead,
    DecisionLine,
    DeclineOffer,
    ExplainWait,
    Explanation,
    FollowBoard,
    HandOverRequested,
    HumanUnavailable,
    LeaveMessage,
    LeaveQueue,
    LocalityAsked,
    MessageLeft,
    OfferAccepted,
    Offered,
    OfferReturned,
    QueueBoard,
    QueuePosition,
    QueueSummary,
    Released,
    SetPresence,
    StepAway,
    StreamClosed,
    TakeUp,
    TaxpayerAway,
    TaxpayerBack,
    TicketLeft,
    TicketTaken,
    Widened,
    WorkbenchSnapshot,
)
from relay_protocol.messages.settings import (
    NoAnswerCounted,
    PresenceChanged,
    RecordsRead,
    SettingChanged,
    TaxpayerBlocked,
    TaxpayerErased,
    TaxpayerUnblocked,
)
from relay_protocol.messages.streams import AnyEvent, ConsultationEvent, EventFrame, History, LoadHistory
from relay_protocol.messages.together import (
    AnswerInvitation,
    AnswerTransfer,
    AskTransfer,
    BlockTaxpayer,
    CancelTransfer,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    InviteColleague,
    LeaveConsultation,
    LookAt,
    PostPrivate,
    PrivateKind,
    PrivatePosted,
    Reassign,
    TakeOver,
    TargetKind,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    TransferTarget,
    UnblockTaxpayer,
    Viewers,
    WatchBegan,
    WatchConsultation,
    WatchEnded,
)

TaxpayerFrame = (
    Hello
    | Heartbeat
    | Resume
    | OpenConsultation
    | PostMessage
    | SendContext
    | Typing
    | MarkSeen
    | RecallMessage
    | AskHuman
    | LeaveQueue
    | StepAway
    | ComeBack
    | LeaveMessage
    | BookCallback
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
    | RecallMessage
    | TakeUp
    | AskTransfer
    | CancelTransfer
    | AnswerTransfer
    | InviteColleague
    | AnswerInvitation
    | LeaveConsultation
    | PostPrivate
    | WatchConsultation
    | TakeOver
    | Reassign
    | BlockTaxpayer
    | UnblockTaxpayer
    | LookAt
    | FollowBoard
    | ExplainWait
    | AskAssist
    | EndAssist
    | SdpAnswer
    | PutOnHold
    | ResumeService
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
    | QueueBoard
    | Explanation
    | Viewers
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
    "AgentStatus",
    "Answer",
    "AnswerInvitation",
    "AnswerTransfer",
    "AnyEvent",
    "AskAssist",
    "AskHuman",
    "AskTransfer",
    "Assigned",
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
    "BlockTaxpayer",
    "Body",
    "BookCallback",
    "BusinessContext",
    "CallbackBooked",
    "CancelTransfer",
    "Candidate",
    "Choices",
    "ClientFrame",
    "ColleagueInvited",
    "ColleagueJoined",
    "ColleagueLeft",
    "ComeBack",
    "ConsultationClosed",
    "ConsultationEvent",
    "ConsultationHead",
    "ConsultationOpened",
    "ContextReceived",
    "DecisionLine",
    "DeclineAssist",
    "DeclineOffer",
    "Done",
    "EndAssist",
    "EndConsultation",
    "Erased",
    "ErrorReply",
    "Evaluate",
    "Evaluated",
    "Event",
    "EventFrame",
    "ExplainWait",
    "Explanation",
    "Fact",
    "File",
    "FinishService",
    "FollowBoard",
    "HandOverRequested",
    "Heartbeat",
    "Hello",
    "HelperFrame",
    "History",
    "HumanUnavailable",
    "IdleReminded",
    "Image",
    "InviteColleague",
    "KnowledgeFound",
    "KnowledgeHit",
    "LeaveConsultation",
    "LeaveMessage",
    "LeaveQueue",
    "LoadHistory",
    "LocalityAsked",
    "LookAt",
    "MarkSeen",
    "Message",
    "MessageLeft",
    "MessagePosted",
    "MessageRecalled",
    "NoAnswer",
    "NoAnswerCounted",
    "Notice",
    "OfferAccepted",
    "OfferReturned",
    "Offered",
    "Office",
    "OpenConsultation",
    "Option",
    "PeerLink",
    "PostMessage",
    "PostPrivate",
    "PostableBody",
    "PresenceChanged",
    "PresenceState",
    "PrivateKind",
    "PrivatePosted",
    "Privilege",
    "Pulse",
    "PutOnHold",
    "QueueBoard",
    "QueuePosition",
    "QueueSummary",
    "Quote",
    "Reassign",
    "RecallMessage",
    "Recalled",
    "RecordsRead",
    "Receipt",
    "Redacted",
    "RelayFrame",
    "Released",
    "RenewInvitation",
    "Reopened",
    "ReportAssist",
    "Request",
    "Resolution",
    "Resume",
    "ResumeService",
    "SdpAnswer",
    "SdpOffer",
    "SearchKnowledge",
    "SendContext",
    "Sender",
    "ServiceFinished",
    "ServiceHeld",
    "ServiceResumed",
    "SetPresence",
    "SettingChanged",
    "Side",
    "StepAway",
    "StreamClosed",
    "SubmitWrapUp",
    "TakeOver",
    "TakeUp",
    "TargetKind",
    "TaxpayerAway",
    "TaxpayerBack",
    "TaxpayerBlocked",
    "TaxpayerCard",
    "TaxpayerErased",
    "TaxpayerFrame",
    "TaxpayerUnblocked",
    "Text",
    "TicketLeft",
    "TicketTaken",
    "TransferAccepted",
    "TransferAsked",
    "TransferReturned",
    "TransferTarget",
    "Typing",
    "UnblockTaxpayer",
    "Viewers",
    "Voice",
    "WatchBegan",
    "WatchConsultation",
    "WatchEnded",
    "Welcome",
    "Widened",
    "WorkbenchSnapshot",
    "WrappedUp",
]
