"""Decisions of dispatch in PostgreSQL: one small coroutine per operation."""

from relay_protocol.ids import ConsultationId
from relay_server.store import decisions as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_COLUMNS = "consultation, number, at, step, rules_version, chosen, candidates"
PUT = f"""
WITH made AS (
  INSERT INTO decision ({_COLUMNS}) SELECT consultation, number, at, step, rules_version, chosen, candidates FROM
  unnest($1::text[], $2::text[], $3::float8[], $4::int8[], $5::text[], $6::text[], $7::text[])
  WITH ORDINALITY AS n ({_COLUMNS}, place) ORDER BY place RETURNING id
)
SELECT max(id) FROM made
"""  # noqa: S608
FOLLOW = """
SELECT made.id, made.consultation, step, candidates FROM decision AS made JOIN consultation AS one
ON one.id = made.consultation AND one.state IN ('queued', 'offered') WHERE made.id > $1 ORDER BY made.id
"""


async def put_decisions(connection: Connection, op: ops.PutDecisions) -> int:
    """Keep decisions."""
    rows = [
        (one.consultation, one.number, one.at, one.step, one.rules_version, one.chosen, one.candidates)
        for one in op.rows
    ]
    return int(await connection.fetchval(PUT, *zip(*rows, strict=True)))


async def follow_decisions(
    connection: Connection, op: ops.FollowDecisions
) -> list[tuple[int, ConsultationId, int, str]]:
    """Read on from a number."""
    return [(row[0], ConsultationId(row[1]), row[2], row[3]) for row in await connection.fetch(FOLLOW, op.after)]


async def read_decisions(connection: Connection, op: ops.ReadDecisions) -> list[ops.DecisionRow]:
    """Read the last decisions, oldest first."""
    column, value = ("consultation", op.consultation) if op.consultation else ("number", op.number)
    query = f"SELECT {_COLUMNS} FROM decision WHERE {column} = $1 ORDER BY id DESC LIMIT $2"  # noqa: S608
    rows = await connection.fetch(query, value, op.limit)
    return [ops.DecisionRow(ConsultationId(row[0]), *row[1:]) for row in reversed(rows)]


HANDLERS: Handlers = {
    ops.PutDecisions: put_decisions,
    ops.FollowDecisions: follow_decisions,
    ops.ReadDecisions: read_decisions,
}
