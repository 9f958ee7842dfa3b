"""Bulk actions as jobs: many consultations at once, each in its own transaction, with a result and a way back.

A job survives a restart: what is done already is in its result, and it goes on behind it.
"""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ConsultationId, RequestId, consultation_stream
from relay_protocol.messages import AnyEvent, CallbackBooked, ConsultationClosed, MessageLeft, Reassign, Reopened
from relay_server.domain.access import Action, AgentActor, require, require_ever
from relay_server.domain.consultation import LEFT_WORD, OVER, WITH_BOT, Consultation
from relay_server.domain.decisions import check_text, conflict
from relay_server.services.accounts import actor_of
from relay_server.services.floor import Floor
from relay_server.services.steering import move
from relay_server.services.teamwork import reassigning
from relay_server.store import events, outbox
from relay_server.store.accounts import agent_by_id
from relay_server.store.base import Store, Transaction
from relay_server.store.jobs import Job, JobState, put_job, read_job
from relay_server.store.outbox import Work

MOST = 1000
LEASE_SECONDS = 60.0
KINDS = ("close", "reassign")


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do with which: `close` what was left or forgotten, `reassign` to `agent`, to the queue without one."""

    kind: str
    consultations: list[ConsultationId]
    reason: str
    agent: AgentId | None = None


class Result(msgspec.Struct, frozen=True):
    """What came of it: the former agent of each one done (empty: nobody), and in Chinese why others were refused."""

    done: dict[ConsultationId, str] = {}
    refused: dict[ConsultationId, str] = {}
    back: dict[ConsultationId, str] = {}


class Report(msgspec.Struct, frozen=True):
    """A job as its owner sees it. `progress` is 0 to 1."""

    id: str
    kind: str
    state: JobState
    progress: float
    created_at: float
    result: Result


async def begin(store: Store, actor: AgentActor, wish: Wish, new_id: Callable[[], str], now: float) -> Report:
    """Keep the job and owe its work. Raise `BanwenError`: FORBIDDEN, BAD_INPUT."""
    require_ever(actor, Action.REASSIGN)
    check_text(wish.reason, 200)
    if wish.kind not in KINDS or not 0 < len(wish.consultations) <= MOST:
        raise BanwenError(ErrorCode.BAD_INPUT, f"批量操作一次可选 1–{MOST} 个咨询，可批量关闭或改派。")
    job = Job(new_id(), wish.kind, actor.id, JobState.WAITING, msgspec.json.encode(wish).decode(), now)

    def script() -> Transaction[None]:
        yield from put_job(job)
        yield from outbox.owe("job", job.id, now)

    await store.transact(script())
    return _report(job)


async def find(store: Store, actor: AgentActor, job: str) -> Report:
    """Return one's own job. Raise `BanwenError(NOT_FOUND)`."""
    return _report(await store.read(_own(actor, job)))


async def undo(store: Store, actor: AgentActor, job: str, now: float) -> Report:
    """Owe the way back. Raise NOT_FOUND, CONFLICT unless it is done and not undone."""

    def script() -> Transaction[Job]:
        found = yield from _own(actor, job)
        if found.state is not JobState.DONE:
            raise conflict("只能撤销已完成且未撤销过的批量操作。")
        undone = replace(found, state=JobState.RUNNING, progress=0.0)
        yield from put_job(undone)
        yield from outbox.owe("job", f"undo/{found.id}", now)
        return undone

    return _report(await store.transact(script()))


async def carry_out(store: Store, floor: Floor, now: float) -> None:
    """Do all that is owed by now."""
    while works := await store.transact(outbox.claim("job", now, LEASE_SECONDS, 1)):
        for work in works:
            await _carry_out(store, floor, work, now)


