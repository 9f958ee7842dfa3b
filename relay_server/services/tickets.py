"""取号: the one place where numbers are made, and what people do with theirs: go away, come back, resume, leave."""

from collections.abc import Sequence

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import AnyEvent, AskHuman, Office, TicketTaken
from relay_server.domain import decisions, tickets, waiting
from relay_server.domain.access import Action, TaxpayerActor, require
from relay_server.domain.consultation import WAITING, Consultation
from relay_server.domain.locality import Ask, Clues
from relay_server.domain.rulebook import Line, Rulebook
from relay_server.domain.rules import RuleSet
from relay_server.store import events, outbox
from relay_server.store.base import Store, Transaction


def new_ticket(line: Line, now: float, *, priority: str = "normal") -> Transaction[TicketTaken]:
    """Return the next number of a queue and the day; whoever appends it owes a round of dispatch (`owe_round`)."""
    day = tickets.day_of(now)
    number = yield from events.next_number(line.queue, day)
    return waiting.take_ticket(
        line.queue, tickets.label(number), day, line.office, priority=priority, skills=line.skills
    )


def owe_round(queue: str, now: float) -> Transaction[None]:
    """Owe a round of dispatch because of something that happened in a queue."""
    yield from outbox.owe("dispatch", queue, now)


def hand_over(
    before: Consultation,
    reason: str,
    said: Sequence[AnyEvent],
    rulebook: Rulebook,
    now: float,
    *,
    office: str = "",
    skill: str = "",
) -> Transaction[Consultation]:
    """转人工: append what the bot says to it, then the ticket, or why there is none; one transaction.

    A number given up by absence not long ago is resumed. Where nothing tells the office, the taxpayer is asked for it
    (`office` is the answer); while everything within reach is closed, a message or a call back is offered.
    """
    asked = decisions.hand_over(before, reason)
    if not asked:
        return before
    placed = yield from _placed(before, asked, rulebook, now, office, skill)
    after = yield from events.append(before.id, before, [*said, *placed], now)
    yield from events.put_note(before.id, "")
    if after.ticket is not None:
        yield from owe_round(after.ticket.queue, now)
    return after


async def ask_human(store: Store, actor: TaxpayerActor, request: AskHuman, rulebook: Rulebook, now: float) -> int:
    """「转人工」: see `hand_over`; return the newest seq. Raise CONFLICT when it is over, NOT_FOUND."""

    def script() -> Transaction[int]:
        before = require(actor, Action.STEER, (yield from events.load(request.consultation)))
        asked = {"office": request.office, "skill": request.skill}
        return (yield from hand_over(before, "asked", [], rulebook, now, **asked)).last_seq

    return await store.transact(script())


async def step_away(
    store: Store, actor: TaxpayerActor, consultation: ConsultationId, rulebook: Rulebook, now: float
) -> int:
    """Go away for as long as the rules allow and keep the place; return the newest seq. Raise CONFLICT, NOT_FOUND."""

    def script() -> Transaction[int]:
        before = require(actor, Action.STEER, (yield from events.load(consultation)))
        until = now + rules_of(before, rulebook).away_limit
        return (yield from move(before, waiting.go_away(before, until, "asked"), now)).last_seq

    return await store.transact(script())


async def come_back(store: Store, actor: TaxpayerActor, consultation: ConsultationId, now: float) -> int:
    """Be there again; return the newest seq. Raise NOT_FOUND."""

    def script() -> Transaction[int]:
        before = require(actor, Action.STEER, (yield from events.load(consultation)))
        return (yield from move(before, waiting.come_back(before), now)).last_seq

    return await store.transact(script())


async def lost(store: Store, actor: TaxpayerActor, rulebook: Rulebook, now: float) -> None:
    """The last link of a taxpayer is gone: nobody is asked for them now, and their place is kept for a while."""

    def script() -> Transaction[None]:
        one = yield from events.open_of(actor.id)
        if one is not None and not one.away_until:
            until = now + rules_of(one, rulebook).abandon_after
            yield from move(one, waiting.go_away(one, until, "lost"), now)

    await store.transact(script())


async def found(store: Store, actor: TaxpayerActor, now: float) -> None:
    """A taxpayer is connected again; who had asked to be away stays so until they say otherwise."""

    def script() -> Transaction[None]:
        one = yield from events.open_of(actor.id)
        if one is not None and one.away_reason == "lost":
            yield from move(one, waiting.come_back(one), now)

    await store.transact(script())


async def lost_with_the_relay(store: Store, rulebook: Rulebook, now: float) -> None:
    """No link survives a restart: whoever waits has to be connected again before anybody is asked for them."""

    def script() -> Transaction[None]:
        for one in (yield from events.consultations(WAITING)):
            if not one.away_until:
                until = now + rules_of(one, rulebook).abandon_after
                yield from move(one, waiting.go_away(one, until, "lost"), now)

    await store.transact(script())


def _placed(
    before: Consultation, asked: Sequence[AnyEvent], rulebook: Rulebook, now: float, office: str, skill: str
) -> Transaction[list[AnyEvent]]:
    resumed = waiting.resumable(before, now)
    if resumed is not None:
        return [*asked, resumed]
    competent = rulebook.locality(_clues(before, office))
    if isinstance(competent, Ask):
        return waiting.ask_locality(before, competent.choices)
    line = rulebook.line(competent.office, skill)
    closed, opens_at = rulebook.closed_until(line, now)
    if closed:
        return waiting.unavailable(before, "closed", line.office, opens_at)
    priority = rulebook.priority(before.taxpayer, rulebook.rules(line.queue))
    return [*asked, (yield from new_ticket(line, now, priority=priority))]


def _clues(before: Consultation, chosen: str) -> Clues:
    """A signed identity's office goes before the answer; whoever only says who they are may choose."""
    known: Office | None = before.taxpayer.office
    return Clues(chosen=chosen, token=known.code if known else "")


def move(before: Consultation, moves: Sequence[AnyEvent], now: float) -> Transaction[Consultation]:
    """Append what moves one who waits, if anything does, and owe a round of dispatch."""
    if not moves:
        return before
    after = yield from events.append(before.id, before, moves, now)
    yield from owe_round(after.ticket.queue if after.ticket else "", now)
    return after


def rules_of(one: Consultation, rulebook: Rulebook) -> RuleSet:
    """Return the rules of the queue somebody waits in."""
    return rulebook.rules(one.ticket.queue if one.ticket else "")
