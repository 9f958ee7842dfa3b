"""What dispatch asks of PostgreSQL: one small coroutine per operation. Groups and agents are held as advisory locks.

Whoever holds an agent counts in a statement of its own afterwards, so that it sees what the holder before it did.
"""

from collections.abc import Sequence

from relay_protocol.ids import AgentId, ConsultationId
from relay_server.store import queues as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_WAITING = "state IN ('queued', 'offered')"
_LOADED = "state IN ('offered', 'active', 'wrap_up')"
HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(agent, 2)) FROM unnest($1::text[]) AS n (agent)"
TRY = "SELECT agent FROM unnest($1::text[]) AS n (agent) WHERE pg_try_advisory_xact_lock(hashtextextended(agent, 2))"


async def list_waiting(connection: Connection, op: ops.ListWaiting) -> list[tuple[ConsultationId, int]]:
    """Read who waits by the index of states."""
    rows = await connection.fetch(f"SELECT id, last_seq FROM consultation WHERE {_WAITING}")  # noqa: S608
    return [(ConsultationId(row[0]), row[1]) for row in rows]


async def read_standing(connection: Connection, op: ops.ReadStanding) -> list[ops.Standing]:
    """Read the bodies of some."""
    query = f"SELECT body FROM consultation WHERE id = ANY($1::text[]) AND {_WAITING}"  # noqa: S608
    return [ops.standing_reader.decode(row[0]) for row in await connection.fetch(query, op.consultations)]


async def read_loads(connection: Connection, op: ops.ReadLoads) -> dict[AgentId, int]:
    """Count by the index of servants and states."""
    query = f"SELECT serving, count(*) FROM consultation WHERE serving <> '' AND {_LOADED} GROUP BY serving"  # noqa: S608
    return {AgentId(row[0]): int(row[1]) for row in await connection.fetch(query)}


async def hold_agents(connection: Connection, wanted: Sequence[ops.HoldAgent]) -> list[int]:
    """Wait for the locks in the order of names, so that nobody waits in a ring; the commit gives them back."""
    names = sorted({op.agent for op in wanted})
    await connection.execute(HOLD, names)
    loads = await _loads_of(connection, names)
    return [loads[op.agent] for op in wanted]


async def hold_agent(connection: Connection, op: ops.HoldAgent) -> int:
    """Wait for one lock."""
    return (await hold_agents(connection, [op]))[0]


async def try_agents(connection: Connection, op: ops.TryAgents) -> dict[AgentId, int]:
    """Take what locks are free."""
    return await _loads_of(connection, [AgentId(row[0]) for row in await connection.fetch(TRY, op.agents)])


async def _loads_of(connection: Connection, agents: Sequence[AgentId]) -> dict[AgentId, int]:
    query = f"SELECT serving, count(*) FROM consultation WHERE serving = ANY($1::text[]) AND {_LOADED} GROUP BY serving"  # noqa: S608
    found = {row[0]: int(row[1]) for row in await connection.fetch(query, agents)}
    return {agent: found.get(agent, 0) for agent in agents}


async def try_group(connection: Connection, op: ops.TryGroup) -> bool:
    """Take the lock if it is free; the commit gives it back."""
    query = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
    return bool(await connection.fetchval(query, f"group {op.group}"))


async def any_due(connection: Connection, op: ops.AnyDue) -> bool:
    """Look for one row."""
    query = "SELECT EXISTS (SELECT 1 FROM work WHERE kind = $1 AND due_at <= $2)"
    return bool(await connection.fetchval(query, op.kind, op.now))


HANDLERS: Handlers = {
    ops.ListWaiting: list_waiting,
    ops.ReadStanding: read_standing,
    ops.ReadLoads: read_loads,
    ops.HoldAgent: hold_agent,
    ops.TryAgents: try_agents,
    ops.TryGroup: try_group,
    ops.AnyDue: any_due,
}
