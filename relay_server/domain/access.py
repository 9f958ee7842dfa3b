"""Who may do what: the one policy that lists, objects, search, links, HTTP and exports ask. Denied unless said here.

People hold roles on parts of the office tree; `policy.POLICY` says what each role may do there. Seeing is bounded by
the tree, transferring is not: whoever serves may hand on to any office.
"""

from dataclasses import dataclass

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, AssistId, ConsultationId, TaxpayerId
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    ColleagueInvited,
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
from relay_server.domain.consultation import LEFT_WORD, WAITING, WITH_AGENT, Consultation, State
from relay_server.domain.policy import POLICY, Scope
from relay_server.domain.policy import Action as Action
from relay_server.domain.records import Role

FOR_AGENTS = (
    ColleagueInvited,
    PrivatePosted,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WatchEnded,
    WrappedUp,
)
"""What only agents read; to everybody else something stands there that cannot be seen."""


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
class Held:
    """A role and the offices it holds for. `everywhere` includes what belongs to no office (any more)."""

    role: Role
    offices: frozenset[str] = frozenset()
    everywhere: bool = False

    def covers(self, office: str) -> bool:
        """Tell whether the role holds for this office."""
        return self.everywhere or office in self.offices


@dataclass(frozen=True)
class AgentActor:
    """A user of the workbench who is logged in; without grants a plain agent.

    `reason` is why an auditor looks; `contacts` are people they serve at this moment, whose history they may read.
    """

    card: AgentCard
    grants: tuple[Held, ...] = (Held(Role.AGENT),)
    reason: str = ""
    contacts: frozenset[TaxpayerId] = frozenset()

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


@dataclass(frozen=True)
class Within:
    """What a list may show: everything, or these offices and what the asker takes part in."""

    offices: frozenset[str] = frozenset()
    everything: bool = False


def may(actor: Actor, action: Action, thing: Consultation | str) -> bool:
    """Tell whether `actor` may do this with a consultation as it stands, or with an office (its code)."""
    match actor:
        case AgentActor():
            return any(_holds(actor, held, action, thing) for held in actor.grants)
        case TaxpayerActor() if isinstance(thing, Consultation):
            own = thing.taxpayer.id == actor.id
            return own and action in (Action.READ, Action.POST, Action.STEER, Action.SIGNAL)
        case HelperActor() if isinstance(thing, Consultation):
            running = thing.assist is not None and thing.assist.id == actor.assist
            return running and action is Action.SIGNAL
    return False


def may_ever(actor: AgentActor, action: Action) -> bool:
    """Tell whether there is anything at all `actor` may do this with."""
    return any(POLICY[action][held.role] is not Scope.NONE for held in actor.grants)


def within(actor: AgentActor, action: Action) -> Within:
    """Return where `actor` may do this beyond what they take part in, so that lists ask for nothing else."""
    scopes = {Scope.TREE, *([Scope.WHY] if actor.reason else [])}
    held = [one for one in actor.grants if POLICY[action][one.role] in scopes]
    return Within(frozenset().union(*(one.offices for one in held)), any(one.everywhere for one in held))


def require(actor: Actor, action: Action, consultation: Consultation | None) -> Consultation:
    """Return the consultation if `actor` may do this with it.

    Raise `BanwenError(NOT_FOUND)` otherwise: what is not yours looks like what is not there.
    """
    if consultation is None or not may(actor, action, consultation):
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这次咨询，可能已转交他人，请刷新后重试。")
    return consultation


def require_office(actor: AgentActor, action: Action, office: str) -> None:
    """Raise `BanwenError(FORBIDDEN)` unless `actor` may do this with the office."""
    if not may(actor, action, office):
        raise BanwenError(ErrorCode.FORBIDDEN, "您没有这项操作的权限，请联系上级机构的管理员。")


def require_ever(actor: AgentActor, action: Action) -> None:
    """Raise `BanwenError(FORBIDDEN)` unless there is anything `actor` may do this with."""
    if not may_ever(actor, action):
        raise BanwenError(ErrorCode.FORBIDDEN, "您的角色没有这项功能，请联系安全管理员授权。")


def side_of(actor: Actor) -> Side:
    """Return the side an actor speaks for."""
    return Side.AGENT if isinstance(actor, AgentActor) else Side.TAXPAYER


def visible(actor: Actor, event: AnyEvent) -> AnyEvent:
    """Return the event as this reader may see it: what agents write among themselves never reaches a taxpayer."""
    if not isinstance(actor, AgentActor) and isinstance(event, FOR_AGENTS):
        return Redacted()
    return event


def _holds(actor: AgentActor, held: Held, action: Action, thing: Consultation | str) -> bool:
    scope = POLICY[action][held.role]
    if isinstance(thing, str):
        return scope is Scope.TREE and held.covers(thing)
    inside = any(held.covers(office) for office in _offices_of(thing))
    match scope:
        case Scope.OWN:
            return _own(actor, action, thing)
        case Scope.QUEUE:
            return _own(actor, action, thing) or (_waits(thing) and inside)
        case Scope.TREE:
            return inside or _own(actor, action, thing)
        case Scope.WHY:
            return inside and bool(actor.reason)
    return False


def _offices_of(consultation: Consultation) -> list[str]:
    """Return whose it is: the office it belongs to, and that of the agent who serves it, wherever it came from."""
    own = consultation.office.code if consultation.office is not None else ""
    return [own, *([consultation.agent.office.code] if consultation.agent is not None else [])]


def _own(actor: AgentActor, action: Action, consultation: Consultation) -> bool:
    """Tell whether the agent has the part in it that this takes."""
    serves = consultation.agent is not None and consultation.agent.id == actor.id
    helps = any(one.id == actor.id for one in consultation.colleagues)
    match action:
        case Action.ANSWER_OFFER:
            return consultation.offer is not None and consultation.offer.agent.id == actor.id
        case Action.POST | Action.WHISPER:
            return (serves or helps) and consultation.state in WITH_AGENT
        case Action.SIGNAL:
            return serves and consultation.state is State.ACTIVE
        case Action.SERVE | Action.TRANSFER | Action.BLOCK:
            return serves
        case Action.TAKE_UP:
            return _waits(consultation) and actor.id in consultation.followers
        case Action.READ | Action.SEARCH:
            contact = consultation.taxpayer.id in actor.contacts
            return serves or contact or actor.id in consultation.followers
    return serves or actor.id in consultation.followers


def _waits(consultation: Consultation) -> bool:
    return consultation.state in WAITING or consultation.state in LEFT_WORD
