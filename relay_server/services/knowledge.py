"""Knowledge as the relay uses it: what is searched, for whom and where they stand; and agents' own searches."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kb_sync.candidates import Candidates, Hit, SearchContext, State
from kb_sync.entry import Audience
from kb_sync.suggest import STATUSES, Suggestion
from relay_protocol.ids import EntryId
from relay_protocol.messages import KnowledgeFound, KnowledgeHit, SearchKnowledge
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import Consultation
from relay_server.domain.tickets import CHINA
from relay_server.store import events
from relay_server.store.base import Store

MOST_HITS = 20
LONGEST_QUERY = 400
NATURAL_PERSONS = ("自然人", "个人")
_CODE = re.compile(r"[A-Z]{2}[0-9]{4}")


class Knowledge(Protocol):
    """What `kb_sync.index.KnowledgeIndex` does. Calls take milliseconds of processor time: make them in a thread."""

    def candidates(self, query: str, context: SearchContext, state: State | None = None, top: int = 5) -> Candidates:
        """Return all that a decision about one message looks at."""
        ...

    def suggest(self, context: SearchContext, error_code: str = "", hot: Sequence[str] = ()) -> tuple[Suggestion, ...]:
        """Return the questions to offer on a page."""
        ...

    def search(self, query: str, context: SearchContext, top: int = 10) -> list[Hit]:
        """Return entries, best first."""
        ...


async def search(
    store: Store, knowledge: Knowledge, actor: AgentActor, request: SearchKnowledge, now: float
) -> KnowledgeFound:
    """Look something up for an agent. Raise `BanwenError(NOT_FOUND)` for a consultation that is not theirs."""
    consultation = None
    if request.consultation is not None:
        consultation = require(actor, Action.READ, await store.read(events.load(request.consultation)))
    context = search_context(consultation, now)
    top = min(max(1, request.top), MOST_HITS)
    hits = await asyncio.to_thread(knowledge.search, request.query[:LONGEST_QUERY], context, top)
    return KnowledgeFound(request_id=request.request_id, hits=[_hit(hit) for hit in hits])


def search_context(consultation: Consultation | None, now: float) -> SearchContext:
    """Return what is known beside the words: the day in China, the page's module, the kind of taxpayer."""
    today = datetime.fromtimestamp(now, CHINA).date()
    if consultation is None:
        return SearchContext(today)
    module = consultation.context.module if consultation.context else ""
    said = consultation.taxpayer.taxpayer_type
    status = next((one for one in STATUSES if one in said), "")
    return SearchContext(today, module, _audience(said), status)


def error_code(consultation: Consultation) -> str:
    """Return the code at the beginning of the error that the page shows, such as SB1007; empty without one."""
    found = _CODE.search(consultation.context.error) if consultation.context else None
    return found[0] if found else ""


def _audience(taxpayer_type: str) -> Audience:
    if not taxpayer_type:
        return "both"
    return "individual" if taxpayer_type in NATURAL_PERSONS else "enterprise"


def _hit(hit: Hit) -> KnowledgeHit:
    return KnowledgeHit(
        entry=EntryId(hit.entry.id),
        revision=hit.revision,
        title=hit.entry.question,
        text=hit.entry.answer,
        confidence=hit.confidence,
        category=list(hit.entry.category),
        source=hit.entry.source,
    )
