"""The index of messages in a folder, by tantivy: words are indexed, never kept; excerpts come from the log."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import tantivy as engine
from tantivy import Occur, Query

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_server.search.base import Place, Reach, Said, Wanted
from relay_server.search.words import is_pair, pairs, phrases, singles
from relay_server.store.replay import BEGINNING, Position

WRITER_BYTES = 64_000_000
MICRO = 1_000_000
_FOREVER = 2**62
_POSITION = "position"


class TantivyIndex:
    """One folder. Whatever is wrong with it, it is emptied and begins anew: the log has everything."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index, self._position = _open(folder)
        self._writer: engine.IndexWriter | None = None
        self._fresh: set[str] | None = set()
        """Keys put in since it was opened, until the first commit: a crash may have left those of one batch behind."""

    @property
    def position(self) -> Position:
        """Up to where the log is in it."""
        return self._position

    def add(self, said: Sequence[Said]) -> None:
        """Put words in."""
        writer = self._writing()
        for one in said:
            key = f"{one.consultation}/{one.seq}"
            if self._fresh is not None:
                writer.delete_documents_by_term("key", key)
            writer.add_document(_document(key, one))

    def drop(self, consultation: ConsultationId) -> None:
        """Take a consultation out."""
        self._writing().delete_documents_by_term("consultation", consultation)

    def forget(self, taxpayer: TaxpayerId) -> None:
        """Find a person's words no longer. What is left of them in merged files goes with the folder."""
        self._writing().delete_documents_by_term("taxpayer", taxpayer)

    def commit(self, position: Position) -> None:
        """Make everything up to here findable and durable."""
        if self._writer is not None:
            self._writer.commit()
            self._index.reload()
        self._fresh = None
        note = self._folder / f"{_POSITION}.new"
        note.write_text(position, encoding="ascii")
        note.replace(self._folder / _POSITION)
        self._position = position

    def search(self, wanted: Wanted, reach: Reach, limit: int) -> list[Place]:
        """Return places, the newest first; nothing for a query without words."""
        asked = phrases(wanted.words)
        if not asked:
            return []
        searcher = self._index.searcher()
        query = self._query(asked, wanted, reach)
        found = searcher.search(query, limit, count=False, order_by_field="at").hits
        return [_place(searcher.doc(address)) for _, address in found]

    def close(self) -> None:
        """Let go of the files."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def destroy(self) -> None:
        """Close it and remove the folder."""
        self.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _writing(self) -> engine.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(WRITER_BYTES, 1)
        return self._writer

    def _query(self, asked: list[list[str]], wanted: Wanted, reach: Reach) -> Query:
        must = [self._phrase(tokens) for tokens in asked]
        span = (int(wanted.since * MICRO), _FOREVER if wanted.until == float("inf") else int(wanted.until * MICRO) - 1)
        if span != (0, _FOREVER):
            must.append(Query.range_query(self._index.schema, "at", engine.FieldType.Integer, *span))
        if wanted.taxpayer:
            must.append(self._any("taxpayer", [wanted.taxpayer]))
        if not reach.everything:
            must.append(self._within(reach))
        return Query.boolean_query([(Occur.Must, one) for one in must])

    def _phrase(self, tokens: list[str]) -> Query:
        schema = self._index.schema
        if len(tokens) > 1:
            return Query.phrase_query(schema, "pairs", list(tokens))
        field = "pairs" if is_pair(tokens[0]) else "singles"
        return Query.term_query(schema, field, tokens[0], "basic")

    def _within(self, reach: Reach) -> Query:
        parts = [
            self._any(field, values)
            for field, values in (
                ("office", sorted(reach.offices)),
                ("people", [reach.agent] if reach.agent else []),
                ("taxpayer", sorted(reach.contacts)),
            )
            if values
        ]
        return Query.boolean_query([(Occur.Should, one) for one in parts]) if parts else Query.empty_query()

    def _any(self, field: str, values: Sequence[str]) -> Query:
        return Query.term_set_query(self._index.schema, field, list(values))


def _open(folder: Path) -> tuple[engine.Index, Position]:
    try:
        position = Position((folder / _POSITION).read_text(encoding="ascii"))
        return engine.Index.open(str(folder)), position
    except (OSError, ValueError):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        return engine.Index(_schema(), path=str(folder)), BEGINNING


def _schema() -> engine.Schema:
    builder = engine.SchemaBuilder()
    builder.add_text_field("pairs", tokenizer_name="whitespace", index_option="position")
    builder.add_text_field("singles", tokenizer_name="whitespace", index_option="basic")
    for field in ("office", "people"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="basic")
    for field in ("key", "taxpayer"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("consultation", tokenizer_name="raw", index_option="basic", stored=True)
    builder.add_integer_field("seq", stored=True)
    builder.add_integer_field("at", stored=True, indexed=True, fast=True)
    return builder.build()


def _document(key: str, one: Said) -> engine.Document:
    return engine.Document(
        pairs=" ".join(pairs(one.text)),
        singles=" ".join(singles(one.text)),
        office=" ".join(sorted(one.offices)),
        people=" ".join(sorted(one.people)),
        key=key,
        taxpayer=one.taxpayer,
        consultation=one.consultation,
        seq=one.seq,
        at=int(one.at * MICRO),
    )


def _place(document: engine.Document) -> Place:
    found = document.to_dict()
    return Place(ConsultationId(found["consultation"][0]), int(found["seq"][0]), int(found["at"][0]) / MICRO)
