"""Whose page is connected, over all edges of a relay: told by each of them, and followed by those who keep places.

An edge that dies tells nobody who was connected to it. So each edge gives signs for the taxpayers it holds who wait or
are served; where the signs cease, the place is kept for a while only, as when the edge itself had seen the link go.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_server.domain import waiting
from relay_server.domain.consultation import WAITING, WITH_AGENT, Consultation
from relay_server.domain.rulebook import Rulebook
from relay_server.services import tickets
from relay_server.store import events, signs
from relay_server.store.base import Store, Transaction

SILENT_AFTER = 30.0
"""Seconds without a sign after which nobody is there."""
SETTLED = 1.0
"""Seconds by which a sign must be newer than the loss it contradicts."""


class Pages:
    """Whose pages are connected to this process, and what other edges told (`elsewhere`: when, Unix seconds)."""

    def __init__(self) -> None:
        self._here: Counter[TaxpayerId] = Counter()
        self.elsewhere: Mapping[TaxpayerId, float] = {}

    @property
    def here(self) -> Collection[TaxpayerId]:
        """Whose pages are connected to this process."""
        return self._here.keys()

    def came(self, taxpayer: TaxpayerId) -> bool:
        """A link came up; tell whether it is the first."""
        self._here[taxpayer] += 1
        return self._here[taxpayer] == 1

    def left(self, taxpayer: TaxpayerId) -> bool:
        """A link is gone; tell whether it was the last."""
        self._here[taxpayer] -= 1
        if self._here[taxpayer]:
            return False
        del self._here[taxpayer]
        return True

    def online(self, taxpayer: TaxpayerId, now: float) -> bool:
        """Tell whether a page of the taxpayer is connected, to whatever edge."""
        return taxpayer in self._here or now - self.elsewhere.get(taxpayer, 0.0) <= SILENT_AFTER


@dataclass
class Silence:
    """Since when no sign was there of those who wait, by consultation. It may be lost: it begins anew."""

    since: dict[ConsultationId, float] = field(default_factory=dict)

    def over(self, one: Consultation, heard_at: float, now: float) -> bool:
        """Take in what was heard; tell whether it has been silent for too long."""
        if now - heard_at <= SILENT_AFTER:
            self.since.pop(one.id, None)
            return False
        return now - self.since.setdefault(one.id, now) >= SILENT_AFTER

    def keep(self, waiting_now: Iterable[ConsultationId]) -> None:
        """Forget everybody else."""
        self.since = {one: self.since[one] for one in waiting_now if one in self.since}


async def tell(
    store: Store, edge: str, here: Collection[TaxpayerId], told: set[TaxpayerId], now: float
) -> set[TaxpayerId]:
    """Give signs for those of `here` who wait or are served; return whom it told of, for the next time."""

    def script() -> Transaction[set[TaxpayerId]]:
        cared_for = yield from events.consultations((*WAITING, *WITH_AGENT))
        linked = {one.taxpayer.id for one in cared_for if one.taxpayer.id in here}
        if linked:
            yield from signs.put_pages(edge, sorted(linked), now)
        for taxpayer in sorted(told - linked):
            yield from signs.drop_page(edge, taxpayer)
        return linked

    return await store.transact(script()) if here or told else set()


async def follow(store: Store, rulebook: Rulebook, silence: Silence, now: float) -> None:
    """Let those be away of whom no edge gave a sign for long, and those be back whose loss a newer sign contradicts."""

    def script() -> Transaction[None]:
        heard = yield from signs.read_pages()
        waiting_now = yield from events.consultations(WAITING)
        silence.keep([one.id for one in waiting_now])
        for one in waiting_now:
            abandon_after = tickets.rules_of(one, rulebook).abandon_after
            heard_at = heard.get(one.taxpayer.id, 0.0)
            if one.away_reason == "lost" and heard_at > one.away_until - abandon_after + SETTLED:
                yield from tickets.move(one, waiting.come_back(one), now)
            elif silence.over(one, heard_at, now) and not one.away_until:
                yield from tickets.move(one, waiting.go_away(one, now + abandon_after, "lost"), now)

    await store.transact(script())
