"""The nouns that messages speak of: offices, people, business context, attachments."""

from enum import StrEnum

from relay_protocol.ids import AgentId, AttachmentId, TaxpayerId
from relay_protocol.messages.base import Fact


class Side(StrEnum):
    """Who speaks in a consultation."""

    TAXPAYER = "taxpayer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Assurance(StrEnum):
    """How sure we are who a taxpayer is. Only `verified` came with a signed identity."""

    VERIFIED = "verified"
    ASSERTED = "asserted"
    ANONYMOUS = "anonymous"


class PresenceState(StrEnum):
    """Whether an agent can be offered work."""

    OFFLINE = "offline"
    READY = "ready"
    BUSY = "busy"
    BREAK = "break"


class Office(Fact, frozen=True, kw_only=True):
    """机构: one node of province > city > county > hall. `code` is the administrative division code."""

    code: str
    name: str
    level: str = "county"


class TaxpayerCard(Fact, frozen=True, kw_only=True):
    """纳税人: what an agent sees of a person. Numbers are masked before they get here."""

    id: TaxpayerId
    name: str
    assurance: Assurance
    tax_number: str = ""
    taxpayer_type: str = ""
    role: str = ""
    office: Office | None = None


class AgentCard(Fact, frozen=True, kw_only=True):
    """座席: what a taxpayer and colleagues see of an agent. `number` is the badge number 工号."""

    id: AgentId
    number: str
    name: str
    office: Office


class BusinessContext(Fact, frozen=True, kw_only=True):
    """业务场景: where the taxpayer stands in the e-tax site, as the site said it. `at` is in Unix seconds."""

    module: str
    page: str
    function: str = ""
    form: str = ""
    period: str = ""
    error: str = ""
    elements: dict[str, str] = {}
    at: float = 0.0
    verified: bool = False


class Attachment(Fact, frozen=True, kw_only=True):
    """A stored file. `media_type` was found in its content, never taken from its name. Sizes in bytes and pixels.

    `thumbnail` is a small picture of a picture, at most 320 pixels wide or high. `seconds` is how long a recording is.
    """

    id: AttachmentId
    name: str
    media_type: str
    size: int
    width: int = 0
    height: int = 0
    thumbnail: AttachmentId | None = None
    seconds: float = 0.0
