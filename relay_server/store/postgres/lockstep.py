"""Many scripts in one transaction, step by step together: what they ask in one step goes out as one statement per kind.

A generator cannot be started again, so nothing of a script is written before it has ended: while scripts run, the
database is only read and rows are only held; writes whose answer is known beforehand (append, owe, count on, mark a
request as done, finish work) are kept as data. So a script that raises leaves nothing, and needs no savepoint.
When all have ended, `flush` writes everybody's, one statement per kind. If the database refuses that (somebody in
another process was faster), the writes of each script are repeated one by one in a savepoint of their own: only the
one that clashes is told so.

A script that goes on to ask what cannot be gathered, or to read what it has just written, is finished *alone* behind
the others, its writes at once, in a savepoint.

Who builds upon the same thing (a consultation, a message's name, a request's number) goes one after the other: the
first to ask holds it until its writes are flushed. Consultations are asked for all at once, in the order of their ids,
then agents, then the counters of queues, so that two processes never wait for each other in a ring. A counter is read
and held once; from then on it is counted here, for a line of people who come at the same moment.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from relay_server.store import accounts, events, followers, outbox, queues
from relay_server.store.base import Appended, Moved, Operation, Owed
from relay_server.store.bodies import encoded
from relay_server.store.postgres import accounts as account_rows
from relay_server.store.postgres import events as event_rows
from relay_server.store.postgres import followers as follower_rows
from relay_server.store.postgres import log as log_rows
from relay_server.store.postgres import outbox as outbox_rows
from relay_server.store.postgres import queues as queue_rows
from relay_server.store.postgres.connection import Connection, Trouble, busy, refusal, trouble
from relay_server.store.postgres.handlers import Handlers
from relay_server.store.scripts import Pending

Gather = Callable[[Connection, Any], Awaitable[Sequence[Any]]]

FIRST: Mapping[type[Operation], tuple[Gather, Callable[[Any], str]]] = {
    accounts.UseOnce: (account_rows.find_used, lambda op: f"once {op.key}"),
    outbox.DropWork: (outbox_rows.find_work, lambda op: f"work {op.id}"),
    events.MoveSeen: (event_rows.find_seen, lambda op: f"seen {op.consultation} {op.side}"),
}
LAST: Mapping[type[Operation], tuple[Gather, Callable[[Any], str]]] = {
    events.FindPosted: (log_rows.find_all_posted, lambda op: str(op.stream)),
    events.Load: (event_rows.load_all, lambda op: f"consultation/{op.consultation}"),
    queues.HoldAgent: (queue_rows.hold_agents, lambda op: f"agent {op.agent}"),
}
GATHERED = {**FIRST, **LAST}
"""What is asked together, in this order, and what the asker then holds until its writes are flushed."""
SHARED = (events.PeekOpen, events.List, events.ReadEvents, events.NextNumber)
"""What is asked together after that, by as many as want it: they hold nothing."""
KEPT = (events.Append, outbox.PutWork, events.PutNote, events.MarkIdle, followers.MoveFollowers)
"""Writes that are kept until the script has ended: their answers are known."""
SPOILT: Mapping[type[Operation], tuple[type[Operation], ...]] = {
    events.Append: (
        events.Load,
        events.FindPosted,
        events.PeekOpen,
        events.List,
        events.ReadEvents,
        queues.HoldAgent,
    ),
    accounts.UseOnce: (accounts.UseOnce,),
    outbox.DropWork: (outbox.DropWork,),
    events.MoveSeen: (events.MoveSeen,),
}
"""What must not be asked together any more by a script whose kept writes would change the answer."""


@dataclass(eq=False)
class Runner(Pending):
    """A script under way: what it asks now, and what it has written so far, with the answers it was given."""

    asking: Operation | None = None
    kept: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def begins_together(self) -> bool:
        """Tell whether it can run with others. One that has ended already can."""
        return self.asking is None or _is_together(self.asking)

    def advance(self, answer: Any = None) -> None:
        """Go on with an answer until the script asks something, ends or raises; keep what it writes meanwhile."""
        self.asking = None
        try:
            while True:
                operation = self.script.send(answer)
                if not isinstance(operation, KEPT):
                    self.asking = operation
                    return
                answer = self._keep(operation)
        except StopIteration as stop:
            self.result = stop.value
        except BaseException as error:
            self.fail(error)

    def _keep(self, operation: Operation) -> Any:
        answer: Any = None
        if isinstance(operation, events.Append):
            answer = Appended(encoded(operation.frames))
        elif isinstance(operation, outbox.PutWork):
            answer = Owed(operation.work.kind)
        elif isinstance(operation, followers.MoveFollowers):
            answer = Moved(operation.consultation, operation.joined, operation.left)
        self.kept.append((operation, answer))
        self.note(answer)
        return answer

    def hear(self, answer: Any) -> None:
        """Take the answer to what was asked together, and keep the write that belongs to it."""
        if isinstance(self.asking, (*FIRST, events.NextNumber)) and answer not in (False, None):
            self.kept.append((self.asking, answer))
        self.advance(answer)

    def fail(self, error: BaseException) -> None:
        """Nothing of it happened."""
        super().fail(error)
        self.asking = None
        self.kept.clear()
        self.script.close()

    def can_be_gathered(self) -> bool:
        """Tell whether what it asks can be asked with others."""
        spoilt = {kind for operation, _ in self.kept for kind in SPOILT.get(type(operation), ())}
        return _is_together(self.asking) and type(self.asking) not in spoilt


class Lockstep:
    """Runs scripts in the transaction that is open. `number` is the transaction's, once it is known."""

    def __init__(self, connection: Connection, handlers: Handlers, log: log_rows.Log) -> None:
        self._connection, self._handlers, self._log = connection, handlers, log
        self._counters: dict[tuple[str, str], int] = {}
        self.number: str | None = None

    async def together(self, runners: Sequence[Runner]) -> None:
        """Run scripts to their ends. Raise what the database raises when nothing of the transaction can be kept."""
        waiting = list(runners)
        holders: dict[str, Runner] = {}
        while waiting:
            parked = await self._wave(waiting, holders)
            ended = [one for one in waiting if one.asking is None]
            await self._flush(ended)
            alone = [one for one in waiting if one.asking is not None and one not in parked]
            for one in alone:
                await self.alone(one)
            if len(parked) == len(waiting):  # they wait for each other
                parked[0].fail(busy())
            waiting = [one for one in parked if one.asking is not None]
            holders = {name: one for name, one in holders.items() if one in waiting}

    async def _wave(self, runners: Sequence[Runner], holders: dict[str, Runner]) -> list[Runner]:
        """Ask together as long as anybody can, one kind after the other; return those who must wait for somebody."""
        parked: list[Runner] = []
        while ready := [one for one in runners if one not in parked and one.can_be_gathered()]:
            kind = next(kind for kind in (*GATHERED, *SHARED) if any(type(one.asking) is kind for one in ready))
            step: list[Runner] = []
            for one in [one for one in ready if type(one.asking) is kind]:
                free = kind in SHARED or holders.setdefault(_name(one.asking), one) is one
                (step if free else parked).append(one)
            await self._ask(kind, step)
        return parked

    async def _ask(self, kind: type[Operation], askers: Sequence[Runner]) -> None:
        """Answer what several ask: by one statement, what is counted or read of different streams in turn."""
        if kind is events.NextNumber:
            await self._count(askers)
        elif kind in SHARED:
            for one in askers:
                one.hear(await self._handlers[kind](self._connection, one.asking))
        elif askers:
            gather, _ = GATHERED[kind]
            answers = await gather(self._connection, [one.asking for one in askers])
            for one, answer in zip(askers, answers, strict=True):
                one.hear(answer)

    async def _count(self, askers: Sequence[Runner]) -> None:
        """Give each the next number of its queue. Of one who then fails the number goes to the next."""
        wanted = {(one.asking.queue, one.asking.day) for one in askers if isinstance(one.asking, events.NextNumber)}
        unknown = sorted(wanted - self._counters.keys())
        if unknown:
            self._counters |= await event_rows.hold_counters(self._connection, unknown)
        for one in askers:
            if isinstance(one.asking, events.NextNumber):
                key = (one.asking.queue, one.asking.day)
                one.hear(self._counters[key] + 1)
                self._counters[key] += one.error is None

    async def _flush(self, ended: Sequence[Runner]) -> None:
        """Write what ended scripts have kept; if that is refused, each alone."""
        writers = [one for one in ended if one.kept]
        if not writers:
            return
        await self._connection.execute("SAVEPOINT writes")
        try:
            await self._write([write for one in writers for write in one.kept])
        except Exception as error:
            if trouble(error) is Trouble.GONE:
                raise
            await self._connection.execute("ROLLBACK TO SAVEPOINT writes")
            for one in writers:
                await self._flush_alone(one)

    async def _flush_alone(self, one: Runner) -> None:
        await self._connection.execute("SAVEPOINT writes")
        try:
            await self._write(one.kept)
        except Exception as error:
            if trouble(error) is Trouble.GONE:
                raise
            one.fail(refusal(error))
            await self._connection.execute("ROLLBACK TO SAVEPOINT writes")

    async def _write(self, kept: Sequence[tuple[Operation, Any]]) -> None:
        """Write operations of many scripts, one statement per kind. The last note or mark of one thing counts."""
        used = [op for op, _ in kept if isinstance(op, accounts.UseOnce)]
        finished = [op for op, _ in kept if isinstance(op, outbox.DropWork)]
        moved = [op for op, _ in kept if isinstance(op, events.MoveSeen)]
        appended = [(op, answer) for op, answer in kept if isinstance(op, events.Append)]
        owed = [op for op, _ in kept if isinstance(op, outbox.PutWork)]
        followed = [op for op, _ in kept if isinstance(op, followers.MoveFollowers)]
        counted = sorted((op.queue, op.day, answer) for op, answer in kept if isinstance(op, events.NextNumber))
        notes = {op.consultation: op.note for op, _ in kept if isinstance(op, events.PutNote)}
        idle = {op.agent: op.at for op, _ in kept if isinstance(op, events.MarkIdle)}
        if used:
            await account_rows.mark_used(self._connection, used)
        if finished:
            await outbox_rows.drop_all(self._connection, finished)
        if appended:
            self.number = await event_rows.append_all(self._log, self._connection, appended)
        if followed:
            await follower_rows.move_all(self._connection, followed)
        if counted:
            await event_rows.put_counters(self._connection, {(queue, day): last for queue, day, last in counted})
        if moved:
            await event_rows.put_seen(self._connection, moved)
        if owed:
            await outbox_rows.put_all(self._connection, owed)
        if notes:
            await event_rows.put_notes(self._connection, notes)
        if idle:
            await event_rows.mark_all_idle(self._connection, idle)

    async def alone(self, one: Runner) -> set[type[Operation]]:
        """Finish one script by itself, in a savepoint; return what kinds of operation it asked."""
        asked: set[type[Operation]] = set()
        await self._connection.execute("SAVEPOINT script")
        try:
            if one.kept:
                await self._write(one.kept)
                one.kept.clear()
            while one.asking is not None:
                asked.add(type(one.asking))
                await self._carry_out(one)
        except Exception as error:
            if trouble(error) is Trouble.GONE:
                raise
            one.fail(refusal(error))
        if one.error is not None:
            await self._connection.execute("ROLLBACK TO SAVEPOINT script")
        await self._connection.execute("RELEASE SAVEPOINT script")
        return asked

    async def _carry_out(self, one: Runner) -> None:
        """Answer one operation; what the script then writes is written at once, in its order."""
        operation = one.asking
        if isinstance(operation, events.NextNumber):
            await self._count([one])
        else:
            answer = await self._handlers[type(operation)](self._connection, operation)
            one.note(answer)
            one.advance(answer)
        if one.error is None and one.kept:
            await self._write(one.kept)
            one.kept.clear()


def _is_together(operation: Operation | None) -> bool:
    return type(operation) in GATHERED or isinstance(operation, SHARED)


def _name(operation: Operation | None) -> str:
    _, name = GATHERED[type(operation)]  # type: ignore[index]
    return name(operation)