async def _carry_out(store: Store, floor: Floor, work: Work, now: float) -> None:
    undoing = work.subject.startswith("undo/")
    job = await store.read(read_job(work.subject.removeprefix("undo/")))
    actor = await _actor(store, floor, job) if job is not None else None
    if job is None or actor is None:
        await store.transact(outbox.drop_work(work))
        return
    wish, result = msgspec.json.decode(job.body, type=Wish), _result(job)
    todo = list(result.done) if undoing else wish.consultations
    for number, one in enumerate(todo, 1):
        if one in (result.back if undoing else {**result.done, **result.refused}):
            continue
        step = _back(floor, actor, wish, one, result.done[one], now) if undoing else _do(floor, actor, wish, one, now)
        result = await _attempt(store, step, one, result, undoing=undoing)
        job = replace(job, state=JobState.RUNNING, progress=number / len(todo), result=_encoded(result))
        await store.transact(put_job(job))
    ended = replace(job, state=JobState.UNDONE if undoing else JobState.DONE, progress=1.0, result=_encoded(result))

    def script() -> Transaction[None]:
        yield from put_job(ended)
        yield from outbox.drop_work(work)

    await store.transact(script())


async def _attempt(
    store: Store, step: Transaction[str], one: ConsultationId, result: Result, *, undoing: bool
) -> Result:
    try:
        told = await store.transact(step)
    except BanwenError as error:
        if error.code is ErrorCode.UNREACHABLE:
            raise
        if undoing:
            return _with(result, back={**result.back, one: error.message})
        return _with(result, refused={**result.refused, one: error.message})
    return _with(result, back={**result.back, one: told}) if undoing else _with(result, done={**result.done, one: told})


def _with(result: Result, **changes: dict[ConsultationId, str]) -> Result:
    return msgspec.structs.replace(result, **changes)


def _do(floor: Floor, actor: AgentActor, wish: Wish, one: ConsultationId, now: float) -> Transaction[str]:
    """Do it to one; return its former agent, empty for none."""
    before = require(actor, Action.REASSIGN, (yield from events.load(one)))
    former = before.agent.id if before.agent is not None else ""
    if wish.kind == "reassign":
        request = Reassign(request_id=RequestId(""), consultation=one, agent=wish.agent, reason=wish.reason)
        yield from reassigning(floor, actor, request, now)
        return former
    if before.state not in LEFT_WORD and before.state not in WITH_BOT:
        raise conflict("只能批量关闭留言、回电预约和无人继续的咨询。")
    yield from move(before, [ConsultationClosed(reason="left")], now)
    return former


def _back(
    floor: Floor, actor: AgentActor, wish: Wish, one: ConsultationId, former: str, now: float
) -> Transaction[str]:
    """Undo it for one; return an empty sentence."""
    before = require(actor, Action.REASSIGN, (yield from events.load(one)))
    if wish.kind == "reassign":
        agent = AgentId(former) if former else None
        request = Reassign(request_id=RequestId(""), consultation=one, agent=agent, reason="撤销批量改派")
        yield from reassigning(floor, actor, request, now)
        return ""
    if before.state not in OVER or before.word is None:
        raise conflict("该咨询没有留言或预约，不需要恢复。")
    if (yield from events.open_of(before.taxpayer.id)) is not None:
        raise conflict("该纳税人已有新的咨询，不能恢复旧的。")
    yield from move(before, [Reopened(), (yield from _word_again(before))], now)
    return ""


def _word_again(before: Consultation) -> Transaction[AnyEvent]:
    """Return what was left, as the log has it."""
    after = 0
    found: AnyEvent | None = None
    while page := (yield from events.events_after(consultation_stream(before.id), after, 300)):
        after = page[-1].frame.seq
        left = [one.frame.event for one in page if isinstance(one.frame.event, MessageLeft | CallbackBooked)]
        found = left[-1] if left else found
    if found is None:
        raise conflict("该咨询没有留言或预约，不需要恢复。")
    return found


async def _actor(store: Store, floor: Floor, job: Job) -> AgentActor | None:
    account = await store.read(agent_by_id(AgentId(job.by)))
    return None if account is None or account.disabled else actor_of(account, floor.rulebook.directory)


def _own(actor: AgentActor, job: str) -> Transaction[Job]:
    found = yield from read_job(job)
    if found is None or found.by != actor.id:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这个批量操作。")
    return found


def _report(job: Job) -> Report:
    return Report(job.id, job.kind, job.state, job.progress, job.created_at, _result(job))


def _result(job: Job) -> Result:
    return msgspec.json.decode(job.result, type=Result) if job.result else Result()


def _encoded(result: Result) -> str:
    return msgspec.json.encode(result).decode()
