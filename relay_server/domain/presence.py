"""An agent's presence: what they say of themselves, what each medium is doing, and whether they are heard at all.

A pure machine: every function takes a presence and returns the next, `tick` and `returned` also the events that follow.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import NoAnswerCounted, PresenceChanged, PresenceState

NO_ANSWER = "连续未接听"
SILENT = "失去联系"
COUNTED = ("expired", "declined")
"""Ways in which an offer comes back that are the agent's doing."""


class Mode(StrEnum):
    """What an agent is in one medium, as colleagues and dispatch see it."""

    OFFLINE = "offline"
    BREAK = "break"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    FULL = "full"
    READY = "ready"


@dataclass(frozen=True)
class Desk:
    """One medium: offers that ring, consultations that are served, wrap-ups that are owed, and how many at most."""

    maximum: int
    offered: int = 0
    engaged: int = 0
    wrapping: int = 0

    @property
    def load(self) -> int:
        """How many places are taken."""
        return self.offered + self.engaged + self.wrapping


@dataclass(frozen=True)
class Limits:
    """Seconds of silence before nothing is offered, and before all is taken back; returned offers before a break."""

    unreachable_after: float = 30.0
    lost_after: float = 90.0
    strikes: int = 3


@dataclass(frozen=True)
class Presence:
    """An agent. Times in Unix seconds; `lost` says that what they owned was already released."""

    said: PresenceState = PresenceState.OFFLINE
    reason: str = ""
    since: float = 0.0
    heard_at: float = 0.0
    strikes: int = 0
    lost: bool = False
    desks: Mapping[str, Desk] = field(default_factory=dict)


Change = PresenceChanged | NoAnswerCounted


def say(now: Presence, state: PresenceState, reason: str, at: float) -> Presence:
    """The agent says what they are; the strikes are forgotten. Saying the same again does not begin anew."""
    since = now.since if state is now.said else at
    return replace(now, said=state, reason=reason, since=since, heard_at=at, strikes=0, lost=False)


def heard(now: Presence, at: float) -> Presence:
    """The workbench gave a sign of life."""
    return replace(now, heard_at=max(now.heard_at, at), lost=False)


def offered(now: Presence, medium: str) -> Presence:
    """Something rings. Raise `ValueError` for somebody not ready or full: dispatch must never let that happen."""
    desk = now.desks[medium]
    if now.said is not PresenceState.READY or desk.load >= desk.maximum:
        raise ValueError("not ready, or over capacity")
    return _move(now, medium, offered=1)


def accepted(now: Presence, medium: str) -> Presence:
    """The agent took what rang; strikes are forgotten."""
    return replace(_move(now, medium, offered=-1, engaged=1), strikes=0)


def returned(
    now: Presence, medium: str, why: str, consultation: ConsultationId, limits: Limits, at: float
) -> tuple[Presence, list[Change]]:
    """An offer came back. The last strike in a row puts the agent on a break until they say otherwise."""
    after = _move(now, medium, offered=-1)
    if why not in COUNTED or after.said is not PresenceState.READY:
        return after, []
    after = replace(after, strikes=after.strikes + 1)
    changes: list[Change] = [NoAnswerCounted(strikes=after.strikes, consultation=consultation)]
    if after.strikes >= limits.strikes:
        after = replace(after, said=PresenceState.BREAK, reason=NO_ANSWER, since=at)
        changes.append(PresenceChanged(state=after.said, reason=NO_ANSWER, cause="strikes"))
    return after, changes


def finished(now: Presence, medium: str) -> Presence:
    """A conversation is over; its wrap-up is owed."""
    return _move(now, medium, engaged=-1, wrapping=1)


def wrapped_up(now: Presence, medium: str) -> Presence:
    """The wrap-up is written; the place is free."""
    return _move(now, medium, wrapping=-1)


def let_go(now: Presence, medium: str) -> Presence:
    """A consultation left the agent without a wrap-up: put on hold, transferred, released."""
    return _move(now, medium, engaged=-1)


def tick(now: Presence, limits: Limits, at: float) -> tuple[Presence, list[Change]]:
    """Time passed. Once silence is too long the agent is offline and loses what they own; said once."""
    if now.lost or now.said is PresenceState.OFFLINE or at - now.heard_at <= limits.lost_after:
        return now, []
    gone = replace(now, said=PresenceState.OFFLINE, reason=SILENT, since=at, lost=True, desks=_emptied(now.desks))
    return gone, [PresenceChanged(state=gone.said, reason=SILENT, cause="lost")]


def mode(now: Presence, medium: str, limits: Limits, at: float) -> Mode:
    """Return what the agent is in a medium at `at`."""
    if now.said is not PresenceState.READY:
        return Mode(now.said.value)
    if at - now.heard_at > limits.unreachable_after:
        return Mode.UNREACHABLE
    desk = now.desks.get(medium)
    return Mode.FULL if desk is None or desk.load >= desk.maximum else Mode.READY


def _move(now: Presence, medium: str, *, offered: int = 0, engaged: int = 0, wrapping: int = 0) -> Presence:
    desk = now.desks[medium]
    moved = replace(
        desk,
        offered=desk.offered + offered,
        engaged=desk.engaged + engaged,
        wrapping=desk.wrapping + wrapping,
    )
    if min(moved.offered, moved.engaged, moved.wrapping) < 0:
        raise ValueError("nothing of that kind to move")
    return replace(now, desks={**now.desks, medium: moved})


def _emptied(desks: Mapping[str, Desk]) -> dict[str, Desk]:
    """Nothing rings and nothing is served any more; a wrap-up that is owed stays owed."""
    return {medium: Desk(desk.maximum, wrapping=desk.wrapping) for medium, desk in desks.items()}
