"""What happens outside consultations: settings change, presence moves, people are blocked, unblocked, erased."""

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_protocol.messages.base import Event
from relay_protocol.messages.facts import AgentCard, PresenceState


class SettingChanged(Event, frozen=True, kw_only=True):
    """One setting has a new value: JSON, empty when it was removed. `by` is a user name, or `cli`."""

    kind: str
    key: str
    body: str
    by: str


class PresenceChanged(Event, frozen=True, kw_only=True):
    """What an agent is from now on. `cause` is `agent`, `strikes`, `lost`, `supervisor` or `closed`."""

    state: PresenceState
    reason: str
    cause: str
    by: str = ""


class NoAnswerCounted(Event, frozen=True, kw_only=True):
    """An agent let an offer ring out or gave it back: so many in a row."""

    strikes: int
    consultation: ConsultationId


class WebhookTried(Event, frozen=True, kw_only=True):
    """A delivery was tried. `status` is the HTTP status, 0 if there was none; `outcome` is `delivered`, `retry`,
    `refused` (the address is not allowed), `gone` or `given_up`.
    """

    delivery: str
    attempt: int
    status: int
    outcome: str


class TaxpayerBlocked(Event, frozen=True, kw_only=True):
    """Nobody serves this person until `until` (Unix seconds)."""

    taxpayer: TaxpayerId
    until: float
    reason: str
    by: AgentCard


class TaxpayerUnblocked(Event, frozen=True, kw_only=True):
    """The block is lifted."""

    taxpayer: TaxpayerId
    reason: str
    by: str


class RecordsRead(Event, frozen=True, kw_only=True):
    """An auditor looked at something for a reason.

    `what` is `list`, `search`, `consultation`, `contact` or `file`, `key` which of them.
    """

    by: AgentCard
    what: str
    key: str
    reason: str


class TaxpayerErased(Event, frozen=True, kw_only=True):
    """The key of this person's words was destroyed; the log stays, its words cannot be read any more."""

    taxpayer: TaxpayerId
    reason: str
    by: str
