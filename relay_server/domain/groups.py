"""Queue groups: queues that share agents are dispatched together, by one writer at a time; others go their own way."""

from collections.abc import Iterable, Mapping

from relay_protocol.ids import AgentId
from relay_server.domain.rules import WIDTH, Level, RuleSet

Path = tuple[str, ...]
"""An office and those above it, nearest first, as division codes."""


def groups(serves: Mapping[AgentId, Iterable[str]]) -> dict[str, str]:
    """Return the group of every queue that somebody serves: the connected components of "an agent serves both".

    A group is named after its first queue, so that every process gives it the same name.
    """
    parent: dict[str, str] = {}
    for queues in serves.values():
        first = ""
        for queue in queues:
            first = first or queue
            _join(parent, first, queue)
    return {queue: _root(parent, queue) for queue in sorted(parent)}


def reach(path: Path, levels: Mapping[str, str], level: Level) -> str:
    """Return the office within whose subtree a step looks; empty for everywhere.

    It is the nearest office above the taxpayer's that is at least so wide.
    """
    if level is Level.ANY:
        return ""
    width = WIDTH[level]
    for office in path:
        if WIDTH.get(Level(levels[office]) if levels.get(office) in WIDTH else Level.COUNTY, 0) >= width:
            return office
    return path[-1] if path else ""


def widest(queues: Mapping[str, tuple[Path, RuleSet]], levels: Mapping[str, str]) -> dict[str, str]:
    """Return for each queue the office within which its rules look once they have widened as far as they go."""
    return {queue: reach(path, levels, rules.steps[-1].level) for queue, (path, rules) in queues.items()}


def served_by(widest_of: Mapping[str, str], agent: Path) -> list[str]:
    """Return the queues an agent of these offices may ever be asked for."""
    return [queue for queue, office in widest_of.items() if not office or office in agent]


def _root(parent: dict[str, str], queue: str) -> str:
    while parent.setdefault(queue, queue) != queue:
        parent[queue] = parent[parent[queue]]
        queue = parent[queue]
    return queue


def _join(parent: dict[str, str], one: str, other: str) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low
