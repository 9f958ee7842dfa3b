"""What people do in a consultation: open, say, ask for a person, finish, wrap up, evaluate; and read it again."""

from collections.abc import Callable, Sequence

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, Stream, consultation_of, consultation_stream
from relay_protocol.messages import (
    BusinessContext,
    ConsultationOpened,
    Evaluate,
    EventFrame,
    File,
    Image,
    MarkSeen,
    PostableBody,
    PostMessage,
    Quote,
    RecallMessage,
    Receipt,
    Sender,
    Side,
    SubmitWrapUp,
    Text,
    Voice,
)
from relay_server.bus.base import Bus
from relay_server.domain import decisions
from relay_server.domain.access import Action, Actor, AgentActor, TaxpayerActor, require, side_of, visible
from relay_server.domain.channels import VOICE_TYPE, check_sent
from relay_server.domain.consultation import OVER, WITH_BOT, Consultation, State, client_key
from relay_server.domain.quotes import quote
from relay_server.services import comebacks, fanout
from relay_server.services.floor import Floor
from relay_server.services.steering import steer
from relay_server.store import events, outbox
from relay_server.store.accounts import find_file
from relay_server.store.base import Committed, Store, Transaction
from relay_server.store.files import mark_posted
from relay_server.store.followers import followed_by

GREETING_DELAY = 0.7
"""Seconds the greeting waits for the page to say where the taxpayer is."""
REPLAY_LIMIT = 300


async def open_or_continue(
    store: Store, actor: TaxpayerActor, channel: str, new_id: Callable[[], str], now: float
) -> Consultation:
    """Return the open consultation of a taxpayer, begun if there is none; the bot then owes a greeting."""

    def script() -> Transaction[Consultation]:
        found = yield from events.peek_open(actor.id)
        if found is not None:
            return found
        consultation = ConsultationId(new_id())
        last = yield from events.consultations(OVER, taxpayer=actor.id, limit=1)
        follows = next((one.id for one in last if one.agent is not None), None)
        opened = ConsultationOpened(
            consultation=consultation, taxpayer=actor.card, channel=channel[:20], follows=follows
        )
        begun = yield from events.append(consultation, None, [opened], now)
        yield from outbox.owe("bot", consultation, now + GREETING_DELAY, begun.last_seq)
        return begun

    try:
        return await store.transact(script())
    except BanwenError as error:
        if error.code is not ErrorCode.CONFLICT:
            raise
        return await store.transact(script())  # another window began it at the same moment


async def post_message(store: Store, floor: Floor, actor: Actor, request: PostMessage, now: float) -> int:
    """Say something once, however often it is asked; return its seq."""
    return await store.transact(posting(floor, actor, request, now))


def posting(floor: Floor, actor: Actor, request: PostMessage, now: float) -> Transaction[int]:
    """Say something once; return its seq. The bot owes an answer while it is the owner; what rested goes on."""
    side = side_of(actor)
    key = client_key(request.client_id, side)
    earlier = yield from events.posted(consultation_stream(request.consultation), ClientId(key))
    found = yield from events.load(request.consultation)
    action = Action.READ if earlier is not None else Action.POST
    before = require(actor, action, found)
    if earlier is not None:
        return earlier
    body = yield from _checked(request.body, before.id, now)
    quoted = (yield from _quoted(before.id, request.quote)) if request.quote is not None else None
    check_sent(before.channel, side, body)
    awake = yield from comebacks.awake(floor, before, side, now)
    said = decisions.post(awake, _sender(actor), request.client_id, body, quoted)
    after = yield from events.append(awake.id, awake, said, now, key)
    if side is Side.TAXPAYER and awake.state in WITH_BOT:
        yield from outbox.owe("bot", before.id, now, after.last_seq)
    return after.last_seq


