"""The bot's turns: each is owed by an event, decided outside the store, and written once with what it settles.

A turn reads where the consultation stands, decides in a thread, and then appends what it says and drops what was owed
in one transaction. If the consultation moved on meanwhile, it decides again; if a person has taken over, it is silent.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from kb_sync import decide as kb
from kb_sync.candidates import State as Place
from relay_protocol.ids import ClientId, ConsultationId, EntryId, consultation_stream
from relay_protocol.messages import (
    Answer,
    AnyEvent,
    Assurance,
    Body,
    BusinessContext,
    Choices,
    ConsultationOpened,
    ContextReceived,
    MessagePosted,
    NoAnswer,
    Notice,
    Option,
    Sender,
    Side,
    Text,
)
from relay_server.domain.consultation import WITH_BOT, Consultation
from relay_server.domain.rulebook import Rulebook
from relay_server.services.knowledge import Knowledge, error_code, search_context
from relay_server.services.tickets import hand_over
from relay_server.store import events, outbox
from relay_server.store.base import Store, Transaction
from relay_server.store.outbox import Work

NAME = "智能助手"
SENDER = Sender(side=Side.BOT, name=NAME)
LAST_ATTEMPT = 4
"""An answer that failed so often is left to a person; a greeting is left out."""

_BROKEN = "抱歉，智能助手暂时不能回答，正在为您转接人工座席。"
_place: msgspec.json.Decoder[Place] = msgspec.json.Decoder(Place)


@dataclass(frozen=True)
class Scene:
    """What a turn is decided on. `event` is what it answers to; `note` the bot's place as it is stored."""

    consultation: Consultation
    event: AnyEvent
    note: str

    @property
    def stands_at(self) -> tuple[object, ...]:
        """What a decision depends on; words that came meanwhile are another turn's."""
        now = self.consultation
        return now.context, now.greeted, now.suggested_page, self.note

    def wants_suggestions(self, context: BusinessContext) -> bool:
        """Whether this is where the taxpayer still stands, nothing was suggested here yet, and no dialogue runs."""
        now = self.consultation
        return context == now.context and now.page != now.suggested_page and not self.note


@dataclass(frozen=True)
class Turn:
    """What the bot does: what it says, what it remembers, and why it hands over (empty: it does not)."""

    says: Body | None = None
    note: str = ""
    hand_over: str = ""


SILENCE = Turn()


class _MovedOn(Exception):
    """The consultation is no longer what the turn was decided on."""


async def take_turn(
    store: Store,
    knowledge: Knowledge,
    rulebook: Rulebook,
    work: Work,
    new_id: Callable[[], str],
    now: float,
) -> None:
    """Take a turn that is owed. It is written once, however often this is begun and wherever it is cut off."""
    client_id = ClientId(new_id())
    while True:
        scene = await store.read(_scene(work))
        turn = await _decide(scene, knowledge, work, now) if scene else SILENCE
        try:
            return await store.transact(_settle(work, scene, turn, client_id, rulebook, now))
        except _MovedOn:
            continue


async def _decide(scene: Scene, knowledge: Knowledge, work: Work, now: float) -> Turn:
    if work.attempts >= LAST_ATTEMPT:
        asked = isinstance(scene.event, MessagePosted)
        return Turn(Notice(text=_BROKEN), hand_over="error") if asked else Turn(note=scene.note)
    return await asyncio.to_thread(decide, scene, knowledge, now)


def _scene(work: Work) -> Transaction[Scene | None]:
    """Read what a turn is decided on; None when the bot has nothing to say any more."""
    consultation = yield from events.load(ConsultationId(work.subject))
    if consultation is None or consultation.state not in WITH_BOT:
        return None
    found = yield from events.events_after(consultation_stream(consultation.id), work.seq - 1, 1)
    note = yield from events.read_note(consultation.id)
    return Scene(consultation, found[0].frame.event, note) if found else None


