"""One drill from beginning to end: passes for everybody, the scripts side by side, the book at the end."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from random import Random

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, TaxpayerId
from relay_protocol.messages import Assurance, Office, TaxpayerCard
from relay_server.drill.ledger import Ledger, Result
from relay_server.drill.people import Agent, Taxpayer
from relay_server.services import tokens
from relay_server.spawn import spawn
from relay_server.store.accounts import (
    AgentAccount,
    TaxpayerRecord,
    TokenKind,
    drop_tokens_of,
    find_agent,
    put_agent,
    put_taxpayer,
)
from relay_server.store.base import Store, Transaction

APP = "drill"
GRACE_SECONDS = 60.0
"""How long what began may take to finish after the time is up."""
LIFETIME = 24 * 3600.0


@dataclass(frozen=True)
class Cast:
    """Who plays: tokens of agents and of taxpayers."""

    agents: Sequence[str]
    taxpayers: Sequence[str]


async def cast(
    store: Store, office: Office, taxpayers: int, agents: int, new_id: Callable[[], str], now: float
) -> Cast:
    """Give passes to scripted people of an office: agents `drill001` … that cannot log in, and taxpayers.

    The passes are made in the database, so that a drill needs neither passwords nor an app that lets strangers in.
    """

    def script() -> Transaction[Cast]:
        agent_tokens = []
        for number in range(1, agents + 1):
            agent_tokens.append((yield from _agent(f"drill{number:03}", office, new_id, now)))
        taxpayer_tokens = []
        for number in range(1, taxpayers + 1):
            taxpayer_tokens.append((yield from _taxpayer(number, office, new_id, now)))
        return Cast(agent_tokens, taxpayer_tokens)

    return await store.transact(script())


async def dismiss(store: Store, agents: int) -> None:
    """Take the agents' passes back and disable their accounts."""

    def script() -> Transaction[None]:
        for number in range(1, agents + 1):
            account = yield from find_agent(f"drill{number:03}")
            if account is not None:
                yield from drop_tokens_of(TokenKind.AGENT, account.id)
                yield from put_agent(replace(account, disabled=True))

    await store.transact(script())


async def play(server: str, people: Cast, seconds: float, codes: tuple[str, str], pause: float, seed: int) -> Result:
    """Play for `seconds` and return the result. `pause` scales how long people think, in seconds."""
    ledger, chance = Ledger(), Random(seed)
    taxpayers = [Taxpayer(server, token, ledger, Random(chance.random()), pause) for token in people.taxpayers]
    agents = [Agent(server, token, ledger, Random(chance.random()), pause, codes) for token in people.agents]
    until = time.monotonic() + seconds
    tasks = [spawn(one, "drill") for one in _background(taxpayers, agents)]
    try:
        async with asyncio.timeout(seconds + GRACE_SECONDS):
            await _first([spawn(one.live(until), "taxpayer") for one in taxpayers], tasks)
    except TimeoutError:
        pass  # the ledger says who was not served
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return ledger.result()


def _background(taxpayers: Sequence[Taxpayer], agents: Sequence[Agent]) -> list[Coroutine[object, object, None]]:
    links = [*(one.link for one in taxpayers), *(one.link for one in agents)]
    return [*(one.link.run() for one in links), *(one.live() for one in agents)]


async def _first(visits: Sequence[asyncio.Task[None]], others: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all visits; a link that is refused for good, or a script that breaks, ends the drill at once."""
    pending = set(visits)
    try:
        while pending:
            done, _ = await asyncio.wait([*pending, *others], return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
            if not done <= pending:
                raise BanwenError(ErrorCode.UNREACHABLE, "中继拒绝了演练的连接，请查看中继日志。")
            pending -= done
    finally:
        for one in pending:
            one.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _agent(name: str, office: Office, new_id: Callable[[], str], now: float) -> Transaction[str]:
    known = yield from find_agent(name)
    account = known or AgentAccount(AgentId(new_id()), name, f"演练{name[-3:]}", office.code, "", created_at=now)
    yield from put_agent(replace(account, office=office.code, disabled=False))
    return (yield from tokens.issue(TokenKind.AGENT, account.id, "", now + LIFETIME, now))


def _taxpayer(number: int, office: Office, new_id: Callable[[], str], now: float) -> Transaction[str]:
    taxpayer = TaxpayerId(new_id())
    card = TaxpayerCard(id=taxpayer, name=f"演练纳税人{number}", assurance=Assurance.ASSERTED, office=office)
    yield from put_taxpayer(TaxpayerRecord(taxpayer, APP, "", card))
    return (yield from tokens.issue(TokenKind.TAXPAYER, taxpayer, APP, now + LIFETIME, now))