async def recall(store: Store, actor: Actor, request: RecallMessage, now: float) -> int:
    """Take back an own message: whoever reads from now on finds `Recalled`. Return the newest seq.

    Raise `BanwenError`: NOT_FOUND for what is not one's own, CONFLICT when it is too late.
    """

    def script() -> Transaction[int]:
        before = require(actor, Action.READ, (yield from events.load(request.consultation)))
        stream = consultation_stream(before.id)
        target = yield from _frame_at(before.id, request.seq)
        taken = decisions.recall(before, target, _sender(actor), now)
        if taken:
            yield from events.recall(stream, request.seq)
        return (yield from events.append(before.id, before, taken, now)).last_seq

    return await store.transact(script())


async def leave_queue(store: Store, actor: TaxpayerActor, consultation: ConsultationId, now: float) -> int:
    """Stop waiting; return the newest seq."""
    return await steer(store, actor, Action.STEER, consultation, decisions.leave_queue, now)


async def send_context(
    store: Store,
    actor: TaxpayerActor,
    consultation: ConsultationId,
    accepted: Transaction[BusinessContext],
    now: float,
) -> int:
    """Record where the taxpayer is, as a token said whose check is the script `accepted`; return the newest seq."""

    def script() -> Transaction[int]:
        before = require(actor, Action.STEER, (yield from events.load(consultation)))
        context = yield from accepted
        after = yield from events.append(before.id, before, decisions.move_context(before, context), now)
        if after.state in WITH_BOT and after.page != before.page:
            yield from outbox.owe("bot", before.id, now, after.last_seq)
        return after.last_seq

    return await store.transact(script())


async def mark_seen(store: Store, bus: Bus, actor: Actor, request: MarkSeen) -> None:
    """Move the reader's cursors, never beyond the log, and tell the other side if they moved."""
    side, actor_id = side_of(actor), actor.id if isinstance(actor, AgentActor) else ""

    def script() -> Transaction[tuple[Consultation, events.Seen | None]]:
        found = require(actor, Action.READ, (yield from events.load(request.consultation)))
        if any(card.id == actor_id for card in found.watchers):
            return found, None  # that a supervisor looked does not mean that the agent has read it
        seen = events.Seen(min(request.delivered, found.last_seq), min(request.read, found.last_seq))
        return found, (yield from events.move_seen(found.id, side, seen))

    consultation, moved = await store.transact(script())
    if moved is not None:
        receipt = Receipt(consultation=consultation.id, side=side, delivered=moved.delivered, read=moved.read)
        fanout.tell_both(bus, consultation, receipt)


async def receipts(store: Store, consultation: ConsultationId) -> list[Receipt]:
    """Return how far both sides have received and read."""
    seen = await store.read(events.read_seen(consultation))
    return [
        Receipt(consultation=consultation, side=side, delivered=one.delivered, read=one.read)
        for side, one in seen.items()
    ]


async def finish(store: Store, actor: AgentActor, consultation: ConsultationId, now: float) -> int:
    """The agent's part is done; the wrap-up is owed. Return the newest seq."""
    return await steer(store, actor, Action.SERVE, consultation, lambda before: decisions.finish(before, "agent"), now)


async def end(store: Store, actor: TaxpayerActor, consultation: ConsultationId, now: float) -> int:
    """The taxpayer ends it; return the newest seq."""
    return await steer(
        store, actor, Action.STEER, consultation, lambda before: decisions.finish(before, "taxpayer"), now
    )


async def submit_wrap_up(
    store: Store,
    actor: AgentActor,
    request: SubmitWrapUp,
    business: Sequence[str],
    question_types: Sequence[str],
    now: float,
) -> int:
    """Write the 小结, which closes the consultation and frees the agent; return the newest seq."""

    def script() -> Transaction[int]:
        before = require(actor, Action.SERVE, (yield from events.load(request.consultation)))
        written = decisions.wrap_up(before, actor.card, request, business, question_types)
        after = yield from events.append(before.id, before, written, now)
        yield from events.mark_idle(actor.id, now)
        yield from outbox.owe("dispatch", actor.card.office.code, now)
        return after.last_seq

    return await store.transact(script())


