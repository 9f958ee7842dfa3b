"""How good search and decisions are on labelled questions: hit rates, refusal, and wrong automatic answers."""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from kb_sync.candidates import Hit, SearchContext
from kb_sync.decide import Answer, Ask, Clarify, Decision, HandOver, decide
from kb_sync.index import KnowledgeIndex


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question and the entries that answer it: any of them is right, none means that nothing should answer.

    `accepts` names another kind of decision that is as good as an answer.
    """

    question: str
    entries: tuple[str, ...] = ()
    accepts: Literal["", "ask", "hand_over"] = ""


class Report(msgspec.Struct, frozen=True):
    """Shares are 0 to 1. hit1, hit3: of the answerable questions. auroc: confidence of the first hit, answerable
    against unanswerable. coverage: automatic answers to answerable questions. wrong: of all automatic answers.
    resolved: answered rightly, asked as accepted, or the right entry among those offered. invented: unanswerable
    questions that got an answer or a dialogue."""

    answerable: int
    unanswerable: int
    hit1: float
    hit3: float
    auroc: float
    coverage: float
    wrong: float
    resolved: float
    invented: float


def measure(index: KnowledgeIndex, questions: Sequence[Labelled], context: SearchContext) -> Report:
    """Search and decide every question as the bot would, without history. Needs questions of both kinds."""
    runs = [_run(index, question, context) for question in questions]
    known = [run for run in runs if run[0].entries]
    unknown = [run for run in runs if not run[0].entries]
    answers = [run for run in runs if isinstance(run[2], Answer | Ask)]
    return Report(
        len(known),
        len(unknown),
        hit1=_share(_found(label, hits, 1) for label, hits, _ in known),
        hit3=_share(_found(label, hits, 3) for label, hits, _ in known),
        auroc=auroc([_confidence(hits) for _, hits, _ in known], [_confidence(hits) for _, hits, _ in unknown]),
        coverage=_share(isinstance(decision, Answer | Ask) for _, _, decision in known),
        wrong=_share(not right(label, decision) for label, _, decision in answers),
        resolved=_share(right(label, decision) for label, _, decision in known),
        invented=_share(isinstance(decision, Answer | Ask) for _, _, decision in unknown),
    )


def right(label: Labelled, decision: Decision) -> bool:
    """Whether a decision helps: the right answer, the right entry offered, or the other kind that is accepted."""
    match decision:
        case Answer(entry_id):
            return entry_id in label.entries
        case Clarify(options=options):
            return any(option.entry_id in label.entries for option in options)
        case Ask():
            return label.accepts == "ask"
        case HandOver():
            return label.accepts == "hand_over"
        case _:
            return not label.entries


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """Chance that a random positive is above a random negative, ties half; .5 is blind, 1 is perfect."""
    wins = sum((high > low) + 0.5 * (high == low) for high in positive for low in negative)
    return wins / (len(positive) * len(negative))


def _run(index: KnowledgeIndex, label: Labelled, context: SearchContext) -> tuple[Labelled, tuple[Hit, ...], Decision]:
    candidates = index.candidates(label.question, context)
    return label, candidates.hits, decide(label.question, candidates, None, context)


def _found(label: Labelled, hits: Sequence[Hit], top: int) -> bool:
    return any(hit.entry.id in label.entries for hit in hits[:top])


def _confidence(hits: Sequence[Hit]) -> float:
    return hits[0].confidence if hits else 0.0


def _share(outcomes: Iterable[bool]) -> float:
    listed = list(outcomes)
    return sum(listed) / len(listed) if listed else 0.0
