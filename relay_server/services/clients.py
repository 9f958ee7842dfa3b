"""Programs that read through the API: off until an administrator has approved each; each sees its offices only."""

import secrets

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId
from relay_protocol.messages import AgentCard, Office
from relay_server.domain.access import AgentActor, Held
from relay_server.domain.directory import Directory
from relay_server.domain.records import Role
from relay_server.domain.webhooks import ApiClient
from relay_server.services import tokens
from relay_server.store.base import Store, Transaction
from relay_server.store.settings import list_settings

KIND = "clients"
PREFIX = "bwk_"
"""What tokens of programs begin with."""


def new_token() -> str:
    """Return a token: 256 random bits behind a prefix that tells what it is, for whoever finds it in a file."""
    return PREFIX + secrets.token_urlsafe(tokens.BYTES)


async def client_of(store: Store, directory: Directory, token: str) -> AgentActor:
    """Return the program whose token this is.

    Raise `BanwenError`: UNAUTHENTICATED for an unknown one, FORBIDDEN until it is approved.
    """
    digest = tokens.digest_of(token).hex()
    found = next((one for one in await store.read(all_clients()) if secrets.compare_digest(one.digest, digest)), None)
    if found is None:
        raise tokens.sign_in_again()
    if not found.approved:
        raise BanwenError(ErrorCode.FORBIDDEN, "接口程序尚未获批准，请管理员用 banwen-relay clients approve 批准。")
    office = directory.cards.get(found.office) or Office(code=found.office, name="")
    card = AgentCard(id=AgentId(f"client:{found.name}"), number=found.name, name=found.about, office=office)
    held = Held(Role.CLIENT, directory.subtrees.get(found.office, frozenset()), everywhere=not found.office)
    return AgentActor(card, (held,))


def all_clients() -> Transaction[list[ApiClient]]:
    """Return all programs, by name."""
    rows = yield from list_settings(KIND)
    return [msgspec.json.decode(row.body, type=ApiClient) for row in rows if row.body]
