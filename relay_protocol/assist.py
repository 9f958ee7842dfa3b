"""The pure machine of a remote assistance: the helper judges by it alone, whatever relay and agent say.

    idle → joined → consent_pending → viewing → control_pending → controlling → … → ended

It is told what happened, with `now` in Unix seconds, and returns the `Action`s to carry out. It guarantees:

- nobody is asked anything before a statement of the agent held (`relay_protocol.binding`)
- granted is at most what was asked and what the person allowed; silence is refusal; every change is a new epoch
- the person can take back at any time, and everything taken back ends the assistance
- after `CONSENT_SECONDS` nothing is granted until the person consents anew; a lost path takes control with it
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from relay_protocol.binding import Bound
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages.assist import Privilege

ANSWER_SECONDS = 60.0
CONSENT_SECONDS = 30 * 60.0
LOST_SECONDS = 60.0

Scope = frozenset[Privilege]
NOTHING: Scope = frozenset()
VIEW_ONLY: Scope = frozenset({Privilege.VIEW})


class Phase(StrEnum):
    """Where an assistance stands."""

    IDLE = "idle"
    JOINED = "joined"
    CONSENT_PENDING = "consent_pending"
    VIEWING = "viewing"
    CONTROL_PENDING = "control_pending"
    CONTROLLING = "controlling"
    ENDED = "ended"


@dataclass(frozen=True)
class AskConsent:
    """Ask the person whether `agent` may have `scope`; unanswered at `until` it is refused."""

    agent: CertifiedAgent
    scope: Scope
    until: float


@dataclass(frozen=True)
class CloseConsent:
    """Take the question away; it is answered, or does not matter any more."""


@dataclass(frozen=True)
class Connect:
    """Accept the path to the workbench whose statement held."""


@dataclass(frozen=True)
class Grant:
    """From now on exactly this is granted, in this epoch, until `until`. `proof` is what the person consented to."""

    scope: Scope
    epoch: int
    until: float
    proof: Bound


@dataclass(frozen=True)
class Refuse:
    """Tell the agent that this was not granted. `reason` is `refused`, `timeout` or `unbound`."""

    scope: Scope
    reason: str


@dataclass(frozen=True)
class Revoke:
    """Stop at once whatever is not in `scope` any more. `reason` is `button`, `hotkey`, `lost` or `policy`."""

    scope: Scope
    epoch: int
    reason: str


@dataclass(frozen=True)
class End:
    """Over: stop everything, tell everybody. `reason` is `taxpayer`, `agent`, `declined`, `expired` or `lost`."""

    reason: str


Action = AskConsent | CloseConsent | Connect | Grant | Refuse | Revoke | End


@dataclass
class AssistSession:
    """One assistance. Every method returns what is to be done now, in order."""

    phase: Phase = Phase.IDLE
    granted: Scope = NOTHING
    epoch: int = 0
    grant_until: float = 0.0
    _asked: Bound | None = field(default=None)
    _standing: Bound | None = field(default=None)
    _answer_until: float = 0.0
    _lost_at: float | None = None

    @property
    def agent(self) -> CertifiedAgent | None:
        """Who was bound, by certificate."""
        bound = self._standing or self._asked
        return bound.agent if bound else None

    def may(self, privilege: Privilege, now: float) -> bool:
        """Tell whether this is granted at this moment."""
        return privilege in self.granted and now < self.grant_until

    @property
    def _pending(self) -> bool:
        return self._asked is not None and self.phase in (Phase.CONSENT_PENDING, Phase.CONTROL_PENDING)

    def joined(self) -> list[Action]:
        """The helper is connected to the relay."""
        if self.phase is Phase.IDLE:
            self.phase = Phase.JOINED
        return []

    def bound(self, bound: Bound, now: float) -> list[Action]:
        """A statement held: somebody certified asks for something."""
        match self.phase:
            case Phase.JOINED:
                return self._ask(bound, Phase.CONSENT_PENDING, now)
            case Phase.VIEWING | Phase.CONTROLLING:
                return self._asked_again(bound, now)
            case Phase.CONTROL_PENDING | Phase.CONSENT_PENDING:
                return [Refuse(bound.scope, "refused")]
        return []

    def unbound(self) -> list[Action]:
        """A statement did not hold. The first ends it; a later one changes nothing."""
        match self.phase:
            case Phase.JOINED:
                return [Refuse(NOTHING, "unbound"), *self._end("declined")]
            case Phase.IDLE | Phase.ENDED:
                return []
        return [Refuse(NOTHING, "unbound")]

    def allow(self, scope: Iterable[Privilege], now: float) -> list[Action]:
        """The person allows this, or less than was asked. Without sight there is no assistance."""
        if not self._pending or self._asked is None:
            return []
        if now >= self._answer_until:
            return self.tick(now)
        granted = frozenset(scope) & self._asked.scope
        if Privilege.VIEW not in granted:
            return self.deny(now)
        first = self._standing is None
        self._standing, self._asked = self._asked, None
        self.grant_until = now + CONSENT_SECONDS
        return [CloseConsent(), *([Connect()] if first else []), self._grant(granted)]

    def deny(self, now: float) -> list[Action]:
        """The person refuses."""
        return self._not_granted("refused", "declined")

    def take_back(self, scope: Iterable[Privilege], reason: str) -> list[Action]:
        """The person takes back these privileges; sight carries everything with it. Possible in every phase."""
        if self.phase is Phase.ENDED:
            return []
        if Privilege.VIEW in scope:
            return [*self._close_question(), *self._narrow(NOTHING, reason), *self._end("taxpayer")]
        return self._narrow(self.granted - frozenset(scope), reason)

    def path_opened(self) -> list[Action]:
        """The path to the workbench carries data."""
        self._lost_at = None
        return []

    def path_lost(self, now: float) -> list[Action]:
        """The path broke. Sight waits for it for `LOST_SECONDS`; control is gone, and so is an open question."""
        if self.phase not in (Phase.VIEWING, Phase.CONTROL_PENDING, Phase.CONTROLLING) or self._lost_at is not None:
            return []
        self._lost_at = now
        closed = self._close_question()
        self._settle()
        return [*closed, *self._narrow(self.granted & VIEW_ONLY, "lost")]

    def agent_left(self) -> list[Action]:
        """The agent ended it."""
        return [*self._close_question(), *self._end("agent")]

    def tick(self, now: float) -> list[Action]:
        """Time passed: silence, an old consent, a path that stayed away."""
        actions = self._not_granted("timeout", "expired") if self._pending and now >= self._answer_until else []
        if self._lost_at is not None and now >= self._lost_at + LOST_SECONDS:
            actions += self._end("lost")
        if self.granted and now >= self.grant_until:
            actions += self._consent_ran_out(now)
        return actions

    def wakeup(self) -> float | None:
        """When `tick` has something to do next, if ever."""
        times = [self._answer_until] if self._pending else []
        times += [self._lost_at + LOST_SECONDS] if self._lost_at is not None else []
        times += [self.grant_until] if self.granted else []
        return min(times) if times and self.phase is not Phase.ENDED else None

    def _ask(self, bound: Bound, phase: Phase, now: float) -> list[Action]:
        self.phase, self._asked, self._answer_until = phase, bound, now + ANSWER_SECONDS
        return [AskConsent(bound.agent, bound.scope, self._answer_until)]

    def _asked_again(self, bound: Bound, now: float) -> list[Action]:
        """A new path after a loss, a wish for less, or a wish for more: only the last is a question."""
        if self._standing is None or bound.agent != self._standing.agent:
            return self.unbound()
        if self._lost_at is not None:
            self._standing = bound
            return [Connect(), self._grant(self.granted)]
        if bound.scope <= self.granted:
            return self._narrow(bound.scope, "policy")
        return self._ask(bound, Phase.CONTROL_PENDING, now)

    def _grant(self, scope: Scope) -> Grant:
        if self._standing is None:
            raise ValueError("a grant needs a statement that held")
        self.granted = scope
        self.epoch += 1
        self._settle()
        return Grant(scope, self.epoch, self.grant_until, self._standing)

    def _narrow(self, scope: Scope, reason: str) -> list[Action]:
        if scope == self.granted:
            return []
        self.granted = scope
        self.epoch += 1
        if self.phase is Phase.CONTROLLING:
            self._settle()
        return [Revoke(scope, self.epoch, reason)]

    def _settle(self) -> None:
        self.phase = Phase.CONTROLLING if Privilege.CONTROL in self.granted else Phase.VIEWING

    def _close_question(self) -> list[Action]:
        if self._asked is None:
            return []
        self._asked = None
        return [CloseConsent()]

    def _not_granted(self, reason: str, end: str) -> list[Action]:
        """A question was answered with no, or not at all. Whoever sees nothing yet, or no longer, is sent away."""
        if not self._pending or self._asked is None:
            return []
        refused = Refuse(self._asked.scope - self.granted, reason)
        closed = self._close_question()
        if not self.granted:
            return [*closed, refused, *self._end(end)]
        self._settle()
        return [*closed, refused]

    def _consent_ran_out(self, now: float) -> list[Action]:
        """Half an hour is over: everything rests until the person consents anew to what was granted last."""
        standing, scope = self._standing, self.granted
        if standing is None:
            raise ValueError("a grant needs a statement that held")
        closed = self._not_granted("timeout", "expired")
        revoked = self._narrow(NOTHING, "policy")
        again = Bound(standing.agent, scope, standing.ask, standing.expires, standing.signed)
        return [*closed, *revoked, *self._ask(again, Phase.CONSENT_PENDING, now)]

    def _end(self, reason: str) -> list[Action]:
        if self.phase is Phase.ENDED:
            return []
        self.phase, self.granted, self._asked, self._lost_at = Phase.ENDED, NOTHING, None, None
        self.epoch += 1
        return [End(reason)]
