"""What time does to consultations: reminders and ends of silent ones, transfers nobody answered, forgotten visits."""

from dataclasses import dataclass

from relay_protocol.ids import ClientId, ConsultationId
from relay_protocol.messages import AnyEvent, IdleReminded, ServiceFinished
from relay_server.domain import decisions, teamwork, waiting
from relay_server.domain.consultation import WITH_BOT, Consultation, State
from relay_server.services.floor import Floor
from relay_server.services.steering import move
from relay_server.services.transfers import expire_transfers
from relay_server.store import events
from relay_server.store.base import Store, Transaction

MOST = 200
"""Forgotten consultations closed in one sweep."""


@dataclass(frozen=True)
class Rules:
    """Seconds, 0 for never: see `config.ServiceSection`. `reminder` and `closing` are what the taxpayer reads."""

    idle_reminder: float = 120.0
    idle_close: float = 300.0
    forgotten_after: float = 24 * 3600.0
    reminder: str = "您好，请问还需要帮助吗？"
    closing: str = "由于长时间没有收到您的回复，本次服务已自动结束。"


async def sweep(store: Store, floor: Floor, rules: Rules, now: float) -> int:
    """Do all that is due by now; return to how many consultations something happened."""
    done = await expire_transfers(store, floor, now)
    if rules.idle_reminder:
        for one in await store.read(events.consultations((State.ACTIVE,))):
            if _idle(one, rules, now):
                done += await store.transact(_treat_idle(one.id, rules, now))
    if rules.forgotten_after:
        opened = events.consultations(WITH_BOT, until=now - rules.forgotten_after, limit=MOST)
        for one in await store.read(opened):
            if now - one.changed_at >= rules.forgotten_after:
                done += await store.transact(_close_forgotten(one.id, rules, now))
    return done


def _idle(one: Consultation, rules: Rules, now: float) -> list[AnyEvent]:
    """Return what silence leads to, with the words for it."""
    close_after = max(0.0, rules.idle_close - rules.idle_reminder)
    due = teamwork.idle(one, now, rules.idle_reminder, close_after)
    name = f"idle:{one.last_seq}"
    if any(isinstance(event, IdleReminded) for event in due):
        return [decisions.notice(ClientId(name), rules.reminder), *due]
    if any(isinstance(event, ServiceFinished) for event in due):
        return [decisions.notice(ClientId(name), rules.closing), *due]
    return due


def _treat_idle(consultation: ConsultationId, rules: Rules, now: float) -> Transaction[int]:
    before = yield from events.load(consultation)
    wanted = _idle(before, rules, now) if before is not None else []
    if before is None or not wanted:
        return 0
    yield from move(before, wanted, now)
    return 1


def _close_forgotten(consultation: ConsultationId, rules: Rules, now: float) -> Transaction[int]:
    before = yield from events.load(consultation)
    if before is None or now - before.changed_at < rules.forgotten_after:
        return 0
    yield from move(before, waiting.close_forgotten(before, "contained"), now)
    return 1
