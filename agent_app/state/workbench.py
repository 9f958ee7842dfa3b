"""All the workbench knows: who works here, the link, the consultations; moved by one message of the relay at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from agent_app.state.assist import Live
from agent_app.state.consultation import OWED, SERVED, Consultation
from agent_app.state.fold import apply_event
from agent_app.state.wrap_up import Draft
from relay_protocol.ids import ConsultationId, consultation_of, is_consultation, presence_stream
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AgentCard,
    ConsultationHead,
    EventFrame,
    Message,
    PeerLink,
    PresenceChanged,
    PresenceState,
    QueueBoard,
    QueueSummary,
    Receipt,
    Side,
    StreamClosed,
    Typing,
    Viewers,
    WorkbenchSnapshot,
)

TYPING_SECONDS = 5.0
SUPERVISORS = frozenset({"lead", "admin", "manager"})


class Kind(StrEnum):
    """What a view may have to draw again."""

    SESSION = "session"
    LINK = "link"
    LIST = "list"
    TRANSCRIPT = "transcript"
    CARD = "card"
    STAGE = "stage"
    ASSIST = "assist"
    DRAFT = "draft"
    TEAM = "team"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class Change:
    """Something moved: of one consultation, or of the whole window."""

    kind: Kind
    consultation: ConsultationId | None = None


Changes = tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Workbench:
    """The state. `selected` is the consultation on the screen; `oldest_at` in Unix seconds."""

    me: AgentCard
    presence: PresenceState = PresenceState.OFFLINE
    reason: str = ""
    capacity: int = 0
    waiting: int = 0
    oldest_at: float | None = None
    link: LinkState = LinkState.OFFLINE
    link_error: str = ""
    consultations: Mapping[ConsultationId, Consultation] = field(default_factory=dict)
    selected: ConsultationId | None = None
    drafts: Mapping[ConsultationId, Draft] = field(default_factory=dict)
    live: Live | None = None
    roles: frozenset[str] = frozenset()
    board: QueueBoard | None = None

    @property
    def supervises(self) -> bool:
        """Whether this person looks after others' consultations."""
        return not self.roles.isdisjoint(SUPERVISORS)

    @property
    def offers(self) -> tuple[Consultation, ...]:
        """What this agent is being asked to take, the most urgent first."""
        mine = (one for one in self.consultations.values() if self.is_offered(one))
        return tuple(sorted(mine, key=lambda one: one.offer.expires_at if one.offer else 0.0))

    @property
    def owned(self) -> tuple[Consultation, ...]:
        """What this agent serves or still owes a wrap-up, in the order of acceptance."""
        return tuple(one for one in self.consultations.values() if self.is_owned(one))

    @property
    def asked(self) -> tuple[Consultation, ...]:
        """What colleagues want of this agent: transfers to answer, the most urgent first, then invitations."""
        moved = [one for one in self.consultations.values() if self.is_transferred_here(one)]
        invited = [one for one in self.consultations.values() if self.is_invited(one)]
        return (*sorted(moved, key=lambda one: one.transfer.expires_at if one.transfer else 0.0), *invited)

    @property
    def joined(self) -> tuple[Consultation, ...]:
        """What this agent takes part in without owning it: as a colleague, then as one who watches."""
        beside = [one for one in self.consultations.values() if self.is_colleague(one)]
        return (*beside, *(one for one in self.consultations.values() if self.is_watching(one)))

    @property
    def work(self) -> tuple[Consultation, ...]:
        """Everything the list shows: own work first."""
        return (*self.owned, *self.joined)

    @property
    def current(self) -> Consultation | None:
        """The consultation on the screen."""
        return self.consultations.get(self.selected) if self.selected else None

    def is_offered(self, one: Consultation) -> bool:
        """Whether this agent is asked to take it."""
        return one.followed and one.offer is not None and one.offer.agent == self.me.id

    def is_owned(self, one: Consultation) -> bool:
        """Whether it is this agent's work."""
        mine = one.owner is not None and one.owner.id == self.me.id
        return one.followed and mine and one.stage in OWED

    def is_served(self, one: Consultation) -> bool:
        """Whether this agent serves it now, on hold or not."""
        return self.is_owned(one) and one.stage in SERVED

    def is_transferred_here(self, one: Consultation) -> bool:
        """Whether a colleague wants to hand it to this agent."""
        return one.followed and one.transfer is not None and one.transfer.agent == self.me.id

    def is_invited(self, one: Consultation) -> bool:
        """Whether a colleague wants this agent's help."""
        return one.followed and any(card.id == self.me.id for card in one.invited)

    def is_colleague(self, one: Consultation) -> bool:
        """Whether this agent takes part beside the owner."""
        return one.followed and any(card.id == self.me.id for card in one.colleagues)

    def is_watching(self, one: Consultation) -> bool:
        """Whether this agent looks on."""
        return one.followed and any(card.id == self.me.id for card in one.watchers)

    def may_speak(self, one: Consultation) -> bool:
        """Whether this agent's words reach the taxpayer."""
        return one.stage in SERVED and (self.is_owned(one) or self.is_colleague(one))

    def may_whisper(self, one: Consultation) -> bool:
        """Whether this agent may write to the other agents."""
        return self.is_owned(one) or self.is_colleague(one) or self.is_watching(one)


