"""How likely a hit is right, 0 to 1, from the words alone: comparable between questions, unlike a ranking score.

Two measures, both weighted by how rare a unit is (idf over the entries):
evidence: weight of the question's units that the entry's questions, keywords or their synonyms hold. Absolute, so that
    a question of which only 「怎么办」 is known stays low however well it fits. Synonyms count SYNONYM_SHARE.
overlap: best Dice share between the question and one way to ask for the entry, 1 for the same units.
A logistic curve joins them, fitted on tests/kb_sync/data/questions.jsonl to the chance that the first hit is right
(AUROC .88 for that, .87 over five folds). decide.py has the figures of the decisions made on it.
"""

import math
from collections.abc import Callable, Collection, Iterable

Weigh = Callable[[str], float]
SYNONYM_SHARE = 0.3
PER_EVIDENCE, PER_OVERLAP, OFFSET = 0.30, 5.64, -4.35


def idf(documents: int, holding: int) -> float:
    """BM25's weight of a unit that `holding` of `documents` contain; never negative."""
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5))


def overlap(asked: Collection[str], form: Collection[str], weigh: Weigh) -> float:
    """Weighted Dice share of two sets of units, 0 to 1."""
    total = sum(map(weigh, asked)) + sum(map(weigh, form))
    return 2 * sum(weigh(unit) for unit in asked if unit in form) / total if total else 0.0


def evidence(asked: Collection[str], synonyms: Collection[str], held: Collection[str], weigh: Weigh) -> float:
    """Weight of what question and entry share; `synonyms` are units only the lexicon adds to the question."""
    own = sum(weigh(unit) for unit in asked if unit in held)
    return own + SYNONYM_SHARE * sum(weigh(unit) for unit in synonyms if unit in held)


def confidence(
    asked: Collection[str], synonyms: Collection[str], forms: Iterable[set[str]], more: set[str], weigh: Weigh
) -> float:
    """Probability that the entry answers. `forms` are the ways to ask for it, `more` its keywords and synonyms."""
    forms = list(forms)
    held = more.union(*forms)
    best = max((overlap(asked, form, weigh) for form in forms), default=0.0)
    score = PER_EVIDENCE * evidence(asked, synonyms, held, weigh) + PER_OVERLAP * best + OFFSET
    return 1 / (1 + math.exp(-score))
