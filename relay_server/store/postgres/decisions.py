"""Decisions of dispatch in PostgreSQL: one small coroutine per operation."""

from relay_protocol.ids import ConsultationId
from relay_server.store import decisions as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

_COLUMNS = "consultation, number, at, step, rules_version, chosen, candidates"
PUT = f"""
INSERT INTO decision ({_COLUMNS}) SELECT * FROM
unnest($1::text[], $2::text[], $3::float8[], $4::int8[], $5::text[], $6::text[], $7::text[])
"""  # noqa: S608


async def put_decisions(connection: Connection, op: ops.PutDecisions) -> None:
    """Keep decisions."""
    rows = [
        (one.consultation, one.number, one.at, one.step, one.rules_version, one.chosen, one.candidates)
        for one in op.rows
    ]
    await connection.execute(PUT, *zip(*rows, strict=True))


async def read_decisions(connection: Connection, op: ops.ReadDecisions) -> list[ops.DecisionRow]:
    """Read the last decisions, oldest first."""
    column, value = ("consultation", op.consultation) if op.consultation else ("number", op.number)
    query = f"SELECT {_COLUMNS} FROM decision WHERE {column} = $1 ORDER BY id DESC LIMIT $2"  # noqa: S608
    rows = await connection.fetch(query, value, op.limit)
    return [ops.DecisionRow(ConsultationId(row[0]), *row[1:]) for row in reversed(rows)]


HANDLERS: Handlers = {ops.PutDecisions: put_decisions, ops.ReadDecisions: read_decisions}