def apply(state: Workbench, message: Message, now: float) -> tuple[Workbench, Changes]:
    """Take one message of the relay; return the new state and what changed. Unknown ones change nothing."""
    new = _apply(state, message, now)
    return new, diff(state, new)


def restarted(state: Workbench) -> tuple[Workbench, Changes]:
    """The relay's log is another one: forget what events built, keep what the agent has said and not seen confirmed."""
    kept = {
        id_: Consultation(id_, pending=one.pending, followed=one.followed) for id_, one in state.consultations.items()
    }
    new = replace(state, consultations=kept)
    return new, diff(state, new)


def with_consultation(
    state: Workbench, id_: ConsultationId, change: Callable[[Consultation], Consultation]
) -> Workbench:
    """Return the state with one consultation changed; the state itself when it is unknown or nothing changed."""
    old = state.consultations.get(id_)
    if old is None:
        return state
    new = change(old)
    return state if new is old else replace(state, consultations={**state.consultations, id_: new})


def _apply(state: Workbench, message: Message, now: float) -> Workbench:
    match message:
        case EventFrame():
            return _event(state, message)
        case WorkbenchSnapshot():
            return _snapshot(state, message)
        case QueueSummary(waiting=waiting, oldest_at=oldest_at):
            return replace(state, waiting=waiting, oldest_at=oldest_at)
        case Typing(side=Side.TAXPAYER, consultation=id_, preview=preview):
            until = now + TYPING_SECONDS
            return with_consultation(state, id_, lambda one: replace(one, typing_until=until, preview=preview))
        case Receipt(consultation=id_):
            return with_consultation(state, id_, lambda one: _receipt(one, message))
        case PeerLink(side=Side.TAXPAYER, consultation=id_, online=online):
            return with_consultation(state, id_, lambda one: replace(one, online=online))
        case Viewers(consultation=id_):
            return with_consultation(state, id_, lambda one: _viewers(state, one, message))
        case QueueBoard():
            return replace(state, board=message)
        case StreamClosed(consultation=id_):
            return _leave(state, id_)
        case _:
            return state


def _viewers(state: Workbench, one: Consultation, seen: Viewers) -> Consultation:
    """Who looks besides this agent: the relay names all, and one person may have two windows."""
    others = tuple(card for card in seen.looking if card.id != state.me.id)
    typing = frozenset(seen.typing) - {state.me.id}
    return one if (others, typing) == (one.viewers, one.typists) else replace(one, viewers=others, typists=typing)


def _event(state: Workbench, frame: EventFrame) -> Workbench:
    if not is_consultation(frame.stream):
        return _settings(state, frame)
    id_ = consultation_of(frame.stream)
    old = state.consultations.get(id_) or Consultation(id_)
    new = apply_event(old, frame)
    if new is old:
        return state
    # An event arrives only for who follows; a consultation that comes back is followed again.
    new = new if new.followed else replace(new, followed=True)
    return replace(state, consultations={**state.consultations, id_: new})


