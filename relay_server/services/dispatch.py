"""Dispatch: one round decides for everybody who waits; offers are taken by their agents, or given back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from relay_protocol.ids import ConsultationId, OfferId, consultation_stream
from relay_protocol.messages import AcceptOffer, AnyEvent, DeclineOffer, HumanUnavailable, TicketTaken
from relay_server.domain import decisions, waiting
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import Consultation, State
from relay_server.domain.dispatch import AT_ONCE, Decision, Verdict, Waiting, explain, match_in
from relay_server.domain.pool import Pool, Server
from relay_server.domain.rulebook import Line, Rulebook
from relay_server.domain.rules import Overflow
from relay_server.services import presence
from relay_server.services.dispatch_choice import Choice, hold
from relay_server.services.dispatch_floor import read_staff, servers, waiting_of
from relay_server.services.dispatch_lapses import lapse, who_holds
from relay_server.services.dispatch_memory import Memory, catch_up
from relay_server.services.dispatch_story import row_of
from relay_server.services.presence import Reach
from relay_server.store import events, many, outbox, queues
from relay_server.store.accounts import list_agents
from relay_server.store.base import Store, Transaction
from relay_server.store.decisions import DecisionRow, put_decisions
from relay_server.store.queues import Standing

EVERY = 0.5
"""Seconds after which a round is run although nothing was heard, while somebody waits."""
IDLE_EVERY = 5.0
"""The same while nobody does."""
EXPLAINED_AT_ONCE = 16
"""Explanations of waiting written in one round; the others follow in the next."""
TAIL = 30
"""Events looked at to see whether somebody was told already that nobody is there."""


@dataclass(frozen=True)
class Round:
    """What a round found and did: everybody who waited, in the order of their places, and the agents afterwards.

    `written` are those whose decision was written down, the last of them under the number `decided`; `offered` may
    leave word instead; `complete` says that nothing was left for the next round.
    """

    line: tuple[Waiting, ...]
    standing: Mapping[ConsultationId, Standing]
    decisions: tuple[Decision, ...]
    pool: Pool
    written: frozenset[ConsultationId]
    decided: int
    offered: frozenset[ConsultationId]
    complete: bool


class Lapsed:
    """Something was taken back, and is committed: the round is run on what is left."""


async def is_due(store: Store, memory: Memory, now: float) -> bool:
    """Tell whether a round has anything to do: its time has come, or something owes one."""
    return now >= memory.due_at or await store.read(queues.any_due("dispatch", now))


async def run_round(
    store: Store, reach: Reach, rulebook: Rulebook, memory: Memory, new_id: Callable[[], str], now: float
) -> Round | None:
    """Take back what ran out, then offer whoever waits to whoever can serve, all of that in one transaction.

    Return None when another dispatcher is at it, or did what was owed in the meantime.
    """
    done: Round | Lapsed | None = Lapsed()
    while isinstance(done, Lapsed):
        done = await store.transact(_round(reach, rulebook, memory, new_id, now))
    if done is not None:
        _remember(memory, done, now)
    return done


async def accept(store: Store, actor: AgentActor, request: AcceptOffer, now: float) -> int:
    """Take an offer; return the newest seq. Raise `BanwenError(GONE)` when it went elsewhere."""

    def script() -> Transaction[int]:
        found = yield from events.load(request.consultation)
        before = require(actor, Action.READ, found)
        accepted = decisions.accept(before, request.offer, actor.card)
        strikes = yield from presence.strikes_of(actor.id)
        after = yield from events.append(before.id, before, accepted, now)
        yield from events.mark_idle(actor.id, now)
        if strikes:
            yield from presence.forget_no_answers(actor.id, before.id, now)
        return after.last_seq

    return await store.transact(script())


async def decline(store: Store, actor: AgentActor, request: DeclineOffer, rulebook: Rulebook, now: float) -> int:
    """Give an offer back; the taxpayer keeps the place, and dispatch looks for somebody else."""

    def script() -> Transaction[int]:
        before = require(actor, Action.ANSWER_OFFER, (yield from events.load(request.consultation)))
        returned = decisions.decline(before, request.offer, "declined")
        after = yield from events.append(before.id, before, returned, now)
        said = (yield from events.read_attendance()).get(actor.id)
        queue = before.ticket.queue if before.ticket else ""
        if returned and said is not None:
            yield from presence.count_no_answer(actor.id, said, "declined", before.id, rulebook.rules(queue), now)
        yield from outbox.owe("dispatch", queue, now)
        return after.last_seq

    return await store.transact(script())


def _round(
    reach: Reach, rulebook: Rulebook, memory: Memory, new_id: Callable[[], str], now: float
) -> Transaction[Round | Lapsed | None]:
    offices = frozenset(account.office for account in (yield from list_agents()))
    for group in rulebook.groups(offices):
        if not (yield from queues.try_group(group)):
            return None
    if not (yield from outbox.drop_due("dispatch", now)) and now < memory.due_at:
        return None
    standing, staff = (yield from catch_up(memory)), (yield from read_staff(reach))
    if now - memory.holders_at >= IDLE_EVERY:
        memory.holders, memory.holders_at = (yield from who_holds()), now
    if (yield from lapse(standing, staff, memory.holders, reach, rulebook, now)):
        memory.due_at = now
        return Lapsed()
    return (yield from _decide(standing, servers(staff, reach, rulebook, now), rulebook, memory, new_id, now))


def _decide(
    standing: Sequence[Standing],
    staff: Sequence[Server],
    rulebook: Rulebook,
    memory: Memory,
    new_id: Callable[[], str],
    now: float,
) -> Transaction[Round]:
    by_id = {one.id: one for one in standing}
    line = sorted((waiting_of(one, one.ticket, rulebook) for one in standing if one.ticket), key=lambda one: one.place)
    tickets, pool = {one.consultation: one for one in line}, Pool(staff)
    made = match_in(pool, [one for one in line if by_id[one.consultation].state is State.QUEUED], now)
    chosen = [one for one in made if one.chosen is not None]
    waits = [one for one in made if one.chosen is None and memory.is_news(one)]
    wider = [one for one in waits if _is_wider(one, tickets[one.consultation])]
    others = [one for one in waits if not _is_wider(one, tickets[one.consultation])]
    choice = yield from hold(chosen, [one.consultation for one in wider[:AT_ONCE]], tickets, staff, pool, now)
    moving = [*choice.chosen.values(), *(one for one in wider[:AT_ONCE] if one.consultation in choice.held)]
    yield from _carry_out(moving, choice.held, tickets, rulebook, new_id, now)
    todo = [*moving, *others[:EXPLAINED_AT_ONCE]]
    decided = yield from put_decisions(
        [_row(one, tickets[one.consultation], choice.pool, rulebook, now) for one in todo]
    )
    offered = yield from _overflow(made, by_id, rulebook, memory, now)
    return Round(
        line=tuple(line),
        standing=by_id,
        decisions=tuple(_outcome(one, choice) for one in made),
        pool=choice.pool,
        written=frozenset(one.consultation for one in todo),
        decided=decided or memory.decided,
        offered=offered,
        complete=len(choice.chosen) == len(chosen) < AT_ONCE > len(wider),
    )


def _outcome(decision: Decision, choice: Choice) -> Decision:
    """Return what became of a decision: whoever was chosen and could not be held waits for the next round."""
    if decision.chosen is None:
        return decision
    waits = replace(decision, verdict=Verdict.BUSY, chosen=None, candidates=(), others=0)
    return choice.chosen.get(decision.consultation, waits)


def _carry_out(
    moving: Sequence[Decision],
    held: Mapping[ConsultationId, Consultation],
    tickets: Mapping[ConsultationId, Waiting],
    rulebook: Rulebook,
    new_id: Callable[[], str],
    now: float,
) -> Transaction[None]:
    """Widen as far as was decided and offer to whom was chosen, all in one step."""
    given = [
        (held[one.consultation], _news(held[one.consultation], one, tickets[one.consultation], rulebook, new_id, now))
        for one in moving
    ]
    yield from many.append_many(given, now)


def _is_wider(decision: Decision, ticket: Waiting) -> bool:
    wider = ticket.reach[decision.step] != ticket.reach[min(ticket.step, decision.step)]
    return wider and decision.verdict is not Verdict.AWAY


def _news(
    before: Consultation,
    decision: Decision,
    ticket: Waiting,
    rulebook: Rulebook,
    new_id: Callable[[], str],
    now: float,
) -> list[AnyEvent]:
    news: list[AnyEvent] = []
    if _is_wider(decision, ticket):
        level = ticket.rules.steps[decision.step].level
        news += waiting.widen(before, decision.step, level, rulebook.reach_name(ticket.reach[decision.step]))
    if decision.chosen is not None:
        news += decisions.offer(before, OfferId(new_id()), decision.chosen, now + ticket.rules.offer_timeout)
    return news


def _row(decision: Decision, ticket: Waiting, pool: Pool, rulebook: Rulebook, now: float) -> DecisionRow:
    if decision.chosen is not None:
        return row_of(decision, ticket, decision.candidates, decision.others, now)
    return row_of(decision, ticket, *explain(ticket, pool, decision.step, now), now)


def _overflow(
    made: Sequence[Decision],
    standing: Mapping[ConsultationId, Standing],
    rulebook: Rulebook,
    memory: Memory,
    now: float,
) -> Transaction[frozenset[ConsultationId]]:
    """Offer to leave word to those for whom nobody who could serve was at work for some time; return who they are."""
    offered = set()
    for decision in made:
        one = standing[decision.consultation]
        if decision.verdict is not Verdict.NOBODY or one.ticket is None:
            memory.alone_since.pop(one.id, None)
            continue
        rules = rulebook.rules(one.ticket.queue)
        alone = now - memory.alone_since.setdefault(one.id, now)
        if rules.overflow is not Overflow.WAIT and alone >= rules.overflow_after and one.id not in memory.offered_word:
            yield from _offer_word(one, rules.overflow, rulebook, now)
            offered.add(one.id)
    return frozenset(offered)


def _offer_word(one: Standing, overflow: Overflow, rulebook: Rulebook, now: float) -> Transaction[None]:
    before = yield from events.load(one.id)
    if before is None or before.ticket is None or (yield from _was_told(one)):
        return
    ticket = before.ticket
    closed, opens_at = rulebook.closed_until(Line(ticket.queue, ticket.office, tuple(ticket.skills)), now)
    reason = "closed" if closed else "overflow"
    said: list[AnyEvent] = [HumanUnavailable(reason=reason, office=ticket.office, opens_at=opens_at)]
    if overflow is Overflow.END:
        said = waiting.unavailable(before, reason, ticket.office, opens_at)
    yield from events.append(before.id, before, said, now)


def _was_told(one: Standing) -> Transaction[bool]:
    """Whether somebody who waits was offered to leave word since they took their number."""
    tail = yield from events.events_before(consultation_stream(one.id), 2**62, TAIL)
    kinds = [type(committed.frame.event) for committed in tail]
    since = max((index for index, kind in enumerate(kinds) if kind is TicketTaken), default=0)
    return HumanUnavailable in kinds[since:]


def _remember(memory: Memory, done: Round, now: float) -> None:
    """Keep what was told, forget who is gone, and set when the next round is due at the latest."""
    for decision in done.decisions:
        if decision.consultation in done.written:
            memory.told[decision.consultation] = (decision.step, decision.verdict)
    memory.decided = done.decided
    memory.offered_word |= done.offered
    memory.keep(done.standing.keys())
    memory.due_at = now + (EVERY if done.line else IDLE_EVERY) if done.complete else now
