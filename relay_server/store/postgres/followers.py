"""Followers in PostgreSQL. Moves are kept until a script has ended, then written for all at once; see `lockstep`."""

from collections.abc import Sequence

import msgspec

from relay_server.domain.consultation import Consultation
from relay_server.store import followers as ops
from relay_server.store.postgres.connection import Connection
from relay_server.store.postgres.handlers import Handlers

ADD = """
INSERT INTO follower (agent, consultation) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
"""
REMOVE = """
DELETE FROM follower USING unnest($1::text[], $2::text[]) AS gone (agent, consultation)
WHERE follower.agent = gone.agent AND follower.consultation = gone.consultation
"""

_reader = msgspec.json.Decoder(Consultation)


async def move_all(connection: Connection, given: Sequence[ops.MoveFollowers]) -> None:
    """Add and remove rows of any consultations, two statements for all; of one pair the last move counts."""
    follows: dict[tuple[str, str], bool] = {}
    for op in given:
        follows |= {(agent, op.consultation): True for agent in op.joined}
        follows |= {(agent, op.consultation): False for agent in op.left}
    for wanted, query in ((True, ADD), (False, REMOVE)):
        pairs = sorted(pair for pair, follow in follows.items() if follow is wanted)
        if pairs:
            await connection.execute(query, *zip(*pairs, strict=True))


async def list_followed(connection: Connection, op: ops.ListFollowed) -> list[Consultation]:
    """Look up what an agent follows."""
    query = (
        "SELECT body FROM follower JOIN consultation ON consultation.id = follower.consultation "
        "WHERE follower.agent = $1 ORDER BY consultation.id DESC"
    )
    return [_reader.decode(row["body"]) for row in await connection.fetch(query, op.agent)]


HANDLERS: Handlers = {ops.ListFollowed: list_followed}
