"""Where everybody stands: the place in the queue, whose agents are asked by now, and an honest estimate."""

from collections.abc import Sequence

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_protocol.messages import QueuePosition, QueueSummary
from relay_server.domain.consultation import OVER, Ticket
from relay_server.domain.dispatch import Waiting
from relay_server.domain.estimate import RECENT, estimate
from relay_server.domain.pool import EVERYWHERE
from relay_server.domain.rulebook import Rulebook
from relay_server.services.dispatch import Round
from relay_server.store import events, queues
from relay_server.store.base import Store, Transaction

LOOK_BACK = 4 * 3600.0
"""Seconds in which services count for an estimate."""

Places = dict[ConsultationId, tuple[TaxpayerId, QueuePosition]]


def places(done: Round, rulebook: Rulebook, service_times: Sequence[float]) -> Places:
    """Return where each ticket of a round stands: how many of the same queue go before it, and for how long."""
    found: Places = {}
    of_queue: dict[str, int] = {}
    under: dict[str, int] = {}
    for one in done.line:
        standing = done.standing[one.consultation]
        if standing.ticket is None:
            continue
        ahead = of_queue.get(standing.ticket.queue, 0)
        within = one.reach[min(one.step, len(one.reach) - 1)]
        guess = estimate(under.get(within, 0), service_times, done.pool.capacity(within))
        place = _place(one, standing.ticket, ahead, guess, rulebook.reach_name(within), standing.away_until)
        found[one.consultation] = (standing.taxpayer.id, place)
        of_queue[standing.ticket.queue] = ahead + 1
        for office in (*one.path, EVERYWHERE):
            under[office] = under.get(office, 0) + 1
    return found


def summary(done: Round) -> QueueSummary:
    """Return how many wait, and since when the first of them does."""
    return QueueSummary(waiting=len(done.line), oldest_at=min((one.entered_at for one in done.line), default=None))


async def read_summary(store: Store) -> QueueSummary:
    """Return the same for whoever asks between two rounds."""
    entered = [one.ticket.entered_at for one in await store.read(queues.who_waits()) if one.ticket is not None]
    return QueueSummary(waiting=len(entered), oldest_at=min(entered, default=None))


async def service_times(store: Store, now: float) -> list[float]:
    """Return how long the latest services took, in seconds, newest last."""

    def script() -> Transaction[list[float]]:
        over = yield from events.consultations(OVER, since=now - LOOK_BACK, limit=4 * RECENT)
        served = sorted((one for one in over if one.service_began_at and one.closed_at), key=lambda one: one.closed_at)
        return [one.closed_at - one.service_began_at for one in served]

    return await store.read(script())


def _place(
    one: Waiting, ticket: Ticket, ahead: int, guess: float | None, reach: str, away_until: float
) -> QueuePosition:
    return QueuePosition(
        consultation=one.consultation,
        number=ticket.number,
        ahead=ahead,
        office=ticket.office.name,
        estimate=None if guess is None else float(round(guess)),
        reach=reach,
        away_until=away_until or None,
    )
