"""Multi-turn dialogues 多轮问答 as data: slots to fill, rules that conclude, and one pure step from reply to reply.

Rules are tried in the order they are written: the first one that the answers so far do not contradict decides what is
asked next, and concludes as soon as its conditions are met. So only slots that a still possible rule uses are asked.
A reply that is not understood is asked again with a hint; the second one in a row, or answers that no rule covers,
give up (the caller hands over to a person).
"""

import re
from typing import Literal

import msgspec

from kb_sync.entry import Body, Id, Line, Revision, revision_of
from kb_sync.text import normalise, units

MISSES_ALLOWED = 1
Value = bool | str
YES, NO = "是", "否"

_ORDINAL = re.compile(r"^(?:第|选|选择|选第)?([1-9]|[一二三四五六七八九])(?:个|项|条|号)?$")
_CANCEL = re.compile(r"^(?:取消|算了|不问了|不办了|退出|结束|停止|停|没事了?|先这样)[吧了啦]*$")
_TAIL = re.compile(r"[\s的了呢啊呀吧哦哈,，.。、;；!！~]+$")
_DOUBT = re.compile(r"[吗?？]$|不知|不清楚|不懂|不确定|不明白|没听|是不是|有没有|能不能|什么")
_YES = re.compile(r"^(?:是|对|嗯|有|能|会|可以|需要|要|好|行|都|已经|yes$|y$)|^.{1,4}过$")
_NO = re.compile(r"^(?:否|不|没|未|无|还没|从没|no$|n$)|不到|不了|不能")
_NEGATION = re.compile(r"[不没未非无]")


class Slot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing to find out: a choice out of a list, or yes or no."""

    name: Id
    ask: Line
    type: Literal["choice", "boolean"] = "choice"
    choices: tuple[Line, ...] = ()
    invalid_hint: str = ""

    def __post_init__(self) -> None:
        if (self.type == "boolean") == bool(self.choices):
            raise ValueError(f"slot {self.name}: choices belong to a choice, a boolean has none")

    @property
    def offered(self) -> tuple[str, ...]:
        """What the taxpayer can pick from."""
        return self.choices or (YES, NO)

    def takes(self, value: Value) -> bool:
        """Whether a rule may compare this slot with `value`."""
        return isinstance(value, bool) if self.type == "boolean" else value in self.choices


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer for the case that every named slot has the given value."""

    when: dict[str, Value]
    answer: Body

    def possible(self, answers: dict[str, Value]) -> bool:
        """No answer given so far contradicts the rule."""
        return all(answers.get(name, value) == value for name, value in self.when.items())


class Dialogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A question whose answer depends on a few others. `trigger_examples` are sentences that start it."""

    id: Id
    title: Line
    trigger_examples: tuple[Line, ...]
    slots: tuple[Slot, ...]
    rules: tuple[Rule, ...]
    fallback: Literal["handover"] = "handover"

    def __post_init__(self) -> None:
        slots = {slot.name: slot for slot in self.slots}
        if not self.rules or len(slots) != len(self.slots):
            raise ValueError(f"dialogue {self.id}: needs rules, and slots of different names")
        for rule in self.rules:
            for name, value in rule.when.items():
                if name not in slots or not slots[name].takes(value):
                    raise ValueError(f"dialogue {self.id}: no slot {name} that can be {value!r}")


class DialogueState(msgspec.Struct, frozen=True, tag="dialogue"):
    """Where a taxpayer stands in a dialogue; plain data, to be stored with the consultation."""

    dialogue_id: str
    revision: Revision
    answers: dict[str, Value] = {}
    misses: int = 0


class SlotAsked(msgspec.Struct, frozen=True):
    """The next question, or the same one again with a hint when the reply was not understood."""

    text: str
    choices: tuple[str, ...]
    state: DialogueState


class Concluded(msgspec.Struct, frozen=True):
    """A rule's answer."""

    text: str


class Cancelled(msgspec.Struct, frozen=True):
    """The taxpayer does not want to go on."""


