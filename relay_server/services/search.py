"""Searching what was said, within one's scope: the index finds places, the log has the words, the policy decides."""

import asyncio
from dataclasses import replace

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, TaxpayerId, consultation_stream
from relay_protocol.messages import ConsultationHead
from relay_server.domain.access import Action, AgentActor, may, require_ever, within
from relay_server.domain.consultation import FOLLOWED, Consultation
from relay_server.domain.spoken import excerpt, words_of
from relay_server.search.base import MessageIndex, Place, Reach, Wanted
from relay_server.search.words import phrases
from relay_server.services.records import head_of, need_reason, note_read
from relay_server.store import events
from relay_server.store.base import Store, Transaction

MOST = 100


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for. Times in Unix seconds; `cursor` is `next` of the page before."""

    q: str
    since: float = 0.0
    until: float = float("inf")
    taxpayer: str = ""
    cursor: float = 0.0
    limit: int = 20


class Hit(msgspec.Struct, frozen=True):
    """Words that were found: where, when, whose, and what stands around them with `marks` (start, end) in it."""

    consultation: ConsultationHead
    seq: int
    at: float
    excerpt: str
    marks: list[tuple[int, int]]


class Page(msgspec.Struct, frozen=True):
    """Hits, the newest first. `next` is the cursor of the next page, 0 on the last one."""

    hits: list[Hit]
    next: float = 0.0


async def search(store: Store, index: MessageIndex, actor: AgentActor, wish: Wish, now: float) -> Page:
    """Return what `actor` may find. Raise `BanwenError`: FORBIDDEN, BAD_INPUT for a query without words."""
    require_ever(actor, Action.SEARCH)
    need_reason(actor, Action.SEARCH)
    if not phrases(wish.q):
        raise BanwenError(ErrorCode.BAD_INPUT, "请输入要查找的文字。")
    limit = min(max(1, wish.limit), MOST)
    asker = replace(actor, contacts=await store.read(_contacts(actor)))
    until = min(wish.until, wish.cursor or float("inf"))
    wanted = Wanted(wish.q, wish.since, until, wish.taxpayer)
    places = await asyncio.to_thread(index.search, wanted, _reach(asker), limit)
    hits = await store.read(_hits(asker, places, wish.q))
    await note_read(store, actor, Action.SEARCH, "search", wish.taxpayer, now)
    return Page(hits, places[-1].at if len(places) == limit else 0.0)


def _reach(actor: AgentActor) -> Reach:
    scope = within(actor, Action.SEARCH)
    return Reach(scope.everything, scope.offices, actor.id, actor.contacts)


def _contacts(actor: AgentActor) -> Transaction[frozenset[TaxpayerId]]:
    """Return the people the agent serves at this moment: their history may be read."""
    served = yield from events.consultations(FOLLOWED, agent=actor.id)
    return frozenset(one.taxpayer.id for one in served)


def _hits(actor: AgentActor, places: list[Place], query: str) -> Transaction[list[Hit]]:
    """Read the words anew and ask the policy again: an index may lag behind both."""
    hits: list[Hit] = []
    known: dict[ConsultationId, Consultation | None] = {}
    for place in places:
        if place.consultation not in known:
            known[place.consultation] = yield from events.load(place.consultation)
        state = known[place.consultation]
        if state is None or not may(actor, Action.SEARCH, state):
            continue
        found = yield from events.events_after(consultation_stream(place.consultation), place.seq - 1, 1)
        text = words_of(found[0].frame.event) if found else ""
        if text:
            shown, marks = excerpt(text, query)
            hits.append(Hit(head_of(state), place.seq, place.at, shown, marks))
    return hits
