"""What helper and workbench say to each other on their own encrypted channels; the relay never sees these.

The `input` channel carries `ToHelper` and `ToWorkbench` as JSON text, reliable and in order. The `screen` channel
carries the helper's picture as chunks (`relay_protocol.screen`) one way, and nothing the other way.
"""

from enum import StrEnum

from relay_protocol.codec import Reader
from relay_protocol.messages.assist import Privilege
from relay_protocol.messages.base import Message

PASTE_LIMIT = 4000
WHEEL_LIMIT = 20
LEASE_SECONDS = 1.0
HEARTBEAT_SECONDS = 0.25
MAX_CHANNEL_BYTES = 32 * 1024


class Button(StrEnum):
    """A button of a mouse."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


class RemoteInput(Message, frozen=True, kw_only=True):
    """Something the agent did. It counts only under the grant of its `epoch`; `sequence` rises with every event."""

    epoch: int
    sequence: int


class MovePointer(RemoteInput, frozen=True, kw_only=True):
    """The pointer is at (`x`, `y`), in pixels of the picture, from its top left corner."""

    x: int
    y: int


class PressButton(RemoteInput, frozen=True, kw_only=True):
    """A button goes down or up at (`x`, `y`)."""

    x: int
    y: int
    button: Button
    down: bool


class TurnWheel(RemoteInput, frozen=True, kw_only=True):
    """The wheel turns at (`x`, `y`): notches to the right and downwards, each within ±`WHEEL_LIMIT`."""

    x: int
    y: int
    right: int = 0
    down: int = 0


class PressKey(RemoteInput, frozen=True, kw_only=True):
    """A key goes down or up, named by its X11 keysym (X11/keysymdef.h): what it means, not where it lies."""

    keysym: int
    down: bool


class PasteText(RemoteInput, frozen=True, kw_only=True):
    """Put this text where the cursor is, at most `PASTE_LIMIT` characters: for what no key says, such as Chinese."""

    text: str


class KeepLease(Message, frozen=True, kw_only=True):
    """The agent's window is alive and still means it. Without one for `LEASE_SECONDS` control rests and keys go up."""

    epoch: int


class AskScope(Message, frozen=True, kw_only=True):
    """The agent asks for more: a new signed statement with the next ask number. The person is asked again."""

    statement: str
    signature: str
    certificates: list[str]


class Leave(Message, frozen=True, kw_only=True):
    """The agent ends the assistance."""


class ShownUpTo(Message, frozen=True, kw_only=True):
    """The workbench has shown every update up to `sequence`; the helper may send the next ones."""

    sequence: int


class AskKeyframe(Message, frozen=True, kw_only=True):
    """The workbench lost the thread of the picture: send it whole."""


class ScopeGranted(Message, frozen=True, kw_only=True):
    """The person granted exactly `scope` until `expires_at` (Unix seconds). Input must carry `epoch` from now on."""

    scope: list[Privilege]
    epoch: int
    expires_at: float


class ScopeRefused(Message, frozen=True, kw_only=True):
    """The person did not grant what was asked. `reason` is `refused`, `timeout` or `unbound`."""

    scope: list[Privilege]
    reason: str


class ScopeRevoked(Message, frozen=True, kw_only=True):
    """The person took back; `scope` is what remains. `reason` is `button`, `hotkey`, `lost` or `policy`."""

    scope: list[Privilege]
    epoch: int
    reason: str


class InputPaused(Message, frozen=True, kw_only=True):
    """The person's own hand is on mouse or keyboard: remote input is dropped for `seconds`."""

    seconds: float


class InputDropped(Message, frozen=True, kw_only=True):
    """One event had no effect. `reason` is a `remote_helper.guard` refusal, or why a paste could not be made."""

    sequence: int
    reason: str


class Left(Message, frozen=True, kw_only=True):
    """The helper ends. `reason` is `taxpayer`, `agent`, `expired` or `lost`."""

    reason: str


InputEvent = MovePointer | PressButton | TurnWheel | PressKey | PasteText
ToHelper = InputEvent | KeepLease | AskScope | Leave | ShownUpTo | AskKeyframe
ToWorkbench = ScopeGranted | ScopeRefused | ScopeRevoked | InputPaused | InputDropped | Left


def helper_reader() -> Reader[ToHelper]:
    """Return a reader for what the workbench says."""
    return Reader(ToHelper, MAX_CHANNEL_BYTES)


def workbench_reader() -> Reader[ToWorkbench]:
    """Return a reader for what the helper says."""
    return Reader(ToWorkbench, MAX_CHANNEL_BYTES)