class GaveUp(msgspec.Struct, frozen=True):
    """`unclear`: two replies in a row were not understood. `uncovered`: no rule fits the answers."""

    reason: Literal["unclear", "uncovered"]


Step = SlotAsked | Concluded | Cancelled | GaveUp


def start(dialogue: Dialogue) -> Step:
    """The first question of a dialogue."""
    return _advance(dialogue, DialogueState(dialogue.id, revision_of(dialogue)))


def reply(dialogue: Dialogue, state: DialogueState, text: str) -> Step:
    """What follows the taxpayer's reply. `state` must come from this very revision of the dialogue."""
    if _CANCEL.match("".join(units(text))):
        return Cancelled()
    slot = _next_slot(dialogue, state.answers)
    if slot is None:
        return _advance(dialogue, state)
    value = read(slot, text)
    if value is not None:
        return _advance(dialogue, DialogueState(state.dialogue_id, state.revision, state.answers | {slot.name: value}))
    if state.misses >= MISSES_ALLOWED:
        return GaveUp("unclear")
    missed = msgspec.structs.replace(state, misses=state.misses + 1)
    return SlotAsked(f"{slot.invalid_hint}{slot.ask}", slot.offered, missed)


def read(slot: Slot, text: str) -> Value | None:
    """The value a reply gives a slot, None when it is not understood. A number picks from the offered list."""
    index = ordinal(text, len(slot.offered))
    picked = slot.offered[index] if index is not None else None
    if slot.type == "boolean":
        return _yes_or_no(picked or text)
    return picked or _choice(slot.choices, text)


def ordinal(text: str, count: int) -> int | None:
    """Zero-based position meant by `2`, `第二个`, `选2`; None when it is no number of a list of `count`."""
    match = _ORDINAL.match(_bare(text))
    if match is None:
        return None
    digit = match.group(1)
    index = int(digit) - 1 if digit.isdigit() else "一二三四五六七八九".index(digit)
    return index if index < count else None


def _bare(text: str) -> str:
    return _TAIL.sub("", normalise(text))


def _advance(dialogue: Dialogue, state: DialogueState) -> Step:
    rule = _first_possible(dialogue, state.answers)
    if rule is None:
        return GaveUp("uncovered")
    slot = _next_slot(dialogue, state.answers)
    return Concluded(rule.answer) if slot is None else SlotAsked(slot.ask, slot.offered, state)


def _first_possible(dialogue: Dialogue, answers: dict[str, Value]) -> Rule | None:
    return next((rule for rule in dialogue.rules if rule.possible(answers)), None)


def _next_slot(dialogue: Dialogue, answers: dict[str, Value]) -> Slot | None:
    """First unanswered slot, in slot order, that the first still possible rule uses."""
    rule = _first_possible(dialogue, answers)
    if rule is None:
        return None
    return next((slot for slot in dialogue.slots if slot.name in rule.when and slot.name not in answers), None)


def _yes_or_no(text: str) -> bool | None:
    if _DOUBT.search(normalise(text)):
        return None
    bare = _bare(text)
    if _NO.search(bare):
        return False
    return True if _YES.match(bare) else None


def _choice(choices: tuple[str, ...], text: str) -> str | None:
    """The one choice a reply names: the same words, a choice inside the reply, or the reply as part of one choice.

    A negation the choice does not share rules it out: 「没超过300万元」 must not become 「超过300万元」.
    """
    bare = _bare(text)
    plain = {_bare(choice): choice for choice in choices}
    if bare in plain:
        return plain[bare]
    if not bare or _DOUBT.search(normalise(text)):
        return None
    inside = [words for words in plain if words in bare and _negations(bare) == _negations(words)]
    starting = [words for words in plain if words.startswith(bare)]
    holding = [words for words in plain if bare in words and _negations(bare) == _negations(words)]
    for found in (inside, starting, holding):
        if len(found) == 1:
            return plain[found[0]]
    return None


def _negations(text: str) -> int:
    return len(_NEGATION.findall(text))
