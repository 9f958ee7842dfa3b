"""Signs of life in PostgreSQL: one small coroutine per operation."""

from relay_protocol.ids import AgentId
from relay_server.store import signs as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

PUT = """
INSERT INTO sign AS known (agent, edge, at) SELECT agent, $2, $3 FROM unnest($1::text[]) AS heard (agent)
ORDER BY agent ON CONFLICT (agent, edge) DO UPDATE SET at = greatest(known.at, excluded.at)
"""


async def put_signs(connection: Connection, op: ops.PutSigns) -> None:
    """Write all agents of an edge at once, and forget old signs."""
    old = "SELECT agent, edge FROM sign WHERE at < $1 FOR UPDATE SKIP LOCKED"
    await connection.execute(f"DELETE FROM sign WHERE (agent, edge) IN ({old})", op.forget_before)  # noqa: S608
    await connection.execute(PUT, list(dict.fromkeys(op.agents)), op.edge, op.now)


async def drop_sign(connection: Connection, op: ops.DropSign) -> None:
    """Forget an agent at an edge."""
    await connection.execute("DELETE FROM sign WHERE agent = $1 AND edge = $2", op.agent, op.edge)


async def read_signs(connection: Connection, op: ops.ReadSigns) -> dict[AgentId, float]:
    """Find each agent's newest sign."""
    rows = await connection.fetch("SELECT agent, max(at) FROM sign GROUP BY agent")
    return {AgentId(row[0]): row[1] for row in rows}


HANDLERS: Handlers = {ops.PutSigns: put_signs, ops.DropSign: drop_sign, ops.ReadSigns: read_signs}
