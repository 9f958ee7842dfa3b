"""The bot's pure half: what to say to one message, given what was found and where the taxpayer stands.

Nothing is ever invented: an answer is the text of one entry or one dialogue rule, and names its revision. In
this order:
1. a wish for a person is always granted;
2. a running dialogue, or a list of options, gets the reply;
3. courtesy is returned;
4. the very question of an entry is answered;
5. a sentence close to a dialogue's triggers starts it;
6. a sure hit that leads the next ones answers, an unsure one offers the top three;
7. anything less is said to be outside the knowledge, with the offer of a person.

Measured by `banwen-kb eval sample tests/kb_sync/data/questions.jsonl` on 133 colloquial questions and 34 unanswerable
ones by one writer; the thresholds were chosen on the same set, so expect less elsewhere. hit@1 .74, hit@3 .88, AUROC of
confidence .86. By itself it answers 39 % of the answerable, 3.8 % of those wrong, and no unanswerable one; 78 % of
the answerable are answered or offered; 27 of 34 unanswerable are refused outright. Without LEAD 7 % are wrong.
"""

import re
from datetime import date
from typing import Literal

import msgspec

from kb_sync import dialogue as dialogues
from kb_sync.candidates import Candidates, Hit, OptionsState, SearchContext, State
from kb_sync.dialogue import Dialogue, DialogueState
from kb_sync.entry import Entry, Revision, revision_of
from kb_sync.text import normalise, units

ANSWER_AT = 0.7
"""Confidence from which the first hit may answer …"""
LEAD = 0.15
"""… when it is ahead of the next by this much."""
CLARIFY_AT = 0.45
"""Confidence from which hits are worth offering."""
DIALOGUE_AT = 0.85
"""Nearness to a trigger sentence from which a dialogue starts."""
OPTIONS = 3

_PERSON = re.compile(
    r"(?:转|接|找|要|叫|换|来|请|给我|联系|呼叫|有没有)(?:一?[下个位名]|到|接|成)?(?:真?人工|真人|客服|座席|坐席|工作人员|专员)"
    r"(?!费|成本|智能|工资|薪酬|支出|湖|降雨|养殖|种植)"
    r"|人工(?:客服|座席|坐席|咨询|服务|台)(?!费)"
    r"|^(?:真?人工|真人|客服|座席|坐席)[吧啊呢呗!！。.]*$"
    r"|(?:跟|和|同|找)(?:真人|活人|人)(?:说|聊|讲|谈)"
    r"|不(?:想|要|愿)(?:跟|和|同)?机器人"
)
_NO_PERSON = re.compile(r"(?:不用|不要|不想|别|不必|无需|不需要|先不)(?:再|先|给我)?(?:转|接|找|叫|换|要)")
_NONE_OF_THESE = re.compile(r"^(?:都不是|都不对|没有|不是|都没有|没有我要的)")
_GREETING = re.compile(r"^(?:您好|你好|hi|hello|在吗|在不在|有人吗|早上好|上午好|下午好|晚上好|嗨|哈喽)+[啊呀吗]?$")
_THANKS = re.compile(r"^(?:好的?|嗯|行|ok)*(?:谢谢|多谢|感谢|谢了|辛苦了|麻烦了|明白了|知道了|懂了|清楚了)[您你了啊]*$")
_WELCOME = "您好，我是智能助手。请直接说您遇到的问题，也可以回复“转人工”找座席。"
_YOU_ARE_WELCOME = "不客气。还有问题请继续问我。"
_EMPTY = "请用文字说说您遇到的问题，也可以回复“转人工”找座席。"
_OUTSIDE = "这个问题不在我的知识范围内，我不能随意作答。您可以换个说法再问，或回复“转人工”请座席为您解答。"
_WHICH = "您是不是想问："
_CANCELLED = "好的，已经结束刚才的问题。还有什么可以帮您？"
_HAND_OVER = {
    "asked": "好的，正在为您转接人工座席。",
    "unclear": "抱歉，我没能理解您的意思，正在为您转接人工座席。",
    "uncovered": "您的情况需要座席进一步确认，正在为您转接人工座席。",
}


class Answer(msgspec.Struct, frozen=True, tag_field="kind", tag="answer"):
    """The words of one entry, or of one rule of a dialogue (then the id and revision are the dialogue's)."""

    entry_id: str
    revision: Revision
    title: str
    text: str
    source: str = ""
    confidence: float = 1.0


class Option(msgspec.Struct, frozen=True):
    """One question offered. Sending `question` as the next message, or its number, gets the answer."""

    entry_id: str
    revision: Revision
    question: str


class Clarify(msgspec.Struct, frozen=True, tag_field="kind", tag="clarify"):
    """「您是不是想问」 with up to three questions; `state` is to be kept for the next message."""

    text: str
    options: tuple[Option, ...]
    state: OptionsState


class Ask(msgspec.Struct, frozen=True, tag_field="kind", tag="ask"):
    """A dialogue's question with what can be picked; `state` is to be kept for the next message."""

    dialogue_id: str
    revision: Revision
    title: str
    text: str
    choices: tuple[str, ...]
    state: DialogueState


class HandOver(msgspec.Struct, frozen=True, tag_field="kind", tag="hand_over"):
    """A person takes over; from here the bot is silent. `text` is the visible line."""

    reason: Literal["asked", "unclear", "uncovered"]
    text: str


