"""The client's end of a link as a pure machine: hello, resume, contiguity, outbox, heartbeat, back off.

Nothing here opens a socket or reads a clock. A program feeds it what happened (`opened`, `received`, `closed`,
`tick`) with `now` in seconds of any steady clock, and carries out the `Action`s it gets back. It guarantees:

- events of a stream are delivered once, in order, without a gap; a gap or a head beyond the cursor asks for a resume
- a request is sent again after every reconnect until the relay has answered it; the relay makes that harmless
- requests wait until the resume is done, so nobody answers without having seen what came before
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import RequestId, Stream, consultation_stream
from relay_protocol.messages import (
    Done,
    ErrorReply,
    EventFrame,
    Heartbeat,
    Hello,
    History,
    KnowledgeFound,
    Message,
    Pulse,
    Request,
    Resume,
    StreamClosed,
    Welcome,
)

GREETING_SECONDS = 10.0
SILENCE_FACTOR = 2.5
FIRST_DELAY = 0.3
LONGEST_DELAY = 8.0
DEFAULT_HEARTBEAT = 15.0
FINAL_REFUSALS = frozenset({ErrorCode.VERSION, ErrorCode.UNAUTHENTICATED, ErrorCode.FORBIDDEN, ErrorCode.GONE})

Answer = Done | ErrorReply | History | KnowledgeFound


class LinkState(StrEnum):
    """Where a link stands. Only `live` sends requests; `refused` is final."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    GREETING = "greeting"
    RESUMING = "resuming"
    LIVE = "live"
    REFUSED = "refused"


@dataclass(frozen=True)
class Connect:
    """Open the socket at `at`."""

    at: float


@dataclass(frozen=True)
class Send:
    """Put one message on the socket."""

    message: Message


@dataclass(frozen=True)
class Close:
    """Close the socket: the peer is silent, or refused us."""


@dataclass(frozen=True)
class Deliver:
    """Hand one message to the program."""

    message: Message


@dataclass(frozen=True)
class Answered:
    """The relay answered a request."""

    request_id: RequestId
    answer: Answer


@dataclass(frozen=True)
class Restarted:
    """The relay's log is another one now: what was built from events must be built anew."""


@dataclass(frozen=True)
class StateChanged:
    """The link's state moved. `error` says why, when it was refused."""

    state: LinkState
    error: BanwenError | None = None


Action = Connect | Send | Close | Deliver | Answered | Restarted | StateChanged


