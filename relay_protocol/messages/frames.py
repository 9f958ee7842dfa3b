"""Who may say what: the union of messages that a reader at each end decodes."""

from relay_protocol.messages.assist import (
    AskAssist,
    AssistBriefing,
    AssistEnded,
    AssistInvitation,
    DeclineAssist,
    EndAssist,
    RenewInvitation,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
)
from relay_protocol.messages.chat import (
    MarkSeen,
    OpenConsultation,
    PeerLink,
    PostMessage,
    RecallMessage,
    Receipt,
    SendContext,
    Typing,
)
from relay_protocol.messages.closing import (
    EndConsultation,
    Evaluate,
    FinishService,
    PutOnHold,
    ResumeService,
    SubmitWrapUp,
)
from relay_protocol.messages.knowledge import KnowledgeFound, SearchKnowledge
from relay_protocol.messages.link import Done, ErrorReply, Heartbeat, Hello, Pulse, Resume, Welcome
from relay_protocol.messages.queueing import (
    AcceptOffer,
    AskHuman,
    BookCallback,
    ComeBack,
    DeclineOffer,
    ExplainWait,
    Explanation,
    FollowBoard,
    LeaveMessage,
    LeaveQueue,
    QueueBoard,
    QueuePosition,
    QueueSummary,
    SetPresence,
    StepAway,
    StreamClosed,
    TakeUp,
    WorkbenchSnapshot,
)
from relay_protocol.messages.streams import EventFrame, History, LoadHistory
from relay_protocol.messages.together import (
    AnswerInvitation,
    AnswerTransfer,
    AskTransfer,
    BlockTaxpayer,
    CancelTransfer,
    InviteColleague,
    LeaveConsultation,
    LookAt,
    PostPrivate,
    Reassign,
    TakeOver,
    UnblockTaxpayer,
    Viewers,
    WatchConsultation,
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
