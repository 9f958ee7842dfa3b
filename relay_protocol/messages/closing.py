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


class EndConsultation(Request, frozen=True, kw_only=True):
    """The taxpayer ends it."""

    consultation: ConsultationId


class Evaluate(Request, frozen=True, kw_only=True):
    """好差评: `level` 5 非常满意 … 1 非常不满意, once per consultation."""

    consultation: ConsultationId
    level: int
    reasons: list[str] = []
    text: str = ""


class ServiceFinished(Event, frozen=True, kw_only=True):
    """The conversation is over. `by` is `agent` or `taxpayer`."""

    by: str


class WrappedUp(Event, frozen=True, kw_only=True):
    """小结 was written."""

    business: str
    question_type: str
    resolution: Resolution
    text: str
    agent: AgentCard


class ConsultationClosed(Event, frozen=True, kw_only=True):
    """Closed. `reason` is `wrapped_up`, `contained` (the bot was enough) or `left`."""

    reason: str


class Evaluated(Event, frozen=True, kw_only=True):
    """The taxpayer rated the service."""

    level: int
    reasons: list[str]
    text: str
