"""What a drill counts: every message sent, acknowledged and delivered, every wait, every agent's load."""

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from relay_protocol.ids import AgentId, ClientId, ConsultationId


class Result(msgspec.Struct, frozen=True):
    """What a drill found. Times in seconds.

    `lost` were acknowledged and never delivered, `misordered` came to a reader in another order than in the log,
    `repeated_numbers` were given twice in a queue and a day, `unserved` still waited when it ended, `reconnected`
    links were broken and came back, `repeated` requests had to be made again because nothing could be saved.
    """

    consultations: int
    sent: int
    acknowledged: int
    delivered: int
    lost: int
    duplicated: int
    misordered: int
    over_cap: int
    refused: int
    repeated_numbers: int
    ack_p50: float
    ack_p95: float
    ack_p99: float
    wait_p50: float
    wait_p95: float
    wait_longest: float
    unserved: int
    reconnected: int
    back_p50: float
    back_longest: float
    repeated: int

    @property
    def good(self) -> bool:
        """Tell whether nothing went wrong."""
        wrong = (self.lost, self.duplicated, self.misordered, self.over_cap, self.repeated_numbers, self.unserved)
        return not any(wrong)


@dataclass
class Ledger:
    """The book of one drill. `now` arguments are of one monotonic clock."""

    _sent: dict[ClientId, float] = field(default_factory=dict)
    _acked: dict[ClientId, float] = field(default_factory=dict)
    _heard: Counter[ClientId] = field(default_factory=Counter)
    _last: dict[tuple[str, ConsultationId], int] = field(default_factory=dict)
    _misordered: int = 0
    _entered: dict[ConsultationId, float] = field(default_factory=dict)
    _waits: list[float] = field(default_factory=list)
    _load: defaultdict[AgentId, set[ConsultationId]] = field(default_factory=lambda: defaultdict(set))
    _over: int = 0
    _numbers: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _finished: int = 0
    _refused: int = 0
    _repeated: int = 0
    _broken: dict[object, float] = field(default_factory=dict)
    _back: list[float] = field(default_factory=list)

    def sent(self, message: ClientId, now: float) -> None:
        """A message goes out."""
        self._sent[message] = now

    def acknowledged(self, message: ClientId, now: float) -> None:
        """The relay says that it has it."""
        self._acked[message] = now

    def refused(self) -> None:
        """The relay said no."""
        self._refused += 1

    def repeated(self) -> None:
        """The relay could save nothing at that moment; the request is made again."""
        self._repeated += 1

    def broken(self, link: object, now: float) -> None:
        """A link that was up is not any longer."""
        self._broken.setdefault(link, now)

    def back(self, link: object, now: float) -> None:
        """A link is up."""
        if link in self._broken:
            self._back.append(now - self._broken.pop(link))

    def delivered(self, reader: str, consultation: ConsultationId, seq: int, message: ClientId) -> None:
        """The other side has it: `reader` is one link, for which the log's order counts."""
        self._heard[message] += 1
        place = (reader, consultation)
        self._misordered += seq <= self._last.get(place, 0)
        self._last[place] = max(seq, self._last.get(place, 0))

    def entered(self, consultation: ConsultationId, number: tuple[str, str, str], now: float) -> None:
        """Somebody took a number: (queue, day, number)."""
        self._entered.setdefault(consultation, now)
        self._numbers[number] += 1

    def served(self, consultation: ConsultationId, agent: AgentId, capacity: int, now: float) -> None:
        """An agent accepted."""
        if consultation in self._entered:
            self._waits.append(now - self._entered.pop(consultation))
        self._load[agent].add(consultation)
        self._over += len(self._load[agent]) > capacity

    def freed(self, consultation: ConsultationId, agent: AgentId) -> None:
        """The agent wrapped it up."""
        self._load[agent].discard(consultation)

    def finished(self) -> None:
        """A consultation is through."""
        self._finished += 1

    def result(self) -> Result:
        """Return what it comes to."""
        acks = [self._acked[one] - self._sent[one] for one in self._acked if one in self._sent]
        return Result(
            consultations=self._finished,
            sent=len(self._sent),
            acknowledged=len(self._acked),
            delivered=len(self._heard),
            lost=sum(one not in self._heard for one in self._acked),
            duplicated=sum(count > 1 for count in self._heard.values()),
            misordered=self._misordered,
            over_cap=self._over,
            refused=self._refused,
            repeated_numbers=sum(count > 1 for count in self._numbers.values()),
            ack_p50=_quantile(acks, 0.50),
            ack_p95=_quantile(acks, 0.95),
            ack_p99=_quantile(acks, 0.99),
            wait_p50=_quantile(self._waits, 0.50),
            wait_p95=_quantile(self._waits, 0.95),
            wait_longest=max(self._waits, default=0.0),
            unserved=len(self._entered),
            reconnected=len(self._back),
            back_p50=_quantile(self._back, 0.50),
            back_longest=round(max(self._back, default=0.0), 4),
            repeated=self._repeated,
        )


def _quantile(values: Sequence[float], share: float) -> float:
    if len(values) < 2:
        return round(values[0], 4) if values else 0.0
    return round(statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1], 4)
