"""What a bus does: pass hints to whoever listens now. Nothing depends on a hint: what is lost is found in the log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from relay_protocol.ids import AgentId, AssistId, ConsultationId, TaxpayerId
from relay_protocol.messages import Message
from relay_server.store.base import Committed

Topic = str
WORK: Topic = "work"
QUEUES: Topic = "queues"
PLACES: Topic = "places"
SHOWN: Topic = "shown"
BOARDS: Topic = "boards"


@dataclass(frozen=True)
class Follow:
    """This person's links follow the consultation from now on."""

    consultation: ConsultationId


@dataclass(frozen=True)
class Nudge:
    """There may be work of this kind."""

    kind: str


@dataclass(frozen=True)
class Resync:
    """Hints may have been lost; whoever hears this looks for itself."""


Hint = Committed | Follow | Nudge | Resync | Message
Listener = Callable[[Hint], None]


class Bus(Protocol):
    """Topics are streams (their events), people (`agent_topic` …: what is for their links), and those named above.

    Whoever listens must bear a `Resync` on every topic.
    """

    async def start(self) -> None:
        """Begin to hear other processes. Whether they can be heard yet does not matter."""
        ...

    async def stop(self) -> None:
        """Hear other processes no longer."""
        ...

    def publish(self, topic: Topic, hint: Hint) -> None:
        """Tell everybody who listens to the topic."""
        ...

    def listen(self, topic: Topic, listener: Listener) -> Callable[[], None]:
        """Call `listener`, which must not block, for every hint; return what ends it."""
        ...


def agent_topic(agent: AgentId) -> Topic:
    """Return where an agent's links listen."""
    return f"agent/{agent}"


def taxpayer_topic(taxpayer: TaxpayerId) -> Topic:
    """Return where a taxpayer's links listen."""
    return f"taxpayer/{taxpayer}"


def assist_topic(assist: AssistId) -> Topic:
    """Return where the helper of an assistance listens."""
    return f"assist/{assist}"
