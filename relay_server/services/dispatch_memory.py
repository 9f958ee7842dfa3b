"""What a dispatcher remembers between rounds, and how it learns what others did meanwhile.

It may be lost: it saves work, and words that were said already. What was decided is compared with what the store keeps,
so that of several dispatchers only one writes down why somebody waits.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec

from relay_protocol.ids import AgentId, ConsultationId
from relay_server.domain.dispatch import Decision, Verdict
from relay_server.store import queues
from relay_server.store.base import Transaction
from relay_server.store.decisions import follow_decisions
from relay_server.store.queues import Standing

Told = tuple[int, str]
"""At which step of the rules, and how it stood."""


@dataclass
class Memory:
    """`told` is the last decision of each who waits, as the store keeps it up to the one numbered `decided`."""

    due_at: float = 0.0
    holders: frozenset[AgentId] = frozenset()
    holders_at: float = 0.0
    standing: Mapping[ConsultationId, Standing] = field(default_factory=dict)
    told: dict[ConsultationId, Told] = field(default_factory=dict)
    decided: int = 0
    alone_since: dict[ConsultationId, float] = field(default_factory=dict)
    offered_word: set[ConsultationId] = field(default_factory=set)

    def is_news(self, decision: Decision) -> bool:
        """Tell whether anything is to be written: a choice, a wider circle, or another reason for waiting."""
        told = self.told.get(decision.consultation)
        return decision.chosen is not None or told != (decision.step, decision.verdict)

    def keep(self, waiting: Collection[ConsultationId]) -> None:
        """Forget everybody else."""
        for gone in self.told.keys() - waiting:
            del self.told[gone]
        for gone in self.alone_since.keys() - waiting:
            del self.alone_since[gone]
        self.offered_word.intersection_update(waiting)


class _Kept(msgspec.Struct, frozen=True):
    """What of a decision's candidates tells how it stood."""

    verdict: Verdict


_reader = msgspec.json.Decoder(_Kept)


def catch_up(memory: Memory) -> Transaction[list[Standing]]:
    """Return everybody who waits; learn what was decided of them."""
    standing = yield from queues.who_waits(memory.standing)
    memory.standing = {one.id: one for one in standing}
    for number, consultation, step, candidates in (yield from follow_decisions(memory.decided)):
        memory.told[consultation] = (step, _reader.decode(candidates).verdict)
        memory.decided = number
    return standing
