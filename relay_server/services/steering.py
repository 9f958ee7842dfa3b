"""One wish about one consultation in one transaction: load it, ask the policy, decide, append, owe what follows."""

from collections.abc import Callable, Sequence

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import AnyEvent
from relay_server.domain.access import Action, Actor, require
from relay_server.domain.consultation import Consultation
from relay_server.store import events, outbox
from relay_server.store.base import Store, Transaction

Decide = Callable[[Consultation], Sequence[AnyEvent]]
Script = Callable[[Consultation], Transaction[Sequence[AnyEvent]]]


async def steer(
    store: Store, actor: Actor, action: Action, consultation: ConsultationId, decide: Decide, now: float
) -> int:
    """Do what `decide` says of it; return the newest seq. Raise NOT_FOUND for what is not the actor's."""

    def script() -> Transaction[int]:
        before = require(actor, action, (yield from events.load(consultation)))
        return (yield from move(before, decide(before), now)).last_seq

    return await store.transact(script())


async def steer_by(
    store: Store, actor: Actor, action: Action, consultation: ConsultationId, decide: Script, now: float
) -> int:
    """The same for a decision that has to read more than the consultation."""

    def script() -> Transaction[int]:
        before = require(actor, action, (yield from events.load(consultation)))
        wanted = yield from decide(before)
        return (yield from move(before, wanted, now)).last_seq

    return await store.transact(script())


def move(
    before: Consultation, wanted: Sequence[AnyEvent], now: float, client_id: str = ""
) -> Transaction[Consultation]:
    """Append events; where an owner, a place or a load changed, a round of dispatch is owed and agents begin anew."""
    after = yield from events.append(before.id, before, wanted, now, client_id)
    if (after.serving, after.state, after.ticket) != (before.serving, before.state, before.ticket):
        if after.agent is not None and after.serving not in (before.serving, None):
            yield from events.mark_idle(after.agent.id, now)
        yield from outbox.owe("dispatch", after.ticket.queue if after.ticket else "", now)
    return after
