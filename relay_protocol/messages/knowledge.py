"""Knowledge as agents ask for it."""

from relay_protocol.ids import ConsultationId, EntryId, RequestId
from relay_protocol.messages.base import Fact, Message, Request


class SearchKnowledge(Request, frozen=True, kw_only=True):
    """Look something up. `consultation` lends the search its business context."""

    query: str
    consultation: ConsultationId | None = None
    top: int = 8


class KnowledgeHit(Fact, frozen=True, kw_only=True):
    """One entry found. `confidence` is absolute, 0 to 1."""

    entry: EntryId
    revision: str
    title: str
    text: str
    confidence: float
    category: list[str] = []
    source: str = ""


class KnowledgeFound(Message, frozen=True, kw_only=True):
    """The answer to `SearchKnowledge`, best first."""

    request_id: RequestId
    hits: list[KnowledgeHit]
