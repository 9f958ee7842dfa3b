"""Remote assistance as the relay sees it: ask, invitation, signalling it cannot read, and what the helper reports."""

from enum import StrEnum

from relay_protocol.ids import AssistId, ConsultationId
from relay_protocol.messages.base import Event, Message, Request
from relay_protocol.messages.facts import AgentCard


class Privilege(StrEnum):
    """One thing an agent may be allowed; each is asked, granted and revoked alone."""

    VIEW = "view"
    CONTROL = "control"


class AskAssist(Request, frozen=True, kw_only=True):
    """The agent asks to see the screen. A later wish for more goes to the helper directly, end to end."""

    consultation: ConsultationId
    scope: list[Privilege]


class EndAssist(Request, frozen=True, kw_only=True):
    """The agent ends the assistance."""

    assist: AssistId


class RenewInvitation(Request, frozen=True, kw_only=True):
    """The taxpayer's page lost the code, or it expired: make a new one; the old one is dead."""

    assist: AssistId


class DeclineAssist(Request, frozen=True, kw_only=True):
    """The taxpayer says no on the page, before any helper ran."""

    assist: AssistId


class AssistInvitation(Message, frozen=True, kw_only=True):
    """Shown on the taxpayer's page only. `code` works once, until `expires_at` (Unix seconds); it is never stored."""

    consultation: ConsultationId
    assist: AssistId
    code: str
    expires_at: float
    agent: AgentCard
    scope: list[Privilege]


class SdpOffer(Message, frozen=True, kw_only=True):
    """The helper is ready to connect. `nonce` (base64, 16 bytes) must come back signed. Passed on unread."""

    assist: AssistId
    nonce: str
    sdp: str


class SdpAnswer(Message, frozen=True, kw_only=True):
    """The workbench's half. `statement` (base64) is what `signature` (base64) signs: see `relay_protocol.binding`.

    `certificates` are PEM, the agent's first, up to but without the root.
    """

    assist: AssistId
    sdp: str
    statement: str
    signature: str
    certificates: list[str]


class AssistBriefing(Message, frozen=True, kw_only=True):
    """What a helper is told after its hello. For display only: nothing in it is trusted before the binding holds."""

    assist: AssistId
    consultation: ConsultationId
    agent: AgentCard
    scope: list[Privilege]


class ReportAssist(Request, frozen=True, kw_only=True):
    """The helper reports what its person decided. `change` is `joined`, `granted`, `refused`, `revoked` or `ended`."""

    assist: AssistId
    change: str
    scope: list[Privilege] = []
    reason: str = ""


class AssistAsked(Event, frozen=True, kw_only=True):
    """An agent asked."""

    assist: AssistId
    agent: AgentCard
    scope: list[Privilege]


class AssistJoined(Event, frozen=True, kw_only=True):
    """The helper redeemed the code and is connected."""

    assist: AssistId


class AssistGranted(Event, frozen=True, kw_only=True):
    """The taxpayer granted, on their own machine, exactly this."""

    assist: AssistId
    scope: list[Privilege]


class AssistRefused(Event, frozen=True, kw_only=True):
    """The taxpayer refused, or was silent. `reason` is `refused`, `timeout` or `unbound`."""

    assist: AssistId
    scope: list[Privilege]
    reason: str


class AssistRevoked(Event, frozen=True, kw_only=True):
    """The taxpayer took back; `scope` is what remains. `reason` is `button`, `hotkey`, `lost` or `policy`."""

    assist: AssistId
    scope: list[Privilege]
    reason: str


class AssistEnded(Event, frozen=True, kw_only=True):
    """Over. `reason` is `taxpayer`, `agent`, `declined`, `expired`, `lost` or `closed`."""

    assist: AssistId
    reason: str
