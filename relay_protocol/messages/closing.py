"""The end of a consultation: wrap-up, close, evaluation."""

from enum import StrEnum

from relay_protocol.ids import ConsultationId
from relay_protocol.messages.base import Event, Request
from relay_protocol.messages.facts import AgentCard


class Resolution(StrEnum):
    """处理结果."""

    RESOLVED = "resolved"
    WORK_ORDER = "work_order"
    UNRESOLVED = "unresolved"
    INVALID = "invalid"


class FinishService(Request, frozen=True, kw_only=True):
    """The agent's part is done: the chat ends and the wrap-up is owed."""

    consultation: ConsultationId


class SubmitWrapUp(Request, frozen=True, kw_only=True):
    """小结: all four are required; `business` and `question_type` are codes of the wrap-up catalogue."""

    consultation: ConsultationId
    business: str
    question_type: str
    resolution: Resolution
    text: str


class PutOnHold(Request, frozen=True, kw_only=True):
    """Nothing to do before the taxpayer does something: the agent's place is free for others meanwhile."""

    consultation: ConsultationId
    reason: str = ""


class ResumeService(Request, frozen=True, kw_only=True):
    """The agent goes on with a consultation on hold."""

    consultation: ConsultationId


class EndConsultation(Request, frozen=True, kw_only=True):
    """The taxpayer ends it."""

    consultation: ConsultationId


class Evaluate(Request, frozen=True, kw_only=True):
    """好差评: `level` 5 非常满意 … 1 非常不满意, once per consultation."""

    consultation: ConsultationId
    level: int
    reasons: list[str] = []
    text: str = ""


class ServiceHeld(Event, frozen=True, kw_only=True):
    """挂起: waiting for the taxpayer; it does not count for the agent's load."""

    reason: str


class ServiceResumed(Event, frozen=True, kw_only=True):
    """The service goes on. `by` is `agent` or `taxpayer`."""

    by: str


class IdleReminded(Event, frozen=True, kw_only=True):
    """The taxpayer was silent for long and was reminded; without an answer it ends at `ends_at` (Unix seconds)."""

    ends_at: float


class ServiceFinished(Event, frozen=True, kw_only=True):
    """The conversation is over. `by` is `agent`, `taxpayer` or `idle`."""

    by: str


class WrappedUp(Event, frozen=True, kw_only=True):
    """小结 was written."""

    business: str
    question_type: str
    resolution: Resolution
    text: str
    agent: AgentCard


class ConsultationClosed(Event, frozen=True, kw_only=True):
    """Closed. `reason` is `wrapped_up`, `contained` (the bot was enough), `left`, `abandoned` or `blocked`."""

    reason: str


class Reopened(Event, frozen=True, kw_only=True):
    """The taxpayer came back within the time in which it may be opened again; an owner follows at once."""


class Evaluated(Event, frozen=True, kw_only=True):
    """The taxpayer rated the service."""

    level: int
    reasons: list[str]
    text: str
