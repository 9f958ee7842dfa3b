"""The sample on the development questions: figures may not fall below what decide.py promises."""

from pathlib import Path

from kb_sync.candidates import SearchContext
from kb_sync.entry import parse_lines
from kb_sync.index import KnowledgeIndex
from kb_sync.measure import Labelled, auroc, measure

QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"


def test_auroc_counts_pairs_in_the_right_order() -> None:
    assert auroc([0.9, 0.5], [0.5, 0.1]) == (2 + 1.5) / 4


def test_the_sample_answers_colloquial_questions_as_documented(index: KnowledgeIndex, context: SearchContext) -> None:
    report = measure(index, parse_lines(QUESTIONS.read_bytes(), Labelled), context)
    print(report)
    assert (report.answerable, report.unanswerable) == (133, 34)
    assert report.hit1 >= 0.72
    assert report.hit3 >= 0.87
    assert report.auroc >= 0.85
    assert report.coverage >= 0.37
    assert report.wrong <= 0.05
    assert report.resolved >= 0.77
    assert report.invented == 0
