"""What services need from the world outside, as small interfaces; adapters/ fulfils them, app.py joins them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent_app.state.workbench import Workbench
from agent_app.state.wrap_up import Draft
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_protocol.link import Answer
from relay_protocol.messages import AgentCard, Attachment, Message, Privilege, Request, SdpAnswer, SdpOffer
from relay_protocol.messages.channel import Button, InputDropped, InputPaused, ScopeGranted, ScopeRefused, ScopeRevoked
from relay_protocol.screen import Point, Rect


@dataclass(frozen=True)
class Session:
    """A successful log-in. `token` stays in memory."""

    token: str
    agent: AgentCard


class Relay(Protocol):
    """The link to the relay. It comes back by itself and repeats requests until they are answered."""

    @property
    def ahead(self) -> float:
        """Seconds the relay's clock is ahead of this machine's."""

    async def request(self, request: Request) -> Answer:
        """Return the answer, however long the link is down. Raise BanwenError when the relay refuses."""

    def say(self, message: Message) -> None:
        """Send something that is worth nothing later."""

    async def until_live(self, after: float) -> None:
        """Return as soon as the link is up, but not before `after` seconds."""


class Http(Protocol):
    """What is asked over HTTP. Every method raises BanwenError."""

    async def login(self, username: str, password: str) -> Session:
        """Log an agent in; later calls carry the token."""

    async def logout(self) -> None:
        """Make the token worthless."""

    async def upload(
        self,
        consultation: ConsultationId,
        name: str,
        content: bytes,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Attachment:
        """Upload one file."""

    async def download(self, attachment: AttachmentId) -> bytes:
        """Return a stored file."""

    async def get(self, path: str) -> bytes:
        """Return any other resource."""


class Desk(Protocol):
    """The state and who may move it. `now` in Unix seconds."""

    @property
    def state(self) -> Workbench:
        """What is known now."""

    def now(self) -> float:
        """Return the time."""

    def new_id(self) -> str:
        """Return a fresh identifier."""

    def move(self, state: Workbench) -> None:
        """Take a new state; views draw what changed."""

    def tell(self, sentence: str) -> None:
        """Show the agent a sentence."""


class Drafts(Protocol):
    """Wrap-ups in the making, kept through a crash."""

    def load(self, consultation: ConsultationId) -> Draft | None:
        """Return the draft, or None."""

    def save(self, consultation: ConsultationId, draft: Draft) -> None:
        """Keep the draft."""

    def forget(self, consultation: ConsultationId) -> None:
        """It was submitted."""

    def reply(self, consultation: ConsultationId) -> str:
        """Return the reply that was begun and not sent; empty if there is none."""

    def keep_reply(self, consultation: ConsultationId, text: str) -> None:
        """Keep a reply that was begun; forget it when empty."""


@dataclass(frozen=True)
class Connected:
    """The encrypted path to the helper is open."""


@dataclass(frozen=True)
class Ended:
    """The path is gone. `reason` is `taxpayer`, `agent`, `expired` or `lost`."""

    reason: str


@dataclass(frozen=True)
class PictureChanged:
    """The screen changed inside `rects`. `pixels` (B G R 255) is the same memory until the size changes."""

    pixels: memoryview
    width: int
    height: int
    rects: tuple[Rect, ...]
    pointer: Point | None


PathEvent = Connected | Ended | PictureChanged | ScopeGranted | ScopeRefused | ScopeRevoked | InputPaused | InputDropped


class Path(Protocol):
    """The direct path to one helper. Input returns False when control is not granted."""

    async def run(self) -> None:
        """Work until the end."""

    def ask(self, scope: list[Privilege]) -> None:
        """Ask the taxpayer for exactly this."""

    def move(self, x: int, y: int) -> bool: ...

    def button(self, x: int, y: int, button: Button, *, down: bool) -> bool: ...

    def wheel(self, x: int, y: int, *, right: int = 0, down: int = 0) -> bool: ...

    def key(self, keysym: int, *, down: bool) -> bool: ...

    def paste(self, text: str) -> bool: ...

    async def end(self) -> None:
        """End it from here."""


class Paths(Protocol):
    """Makes direct paths, signed with this agent's key."""

    async def prepare(self) -> None:
        """Get everything ready. Raise BanwenError when this workstation has no valid certificate of the agent."""

    async def answer(self, offer: SdpOffer, on_event: Callable[[PathEvent], None]) -> tuple[Path, SdpAnswer]:
        """Answer a helper's offer. Raise BanwenError for one nobody could be held to."""