def _settle(
    work: Work,
    decided_on: Scene | None,
    turn: Turn,
    client_id: ClientId,
    rulebook: Rulebook,
    now: float,
) -> Transaction[None]:
    """Write a turn and drop what was owed; nothing if somebody else did so first. Raise `_MovedOn`."""
    if not (yield from outbox.drop_work(work)):
        return
    scene = yield from _scene(work)
    if scene is None:
        return
    if decided_on is None or scene.stands_at != decided_on.stands_at:
        raise _MovedOn
    said = [MessagePosted(client_id=client_id, sender=SENDER, body=turn.says)] if turn.says else []
    if turn.hand_over:
        yield from hand_over(scene.consultation, turn.hand_over, said, rulebook, now)
        return
    yield from events.append(scene.consultation.id, scene.consultation, said, now)
    if turn.note != scene.note:
        yield from events.put_note(scene.consultation.id, turn.note)


def decide(scene: Scene, knowledge: Knowledge, now: float) -> Turn:
    """Return what the bot does about an event: greet, suggest for another page, or answer what was said. Pure."""
    greeted = scene.consultation.greeted
    match scene.event:
        case ConsultationOpened() | ContextReceived() if not greeted:
            return _offer(_greeting(scene.consultation), scene, knowledge, now)
        case ContextReceived(context=context) if scene.wants_suggestions(context):
            return _offer(_arrival(context), scene, knowledge, now)
        case MessagePosted(sender=sender, body=body) if sender.side is Side.TAXPAYER:
            return _reply(scene, body.text if isinstance(body, Text) else "", knowledge, now)
    return Turn(note=scene.note)


def _offer(text: str, scene: Scene, knowledge: Knowledge, now: float) -> Turn:
    """Say something with the questions that fit the page, the taxpayer and the error on it."""
    context = search_context(scene.consultation, now)
    found = knowledge.suggest(context, error_code(scene.consultation))
    options = [Option(title=one.question, entry=EntryId(one.entry_id), why=one.why) for one in found]
    body = Choices(purpose="suggest", text=text, options=options, human=True)
    return Turn(body if options else Text(text=text), scene.note)


def _greeting(consultation: Consultation) -> str:
    card, context = consultation.taxpayer, consultation.context
    hello = "您好！" if card.assurance is Assurance.ANONYMOUS else f"{card.name}，您好！"
    where = _arrival(context) if context else "请直接说您遇到的问题，您可能想问："
    return f"{hello}我是{NAME}。{where}"


def _arrival(context: BusinessContext) -> str:
    if context.error:
        return f"“{context.page}”页面提示“{context.error}”，您可能想问："
    return f"您正在“{context.page}”页面，您可能想问："


def _reply(scene: Scene, query: str, knowledge: Knowledge, now: float) -> Turn:
    context = search_context(scene.consultation, now)
    place = _place_of(scene.note)
    return _turn(kb.decide(query, knowledge.candidates(query, context, place), place, context))


def _turn(decision: kb.Decision) -> Turn:
    match decision:
        case kb.Answer(entry, revision, title, text, source):
            return Turn(Answer(entry=EntryId(entry), revision=revision, title=title, text=text, source=source))
        case kb.Clarify(text, options, place):
            found = [Option(title=one.question, entry=EntryId(one.entry_id), why="search") for one in options]
            return Turn(Choices(purpose="clarify", text=text, options=found, human=True), _note_of(place))
        case kb.Ask(text=text, choices=choices, state=place):
            slot = [Option(title=choice) for choice in choices]
            return Turn(Choices(purpose="slot", text=text, options=slot), _note_of(place))
        case kb.HandOver(reason, text):
            return Turn(Notice(text=text), hand_over="asked" if reason == "asked" else "dialogue")
        case kb.NoAnswer(text):
            return Turn(NoAnswer(text=text))
        case kb.Courtesy(text=text):
            return Turn(Text(text=text))


def _note_of(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def _place_of(note: str) -> Place | None:
    """Return the bot's place; None for nothing, and for what an older program noted differently."""
    try:
        return _place.decode(note) if note else None
    except msgspec.DecodeError:
        return None