def _settings(state: Workbench, frame: EventFrame) -> Workbench:
    """Events of other streams: only the own presence matters here."""
    match frame.event:
        case PresenceChanged(state=presence, reason=reason) if frame.stream == presence_stream(state.me.id):
            return replace(state, presence=presence, reason=reason)
        case _:
            return state


def _snapshot(state: Workbench, snapshot: WorkbenchSnapshot) -> Workbench:
    """Presence and who follows what have no replay. What was left is hidden, not dropped: the link keeps its cursor."""
    heads = {head.consultation: head for head in snapshot.consultations}
    known = {
        id_: one if one.followed == (id_ in heads) else replace(one, followed=id_ in heads)
        for id_, one in state.consultations.items()
    }
    new = {id_: _from_head(head) for id_, head in heads.items() if id_ not in known}
    return replace(
        state,
        me=snapshot.me,
        presence=snapshot.presence,
        reason=snapshot.reason,
        capacity=snapshot.capacity,
        roles=frozenset(snapshot.roles),
        consultations={**known, **new},
    )


def _from_head(head: ConsultationHead) -> Consultation:
    return Consultation(head.consultation, taxpayer=head.taxpayer, changed_at=head.changed_at)


def _receipt(one: Consultation, receipt: Receipt) -> Consultation:
    if receipt.side is Side.TAXPAYER:
        delivered, read = max(one.delivered, receipt.delivered), max(one.read, receipt.read)
        return replace(one, delivered=delivered, read=read)
    return replace(one, looked=max(one.looked, receipt.read)) if receipt.side is Side.AGENT else one


def _leave(state: Workbench, id_: ConsultationId) -> Workbench:
    """Forget it: when it comes back, the relay replays it from its beginning."""
    if id_ not in state.consultations:
        return state
    rest = {key: one for key, one in state.consultations.items() if key != id_}
    drafts = {key: draft for key, draft in state.drafts.items() if key != id_}
    selected = None if state.selected == id_ else state.selected
    return replace(state, consultations=rest, drafts=drafts, selected=selected)


def diff(old: Workbench, new: Workbench) -> Changes:
    """Return what views must draw again. Values are frozen, so what is the same object has not changed."""
    if old is new:
        return ()
    found: list[Change] = []
    if any(getattr(old, name) != getattr(new, name) for name in _SESSION):
        found.append(Change(Kind.SESSION))
    if (old.link, old.link_error) != (new.link, new.link_error):
        found.append(Change(Kind.LINK))
    if old.selected != new.selected or old.consultations is not new.consultations:
        found.append(Change(Kind.LIST))
    for id_ in {**old.consultations, **new.consultations}:
        found += _consultation_changes(id_, old.consultations.get(id_), new.consultations.get(id_))
    if old.drafts is not new.drafts:
        found.append(Change(Kind.DRAFT))
    if old.board is not new.board:
        found.append(Change(Kind.BOARD))
    if old.live != new.live:
        found.append(Change(Kind.ASSIST))
    return tuple(found)


_SESSION = ("me", "presence", "reason", "capacity", "waiting", "oldest_at", "roles")
_SHOWN_BY = {
    Kind.TRANSCRIPT: ("rows", "pending", "delivered", "read", "typing_until", "preview"),
    Kind.CARD: ("taxpayer", "contexts", "channel", "ticket"),
    Kind.STAGE: ("stage", "owner", "offer", "online", "followed", "reminded_until", "word"),
    Kind.TEAM: ("transfer", "invited", "colleagues", "watchers", "viewers", "typists"),
    Kind.ASSIST: ("assist",),
}


def _consultation_changes(id_: ConsultationId, old: Consultation | None, new: Consultation | None) -> list[Change]:
    if old is new:
        return []
    return [
        Change(kind, id_)
        for kind, names in _SHOWN_BY.items()
        if any(getattr(old, name, None) is not getattr(new, name, None) for name in names)
    ]