async def evaluate(store: Store, actor: TaxpayerActor, request: Evaluate, now: float) -> int:
    """好差评; return the newest seq."""
    return await steer(
        store, actor, Action.STEER, request.consultation, lambda before: decisions.evaluate(before, request), now
    )


async def find(store: Store, actor: Actor, action: Action, consultation: ConsultationId) -> Consultation:
    """Return a consultation the actor may do this with. Raise `BanwenError(NOT_FOUND)`."""
    return require(actor, action, await store.read(events.load(consultation)))


async def followed(store: Store, actor: TaxpayerActor | AgentActor) -> list[Consultation]:
    """Return what a person's links follow: whatever an agent takes part in, a taxpayer's open or newest one."""
    if isinstance(actor, AgentActor):
        return await store.read(followed_by(actor.id))
    return await store.read(events.consultations(tuple(State), taxpayer=actor.id, limit=1))


async def replay_after(store: Store, actor: Actor, stream: Stream, after: int) -> list[EventFrame]:
    """Return at most `REPLAY_LIMIT` events after `after`, as this reader may see them. Raise NOT_FOUND."""
    return await _read(store, actor, stream, events.events_after(stream, max(0, after), REPLAY_LIMIT))


async def history(store: Store, actor: Actor, stream: Stream, before: int, limit: int) -> list[EventFrame]:
    """Return the last `limit` events before `before`, as this reader may see them. Raise NOT_FOUND."""
    wanted = events.events_before(stream, before, min(max(1, limit), REPLAY_LIMIT))
    return await _read(store, actor, stream, wanted)


def seen_by(actor: Actor, frame: EventFrame) -> EventFrame:
    """Return the frame as this reader may see it."""
    event = visible(actor, frame.event)
    if event is frame.event:
        return frame
    return EventFrame(stream=frame.stream, seq=frame.seq, at=frame.at, event=event)


async def _read(store: Store, actor: Actor, stream: Stream, wanted: Transaction[list[Committed]]) -> list[EventFrame]:
    def script() -> Transaction[list[Committed]]:
        require(actor, Action.READ, (yield from events.load(consultation_of(stream))))
        return (yield from wanted)

    return [seen_by(actor, one.frame) for one in await store.read(script())]


def _frame_at(consultation: ConsultationId, seq: int) -> Transaction[EventFrame | None]:
    found = yield from events.events_after(consultation_stream(consultation), max(0, seq - 1), 1)
    return found[0].frame if found and found[0].frame.seq == seq else None


def _quoted(consultation: ConsultationId, seq: int) -> Transaction[Quote]:
    return quote((yield from _frame_at(consultation, seq)))


def _sender(actor: Actor) -> Sender:
    if isinstance(actor, AgentActor):
        return Sender(side=Side.AGENT, name=actor.card.name, agent=actor.id)
    if isinstance(actor, TaxpayerActor):
        return Sender(side=Side.TAXPAYER, name=actor.card.name)
    raise BanwenError(ErrorCode.FORBIDDEN, "协助程序不能发送消息。")


def _checked(body: PostableBody, consultation: ConsultationId, now: float) -> Transaction[PostableBody]:
    """Return the body with what is known of its file instead of what the client says of it."""
    if isinstance(body, Text):
        return body
    stored = yield from find_file(body.attachment.id)
    if stored is None or stored.consultation != consultation:
        raise BanwenError(ErrorCode.NOT_FOUND, "文件不存在或已过期，请重新上传后发送。")
    kept = stored.attachment
    yield from mark_posted(kept, now)
    if kept.media_type == VOICE_TYPE:
        return Voice(attachment=kept, seconds=kept.seconds)
    return Image(attachment=kept) if kept.media_type.startswith("image/") else File(attachment=kept)