@dataclass
class ClientLink:
    """One program's link. `chance` returns a float in [0, 1) for the jitter; `new_request_id` names resumes.

    `follows_streams` is False for programs that only signal (the helper): they are live once welcomed.
    """

    hello: Hello
    chance: Callable[[], float]
    new_request_id: Callable[[], RequestId]
    follows_streams: bool = True
    state: LinkState = LinkState.OFFLINE
    epoch: str = ""
    cursors: dict[Stream, int] = field(default_factory=dict)
    heartbeat: float = DEFAULT_HEARTBEAT
    _outbox: dict[RequestId, Request] = field(default_factory=dict)
    _resume_id: RequestId | None = None
    _failures: int = 0
    _heard_at: float = 0.0
    _spoke_at: float = 0.0

    def start(self, now: float) -> list[Action]:
        """Begin; the program carries out the `Connect`."""
        return [*self._move(LinkState.CONNECTING), Connect(now)]

    def opened(self, now: float) -> list[Action]:
        """The socket is open: say hello."""
        self._heard_at = now
        return [*self._move(LinkState.GREETING), *self._say(self.hello, now)]

    def closed(self, now: float) -> list[Action]:
        """The socket is gone, or never opened: come back after a jittered, growing delay (unless refused for good)."""
        self._resume_id = None
        if self.state is LinkState.REFUSED:
            return []
        ceiling = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(self._failures, 10))
        self._failures += 1
        delay = ceiling * (0.5 + self.chance() / 2)
        return [*self._move(LinkState.CONNECTING), Connect(now + delay)]

    def submit(self, request: Request, now: float) -> list[Action]:
        """Keep a request until it is answered; send it now if the link is live."""
        self._outbox[request.request_id] = request
        return self._say(request, now) if self.state is LinkState.LIVE else []

    def withdraw(self, request_id: RequestId) -> None:
        """Forget a request nobody waits for any longer."""
        self._outbox.pop(request_id, None)

    def say(self, message: Message, now: float) -> list[Action]:
        """Send something that is worth nothing later (typing, receipts); drop it when the link is not live."""
        return self._say(message, now) if self.state is LinkState.LIVE else []

    def received(self, message: Message, now: float) -> list[Action]:
        """Take one message of the relay."""
        self._heard_at = now
        match message:
            case Welcome():
                return self._welcomed(message, now)
            case EventFrame():
                return self._event(message, now)
            case Pulse():
                return self._pulse(message, now)
            case ErrorReply(request_id=None):
                return self._refused(message)
            case Done() | ErrorReply() | History() | KnowledgeFound():
                return self._answered(message, now)
            case StreamClosed():
                self.cursors.pop(consultation_stream(message.consultation), None)
                return [Deliver(message)]
            case _:
                return [Deliver(message)]

    def tick(self, now: float) -> list[Action]:
        """Time passed: notice a silent peer, give a sign of life."""
        if self.state in (LinkState.OFFLINE, LinkState.CONNECTING, LinkState.REFUSED):
            return []
        if now >= self._silence_deadline():
            return [Close()]
        if self.state is LinkState.LIVE and now - self._spoke_at >= self.heartbeat:
            return self._say(Heartbeat(), now)
        return []

    def wakeup(self) -> float:
        """When `tick` has something to do next."""
        if self.state is LinkState.LIVE:
            return min(self._silence_deadline(), self._spoke_at + self.heartbeat)
        return self._silence_deadline()

    def _silence_deadline(self) -> float:
        greeting = self.state is LinkState.GREETING
        return self._heard_at + (GREETING_SECONDS if greeting else self.heartbeat * SILENCE_FACTOR)

    def _move(self, state: LinkState, error: BanwenError | None = None) -> list[Action]:
        if state is self.state and error is None:
            return []
        self.state = state
        return [StateChanged(state, error)]

    def _say(self, message: Message, now: float) -> list[Action]:
        self._spoke_at = now
        return [Send(message)]

    def _welcomed(self, welcome: Welcome, now: float) -> list[Action]:
        if self.state is not LinkState.GREETING:
            return []
        self.heartbeat = welcome.heartbeat
        actions: list[Action] = []
        if self.epoch and self.epoch != welcome.epoch:
            self.cursors.clear()
            actions.append(Restarted())
        self.epoch = welcome.epoch
        if not self.follows_streams:
            return [*actions, *self._go_live(now)]
        return [*actions, *self._move(LinkState.RESUMING), *self._resume(now)]

    def _resume(self, now: float) -> list[Action]:
        """Ask for what is missing, once; a second reason while one is under way adds nothing."""
        if self._resume_id is not None:
            return []
        self._resume_id = self.new_request_id()
        return self._say(Resume(request_id=self._resume_id, epoch=self.epoch, cursors=dict(self.cursors)), now)

    def _go_live(self, now: float) -> list[Action]:
        self._failures = 0
        moved = self._move(LinkState.LIVE)
        return moved + [action for request in self._outbox.values() for action in self._say(request, now)]

    def _event(self, frame: EventFrame, now: float) -> list[Action]:
        cursor = self.cursors.get(frame.stream, 0)
        if frame.seq <= cursor:
            return []
        if frame.seq > cursor + 1:
            return self._resume(now)
        self.cursors[frame.stream] = frame.seq
        return [Deliver(frame)]

    def _pulse(self, pulse: Pulse, now: float) -> list[Action]:
        behind = any(head > self.cursors.get(stream, 0) for stream, head in pulse.heads.items())
        return self._resume(now) if behind and self.state is LinkState.LIVE else []

    def _refused(self, reply: ErrorReply) -> list[Action]:
        if reply.code not in FINAL_REFUSALS:
            return [Close()]
        return [*self._move(LinkState.REFUSED, BanwenError(reply.code, reply.message)), Close()]

    def _answered(self, answer: Answer, now: float) -> list[Action]:
        request_id = answer.request_id
        if request_id is not None and request_id == self._resume_id:
            return self._resumed(answer, now)
        if request_id is None or self._outbox.pop(request_id, None) is None:
            return []
        return [Answered(request_id, answer)]

    def _resumed(self, answer: Answer, now: float) -> list[Action]:
        self._resume_id = None
        if isinstance(answer, ErrorReply):
            return [Close()]
        return self._go_live(now) if self.state is LinkState.RESUMING else []
