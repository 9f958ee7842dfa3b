"""Rented seats: who sits on one is whose workbench was heard lately; whoever comes back to people they serve may."""

from datetime import datetime

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId
from relay_server.domain.consultation import FOLLOWED
from relay_server.domain.directory import Directory
from relay_server.domain.licences import LicenceKind, refusal
from relay_server.domain.tickets import CHINA
from relay_server.store.accounts import list_agents
from relay_server.store.base import Store, Transaction
from relay_server.store.events import consultations
from relay_server.store.signs import drop_sign, put_signs, read_signs

DOOR = "door"
"""Where the first sign of life of a link is kept; whoever holds the link gives the later ones."""
KEPT_SECONDS = 90.0
"""How long a seat is kept for a workbench that is heard no more."""


async def take(store: Store, directory: Directory, agent: AgentId, kind: LicenceKind, now: float) -> None:
    """Sit down: as `check`, and the seat is taken in the same transaction, so that the last one goes to one person."""

    def script() -> Transaction[None]:
        yield from _check(directory, agent, kind, now)
        yield from put_signs(DOOR, [agent], now)

    if any(one.kind is kind for one in directory.licences.values()):
        await store.transact(script())


async def leave(store: Store, agent: AgentId) -> None:
    """Give the seat back."""
    await store.transact(drop_sign(DOOR, agent))


async def check(store: Store, directory: Directory, agent: AgentId, kind: LicenceKind, now: float) -> None:
    """Raise `BanwenError(FORBIDDEN)` in words when no seat of the nearest licence is free, or it is not valid today."""
    if any(one.kind is kind for one in directory.licences.values()):
        await store.read(_check(directory, agent, kind, now))


def _check(directory: Directory, agent: AgentId, kind: LicenceKind, now: float) -> Transaction[None]:
    if (yield from consultations(FOLLOWED, agent=agent, limit=1)):
        return
    accounts = yield from list_agents()
    paths = {one.id: directory.paths.get(one.office, ()) for one in accounts}
    signs = yield from read_signs()
    present = [one for one, heard in signs.items() if now - heard < KEPT_SECONDS and one in paths]
    why = refusal(directory.licences.values(), kind, agent, paths, present, datetime.fromtimestamp(now, CHINA).date())
    if why:
        raise BanwenError(ErrorCode.FORBIDDEN, why)
