"""Ranking: BM25 over single characters (tantivy), the same on the relay, in the command and in the offline copy.

An entry is searched by its question, similar questions, keywords, lexicon words and answer, each with a weight. Words
the lexicon adds to a question count SYNONYM_WEIGHT. The page's module and the kind of taxpayer add a little; an entry
out of force on the day of the question is not found at all.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from shutil import rmtree

import tantivy
from tantivy import Occur, Query

from kb_sync.bundle import Knowledge
from kb_sync.candidates import Candidates, Hit, OptionsState, SearchContext, State
from kb_sync.confidence import confidence, idf, overlap
from kb_sync.dialogue import Dialogue, DialogueState
from kb_sync.entry import Entry, revision_of
from kb_sync.lexicon import Lexicon
from kb_sync.suggest import Suggestion, suggest
from kb_sync.text import MAX_QUERY, distinct, units

FIELDS = {"question": 1.0, "similar": 1.0, "keywords": 0.6, "lexicon": 0.4, "answer": 0.8}
"""Weights that were best on tests/kb_sync/data/questions.jsonl; all at 1.0 without lexicon costs .06 of hit@1."""
SYNONYM_WEIGHT = 0.3
CODE_SCORE = 60.0
"""For an error code named in the question. Constant, because BM25 punishes a field that most entries leave empty."""
MODULE_BONUS, AUDIENCE_BONUS = 3.0, 1.5
"""Added to BM25 scores that are 15 to 60 for a fitting entry: they settle near ties, not more."""

_ANY = "any"
_FOREVER = date.max.toordinal()
_STAMP = "content-hash"
_WRITER_BYTES = 32_000_000
_WEIGHTS_KEPT = 16_384


class KnowledgeIndex:
    """Searchable knowledge. Immutable once built: new knowledge makes a new index."""

    def __init__(self, knowledge: Knowledge, index: tantivy.Index) -> None:
        self.knowledge = knowledge
        self._lexicon = Lexicon(knowledge.lexicon)
        self._codes = knowledge.suggestions.codes_by_entry()
        self._schema = index.schema
        self._searcher = index.searcher()
        self.weigh = lru_cache(_WEIGHTS_KEPT)(self._weigh)

    @classmethod
    def build(cls, knowledge: Knowledge, folder: Path | None = None) -> "KnowledgeIndex":
        """Index in memory, or in `folder`, which is emptied first."""
        if folder is not None:
            rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        index = tantivy.Index(_schema(), path=str(folder) if folder else None)
        _write(index, knowledge)
        if folder is not None:
            (folder / _STAMP).write_text(knowledge.content_hash, encoding="ascii")
        return cls(knowledge, index)

    @classmethod
    def open(cls, knowledge: Knowledge, folder: Path) -> "KnowledgeIndex":
        """The index kept in `folder` when it fits `knowledge` and is sound, otherwise a new one there."""
        index = _reopen(folder, knowledge)
        return cls(knowledge, index) if index is not None else cls.build(knowledge, folder)

    def search(self, query: str, context: SearchContext, top: int = 10) -> list[Hit]:
        """Entries in force for a question, best first. A question without words finds nothing."""
        asked, synonyms = self.asked(query)
        if not asked:
            return []
        found = self._searcher.search(self._query(asked, synonyms, context), top).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in found])
        entries = [self.knowledge.entries[int(row)] for row in rows if row is not None]
        return [
            Hit(entry, revision_of(entry), float(score), self._confidence(entry, asked, synonyms))
            for entry, (score, _) in zip(entries, found, strict=True)
        ]

    def candidates(self, query: str, context: SearchContext, state: State | None = None, top: int = 5) -> Candidates:
        """Everything `decide` needs for one message of a taxpayer who stands at `state`."""
        dialogue, nearness = self._nearest_dialogue(query)
        return Candidates(
            hits=tuple(self.search(query, context, top)),
            dialogue=dialogue,
            nearness=nearness,
            running=self._running(state) if isinstance(state, DialogueState) else None,
            offered=tuple(map(self.knowledge.by_id.get, state.entry_ids)) if isinstance(state, OptionsState) else (),
        )

    def suggest(self, context: SearchContext, error_code: str = "", hot: Sequence[str] = ()) -> tuple[Suggestion, ...]:
        """猜你想问 for the page and taxpayer of `context`; see kb_sync.suggest."""
        return suggest(
            self.knowledge.suggestions,
            self.knowledge.by_id,
            module=context.module,
            audience=context.audience,
            today=context.today,
            status=context.status,
            error_code=error_code,
            hot=hot,
        )

    def asked(self, query: str) -> tuple[list[str], list[str]]:
        """Distinct units of a question, and those that only its synonyms add."""
        asked = distinct(query[:MAX_QUERY])
        known = set(asked)
        words = self._lexicon.expand(query[:MAX_QUERY])
        return asked, [unit for unit in distinct(" ".join(words)) if unit not in known]

    def _weigh(self, unit: str) -> float:
        """How telling a unit is: its inverse document frequency over the entries."""
        return idf(len(self.knowledge.entries), self._searcher.doc_freq(_ANY, unit))

    def _running(self, state: DialogueState) -> Dialogue | None:
        dialogue = self.knowledge.dialogues_by_id.get(state.dialogue_id)
        return dialogue if dialogue is not None and revision_of(dialogue) == state.revision else None

    def _nearest_dialogue(self, query: str) -> tuple[Dialogue | None, float]:
        asked = distinct(query[:MAX_QUERY])
        best: tuple[Dialogue | None, float] = (None, 0.0)
        for dialogue in self.knowledge.dialogues:
            for trigger in (dialogue.title, *dialogue.trigger_examples):
                near = overlap(asked, set(units(trigger)), self.weigh)
                if near > best[1]:
                    best = (dialogue, near)
        return best

    def _confidence(self, entry: Entry, asked: list[str], synonyms: list[str]) -> float:
        codes = self._codes.get(entry.id, ())
        named = any(set(units(code)) <= set(asked) for code in codes)  # then the whole message asks for this entry
        forms = [set(asked)] if named else [set(units(form)) for form in entry.forms]
        more = set(units(" ".join(entry.keywords))) | set(units(_lexicon_words(self._lexicon, entry)))
        return confidence(asked, synonyms, forms, more, self.weigh)

    def _query(self, asked: list[str], synonyms: list[str], context: SearchContext) -> Query:
        wanted = [(unit, 1.0) for unit in asked] + [(unit, SYNONYM_WEIGHT) for unit in synonyms]
        words = [
            (Occur.Should, Query.boost_query(Query.term_query(self._schema, field, unit, "freq"), share * weight))
            for unit, share in wanted
            for field, weight in FIELDS.items()
        ]
        codes = Query.term_set_query(self._schema, "codes", asked)
        words.append((Occur.Should, Query.const_score_query(codes, CODE_SCORE)))
        return Query.boolean_query(
            [(Occur.Must, Query.boolean_query(words)), *self._bonuses(context), *self._in_force(context.today)]
        )

    def _bonuses(self, context: SearchContext) -> Iterator[tuple[Occur, Query]]:
        if context.module:
            module = Query.term_query(self._schema, "module", context.module, "basic")
            yield Occur.Should, Query.const_score_query(module, MODULE_BONUS)
        if context.audience != "both":
            audience = Query.term_set_query(self._schema, "audience", [context.audience, "both"])
            yield Occur.Should, Query.const_score_query(audience, AUDIENCE_BONUS)

    def _in_force(self, today: date) -> Iterator[tuple[Occur, Query]]:
        day = today.toordinal()
        for field, bounds in (("first_day", (0, day)), ("last_day", (day, _FOREVER))):
            within = Query.range_query(self._schema, field, tantivy.FieldType.Integer, *bounds)
            yield Occur.Must, Query.const_score_query(within, 0.0)


def _lexicon_words(lexicon: Lexicon, entry: Entry) -> str:
    return " ".join(lexicon.expand(" ".join((*entry.forms, *entry.keywords))))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in ("codes", _ANY):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    for field in ("module", "audience"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in ("first_day", "last_day"):
        builder.add_integer_field(field, indexed=True)
    builder.add_integer_field("row", fast=True)
    return builder.build()


def _write(index: tantivy.Index, knowledge: Knowledge) -> None:
    lexicon, codes = Lexicon(knowledge.lexicon), knowledge.suggestions.codes_by_entry()
    writer = index.writer(_WRITER_BYTES, 1)
    for row, entry in enumerate(knowledge.entries):
        writer.add_document(_document(row, entry, lexicon, codes.get(entry.id, ())))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def _document(row: int, entry: Entry, lexicon: Lexicon, codes: Sequence[str]) -> tantivy.Document:
    texts = {
        "question": entry.question,
        "similar": " ".join(entry.similar),
        "keywords": " ".join((*entry.keywords, *entry.category)),
        "lexicon": _lexicon_words(lexicon, entry),
        "answer": entry.answer,
    }
    document = tantivy.Document()
    for field, text in texts.items():
        document.add_text(field, " ".join(units(text)))
    document.add_text(_ANY, " ".join(distinct(" ".join(texts.values()))))
    document.add_text("codes", " ".join(units(" ".join(codes))))
    document.add_text("module", entry.module)
    document.add_text("audience", entry.audience)
    document.add_integer("first_day", entry.effective_from.toordinal())
    document.add_integer("last_day", entry.effective_to.toordinal() if entry.effective_to else _FOREVER)
    document.add_integer("row", row)
    return document


def _reopen(folder: Path, knowledge: Knowledge) -> tantivy.Index | None:
    """The index in `folder`, None when it is of other knowledge or damaged (tantivy raises ValueError or OSError)."""
    try:
        if (folder / _STAMP).read_text(encoding="ascii") != knowledge.content_hash:
            return None
        index = tantivy.Index.open(str(folder))
        index.reload()
        return index if index.searcher().num_docs == len(knowledge.entries) else None
    except (OSError, ValueError):
        return None
