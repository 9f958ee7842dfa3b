"""Who may do what: the one policy that lists, objects, WebSockets, HTTP and exports ask. Denied unless said here."""

from dataclasses import dataclass
from enum import StrEnum

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, AssistId, ConsultationId, TaxpayerId
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    ColleagueInvited,
    ColleagueLeft,
    PrivatePosted,
    Redacted,
    Side,
    TaxpayerCard,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchEnded,
    WrappedUp,
)
from relay_server.domain.consultation import Consultation, State

AGENTS_ONLY = (
    WrappedUp,
    PrivatePosted,
    TransferAsked,
    TransferReturned,
    ColleagueInvited,
    ColleagueLeft,
    WatchBegan,
    WatchEnded,
)
"""Events that never reach a taxpayer or a helper; `Redacted` stands in their place."""


@dataclass(frozen=True)
class TaxpayerActor:
    """A taxpayer who is signed in. `subject` is the app's own id for them, empty for anonymous people."""

    card: TaxpayerCard
    app: str
    subject: str = ""

    @property
    def id(self) -> TaxpayerId:
        """Who it is."""
        return self.card.id


@dataclass(frozen=True)
class AgentActor:
    """An agent who is logged in."""

    card: AgentCard

    @property
    def id(self) -> AgentId:
        """Who it is."""
        return self.card.id


@dataclass(frozen=True)
class HelperActor:
    """A helper program; it speaks for one assistance and nothing else."""

    assist: AssistId
    consultation: ConsultationId


Actor = TaxpayerActor | AgentActor | HelperActor


class Action(StrEnum):
    """What somebody wants to do with a consultation."""

    READ = "read"
    POST = "post"
    STEER = "steer"
    ANSWER_OFFER = "answer_offer"
    SERVE = "serve"
    SIGNAL = "signal"


def may(actor: Actor, action: Action, consultation: Consultation) -> bool:
    """Tell whether `actor` may do this with the consultation as it stands."""
    match actor:
        case TaxpayerActor():
            own = consultation.taxpayer.id == actor.id
            return own and action in (Action.READ, Action.POST, Action.STEER, Action.SIGNAL)
        case AgentActor():
            return _agent_may(actor, action, consultation)
        case HelperActor():
            running = consultation.assist is not None and consultation.assist.id == actor.assist
            return running and action is Action.SIGNAL


def require(actor: Actor, action: Action, consultation: Consultation | None) -> Consultation:
    """Return the consultation if `actor` may do this with it.

    Raise `BanwenError(NOT_FOUND)` otherwise: what is not yours looks like what is not there.
    """
    if consultation is None or not may(actor, action, consultation):
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这次咨询，可能已转交他人，请刷新后重试。")
    return consultation


def side_of(actor: Actor) -> Side:
    """Return the side an actor speaks for."""
    return Side.AGENT if isinstance(actor, AgentActor) else Side.TAXPAYER


def visible(actor: Actor, event: AnyEvent) -> AnyEvent:
    """Return the event as this reader may see it: what agents write among themselves is not for taxpayers."""
    if isinstance(event, AGENTS_ONLY) and not isinstance(actor, AgentActor):
        return Redacted()
    return event


def _agent_may(actor: AgentActor, action: Action, consultation: Consultation) -> bool:
    serves = consultation.agent is not None and consultation.agent.id == actor.id
    offered = consultation.offer is not None and consultation.offer.agent.id == actor.id
    match action:
        case Action.READ:
            return serves or offered
        case Action.ANSWER_OFFER:
            return offered
        case Action.POST | Action.SIGNAL:
            return serves and consultation.state is State.ACTIVE
        case Action.SERVE:
            return serves
    return False