class NoAnswer(msgspec.Struct, frozen=True, tag_field="kind", tag="no_answer"):
    """The question is outside the knowledge: counts as a gap. `text` says so and offers a person."""

    text: str


class Courtesy(msgspec.Struct, frozen=True, tag_field="kind", tag="courtesy"):
    """A line that answers no question: a greeting, thanks, the end of a dialogue, a message without words."""

    reason: Literal["greeting", "thanks", "cancelled", "empty"]
    text: str


Decision = Answer | Clarify | Ask | HandOver | NoAnswer | Courtesy
"""Only Clarify and Ask carry a state; after any other decision the stored state is None."""


def decide(query: str, candidates: Candidates, state: State | None, context: SearchContext) -> Decision:
    """What the bot says to `query`. `candidates` come from `KnowledgeIndex.candidates(query, context, state)`.

    An entry out of force on `context.today` never answers, whoever offers it.
    """
    if wants_person(query):
        return _hand_over("asked")
    hits = [hit for hit in candidates.hits if hit.entry.in_force(context.today)]
    if isinstance(state, DialogueState) and candidates.running is not None:
        return _in_dialogue(query, candidates.running, state, hits)
    if isinstance(state, OptionsState):
        picked = _picked(query, candidates.offered, context.today)
        if picked is not None:
            return picked
    return _courtesy(query) or _fresh(query, candidates, hits)


def wants_person(query: str) -> bool:
    """Whether the message asks for a person: 转人工, 人工客服, 我要找真人 …, but not 人工费 and not 不用转人工."""
    plain = "".join(units(query))
    return bool(_PERSON.search(plain)) and not _NO_PERSON.search(plain)


def _fresh(query: str, candidates: Candidates, hits: list[Hit]) -> Decision:
    exact = _exact(query, hits)
    if exact is not None:
        return exact
    if candidates.dialogue is not None and candidates.nearness >= DIALOGUE_AT:
        return _say(candidates.dialogue, dialogues.start(candidates.dialogue))
    if _sure(hits):
        return _answer(hits[0].entry, hits[0].confidence)
    offers = [hit for hit in hits[:OPTIONS] if hit.confidence >= CLARIFY_AT]
    return _clarify(hits[:OPTIONS]) if offers else NoAnswer(_OUTSIDE)


def _sure(hits: list[Hit]) -> bool:
    """The first hit is sure, and no other of the top three is nearly as likely."""
    rival = max((hit.confidence for hit in hits[1:OPTIONS]), default=0.0)
    return bool(hits) and hits[0].confidence >= ANSWER_AT and hits[0].confidence - rival >= LEAD


def _exact(query: str, hits: list[Hit]) -> Answer | None:
    """The entry that asks this very question: a suggestion or option that was clicked comes back as such."""
    asked = units(query)
    for hit in hits:
        if asked and any(units(form) == asked for form in hit.entry.forms):
            return _answer(hit.entry, 1.0)
    return None


def _in_dialogue(query: str, running: Dialogue, state: DialogueState, hits: list[Hit]) -> Decision:
    """The reply's step; a reply that is no answer to the slot but the very question of an entry leaves the dialogue."""
    step = dialogues.reply(running, state, query)
    missed = isinstance(step, dialogues.GaveUp) or (
        isinstance(step, dialogues.SlotAsked) and step.state.misses > state.misses
    )
    return (_exact(query, hits) if missed else None) or _say(running, step)


def _say(dialogue: Dialogue, step: dialogues.Step) -> Decision:
    revision = revision_of(dialogue)
    match step:
        case dialogues.SlotAsked(text, choices, state):
            return Ask(dialogue.id, revision, dialogue.title, text, choices, state)
        case dialogues.Concluded(text):
            return Answer(dialogue.id, revision, dialogue.title, text)
        case dialogues.GaveUp(reason):
            return _hand_over(reason)
        case dialogues.Cancelled():
            return Courtesy("cancelled", _CANCELLED)


def _picked(query: str, offered: tuple[Entry | None, ...], today: date) -> Decision | None:
    if _NONE_OF_THESE.match(normalise(query)):
        return NoAnswer(_OUTSIDE)
    index = dialogues.ordinal(query, len(offered))
    entry = offered[index] if index is not None else None
    return _answer(entry, 1.0) if entry is not None and entry.in_force(today) else None


def _courtesy(query: str) -> Courtesy | None:
    plain = "".join(units(query))
    if not plain:
        return Courtesy("empty", _EMPTY)
    if _GREETING.match(plain):
        return Courtesy("greeting", _WELCOME)
    return Courtesy("thanks", _YOU_ARE_WELCOME) if _THANKS.match(plain) else None


def _answer(entry: Entry, confidence: float) -> Answer:
    return Answer(entry.id, revision_of(entry), entry.question, entry.answer, entry.source, confidence)


def _clarify(hits: list[Hit]) -> Clarify:
    options = tuple(Option(hit.entry.id, hit.revision, hit.entry.question) for hit in hits)
    return Clarify(_WHICH, options, OptionsState(tuple(option.entry_id for option in options)))


def _hand_over(reason: Literal["asked", "unclear", "uncovered"]) -> HandOver:
    return HandOver(reason, _HAND_OVER[reason])
