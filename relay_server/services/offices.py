"""Removing an office: who waits there, who works there and what stands on it goes to the office above, in one step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import AnyEvent, CallbackBooked, MessageLeft, Office
from relay_server.domain import decisions
from relay_server.domain.consultation import LEFT_WORD, WAITING, Consultation
from relay_server.domain.directory import Directory
from relay_server.domain.rulebook import Line
from relay_server.services.directory import change
from relay_server.services.tickets import new_ticket, owe_round
from relay_server.store import events
from relay_server.store.accounts import AgentAccount, list_agents, put_agent
from relay_server.store.base import Store, Transaction

Wishes = dict[tuple[str, str], msgspec.Struct | None]


@dataclass(frozen=True)
class Removal:
    """What removing something would do, in Chinese, and how it is done."""

    consequences: list[str]
    carry_out: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class _Plan:
    """All that hangs on an office."""

    wishes: Wishes
    queue: str
    above: Office
    agents: list[AgentAccount]
    waiting: list[Consultation]


async def removal(store: Store, directory: Directory, office: str, by: str, now: float) -> Removal:
    """Say what removing an office would do. Raise `BanwenError`: NOT_FOUND, CONFLICT for one with nothing above it."""
    if office not in directory.offices:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有机构 {office}。用 banwen-relay offices list 查看全部机构。")
    plan = await store.read(_plan(directory, office))

    async def carry_out() -> None:
        await store.transact(_carry_out(directory, office, by, now))

    return Removal(_sentences(directory, plan), carry_out)


def _plan(directory: Directory, office: str) -> Transaction[_Plan]:
    record = directory.offices[office]
    below = {code: one for code, one in directory.offices.items() if one.parent == office}
    agents = [one for one in (yield from list_agents()) if one.office == office]
    waiting = yield from events.consultations((*WAITING, *LEFT_WORD), offices=[office])
    if not record.parent:
        if below or agents or waiting:
            sentence = f"{record.name}没有上级机构，下面还有机构、座席或等待的人，不能删除。"
            raise BanwenError(ErrorCode.CONFLICT, sentence)
        return _Plan({("offices", office): None}, "", Office(code="", name=""), [], [])
    wishes: Wishes = {("offices", office): None}
    wishes |= {("offices", code): msgspec.structs.replace(one, parent=record.parent) for code, one in below.items()}
    wishes |= {("queues", one.code): None for one in directory.queues_of(office)}
    wishes |= {("grants", key): None for key, one in directory.grants.items() if one.office == office}
    wishes |= {("licences", key): None for key, one in directory.licences.items() if one.office == office}
    queues = directory.queues_of(record.parent)
    queue = next((one.code for one in queues if not one.skills), record.parent)
    return _Plan(wishes, queue, directory.cards[record.parent], agents, list(waiting))


def _carry_out(directory: Directory, office: str, by: str, now: float) -> Transaction[None]:
    """Look again and do it: who came meanwhile is moved as well."""
    plan = yield from _plan(directory, office)
    for one in plan.waiting:
        yield from events.append(one.id, one, (yield from _moved(one, plan, now)), now)
    for agent in plan.agents:
        yield from put_agent(replace(agent, office=plan.above.code))
    yield from change(plan.wishes, by, now)
    yield from owe_round(plan.queue, now)


def _moved(one: Consultation, plan: _Plan, now: float) -> Transaction[list[AnyEvent]]:
    """Keep the place in another queue; what was left is answered by the office above."""
    if one.ticket is not None and one.state in WAITING:
        line = Line(plan.queue, plan.above, tuple(one.ticket.skills))
        ticket = yield from new_ticket(line, now, priority=one.ticket.priority)
        kept = msgspec.structs.replace(ticket, entered_at=one.ticket.entered_at)
        return [*decisions.give_back(one, "withdrawn"), kept]
    word = one.word
    if word is None:
        return []
    if one.state is LEFT_WORD[0]:
        return [MessageLeft(text=word.text, phone=word.phone, office=plan.above, due_at=word.due_at)]
    return [CallbackBooked(phone=word.phone, at=word.at, text=word.text, office=plan.above, due_at=word.due_at)]


def _sentences(directory: Directory, plan: _Plan) -> list[str]:
    above = plan.above.name
    count = {kind: sum(1 for name, _ in plan.wishes if name == kind) for kind in ("queues", "grants", "licences")}
    below = sum(1 for (kind, _), record in plan.wishes.items() if kind == "offices" and record is not None)
    lines = [
        (len(plan.waiting), f"{{}} 位等待或留言的纳税人转到{above}，位置保留。"),
        (len(plan.agents), f"{{}} 名座席改属{above}。"),
        (below, f"{{}} 个下级机构改属{above}。"),
        (count["queues"], "{} 个队列随之删除。"),
        (count["grants"], "{} 项授权随之失效。"),
        (count["licences"], "{} 项许可随之失效。"),
    ]
    return [text.format(number) for number, text in lines if number]
