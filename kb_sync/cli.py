"""banwen-kb: build, search, show and measure knowledge on the command line, deciding exactly as the bot does.

Exit codes: 0 done; 1 nothing found or below the asked quality; 2 wrong usage; 3 a source or bundle cannot be used.
"""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from kb_sync import bundle as bundles
from kb_sync.candidates import SearchContext
from kb_sync.decide import Decision, decide
from kb_sync.entry import parse_lines, revision_of
from kb_sync.errors import KnowledgeError
from kb_sync.index import KnowledgeIndex
from kb_sync.measure import Labelled, measure

NOTHING, UNUSABLE = 1, 3
SAMPLE = "sample"

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_bundle = click.argument("bundle", metavar="BUNDLE")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_on = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Search as on this day. Default: today.")


class _Group(click.Group):
    """Turns a KnowledgeError of any command into its sentence on standard error and exit code 3."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KnowledgeError as error:
            click.echo(error.message, err=True)
            ctx.exit(UNUSABLE)


@click.group(
    cls=_Group, help=__doc__, epilog=f"BUNDLE is a file made by `build`, or the word {SAMPLE}: the knowledge shipped."
)
def main() -> None:
    """Entry point."""


@main.command()
@click.argument("entries", nargs=-1, required=True, type=_file)
@click.option("--lexicon", type=_file, help="Synonyms: word<TAB>variant|variant, one group a line.")
@click.option("--dialogues", type=_file, help="Multi-turn dialogues, one JSON object a line.")
@click.option("--suggestions", type=_file, help="Suggested questions by page, entries by error code, JSON.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Bundle to write.")
@_as_json
def build(
    entries: tuple[Path, ...],
    lexicon: Path | None,
    dialogues: Path | None,
    suggestions: Path | None,
    out: Path,
    as_json: bool,
) -> None:
    """Check ENTRIES (JSON lines) and pack them with lexicon and dialogues into one bundle.

    \b
    banwen-kb build entries.jsonl --lexicon lexicon.tsv --dialogues dialogues.jsonl --out tax.kb
    """
    knowledge = bundles.read_sources(entries, lexicon, dialogues, suggestions)
    bundles.save(knowledge, out)
    for ids in bundles.same_question(knowledge):
        click.echo(f"提示：{'、'.join(ids)} 的标准问题相同，建议合并。", err=True)
    _print(
        {"bundle": str(out), "content_hash": knowledge.content_hash, **_counts(knowledge)},
        f"{out}  {len(knowledge.entries)} 条知识  {len(knowledge.dialogues)} 个多轮问答  {knowledge.content_hash[:12]}",
        as_json,
    )


@main.command()
@_bundle
@click.argument("query")
@click.option("--top", default=5, show_default=True, type=click.IntRange(1, 50), help="Hits to print.")
@click.option("--module", default="", help="Module of the page the taxpayer is on, such as vat_filing.")
@click.option("--audience", default="both", type=click.Choice(["enterprise", "individual", "both"]), show_default=True)
@_on
@_as_json
def search(bundle: str, query: str, top: int, module: str, audience: Any, on: datetime | None, as_json: bool) -> None:
    """Search BUNDLE for QUERY; print the hits and what the bot would do. Exit code 1 when nothing is found.

    \b
    banwen-kb search sample 发票开错了怎么办
    banwen-kb search sample 几号之前报 --module vat_filing --json
    """
    context = SearchContext(_day(on), module, audience)
    index = KnowledgeIndex.build(_load(bundle))
    decision = decide(query, index.candidates(query, context), None, context)
    hits = index.search(query, context, top)
    lines = [f"{hit.confidence:.2f}  {hit.entry.id}@{hit.revision}  {hit.entry.question}" for hit in hits]
    found = [
        {"entry_id": hit.entry.id, "revision": hit.revision, "question": hit.entry.question}
        | {"score": round(hit.score, 3), "confidence": round(hit.confidence, 3)}
        for hit in hits
    ]
    _print({"query": query, "hits": found, "decision": decision}, "\n".join([*lines, _told(decision)]), as_json)
    if not hits:
        sys.exit(NOTHING)


@main.command()
@_bundle
@click.argument("item", required=False)
@_as_json
def show(bundle: str, item: str | None, as_json: bool) -> None:
    """Show what BUNDLE holds, or one entry or dialogue of it by its id. Exit code 1 when there is no such id."""
    knowledge = _load(bundle)
    if item is None:
        counts = _counts(knowledge)
        text = "\n".join([knowledge.content_hash, *(f"{name}  {count}" for name, count in counts.items())])
        _print({"content_hash": knowledge.content_hash, **counts}, text, as_json)
        return
    thing = knowledge.by_id.get(item) or knowledge.dialogues_by_id.get(item)
    if thing is None:
        click.echo(f"知识包中没有编号 {item}，请用 search 查找。", err=True)
        sys.exit(NOTHING)
    fields = {"revision": revision_of(thing), **msgspec.to_builtins(thing)}
    _print(fields, "\n".join(f"{name}  {_plain(value)}" for name, value in fields.items()), as_json)


@main.command("eval")
@_bundle
@click.argument("questions", type=_file)
@click.option("--max-wrong", type=click.FloatRange(0, 1), help="Exit with 1 when more automatic answers are wrong.")
@_on
@_as_json
def evaluate(bundle: str, questions: Path, max_wrong: float | None, on: datetime | None, as_json: bool) -> None:
    """Measure BUNDLE on QUESTIONS: {"question": …, "entries": [right ids, none if unanswerable]} a line."""
    report = measure(
        KnowledgeIndex.build(_load(bundle)), parse_lines(questions.read_bytes(), Labelled), SearchContext(_day(on))
    )
    fields = msgspec.to_builtins(report)
    _print(fields, "\n".join(f"{name:13} {value:.3f}" for name, value in fields.items()), as_json)
    if max_wrong is not None and report.wrong > max_wrong:
        sys.exit(NOTHING)


def _load(bundle: str) -> bundles.Knowledge:
    return bundles.load_sample() if bundle == SAMPLE else bundles.load(Path(bundle))


def _day(on: datetime | None) -> date:
    return (on or datetime.now().astimezone()).date()


def _counts(knowledge: bundles.Knowledge) -> dict[str, int]:
    return {
        "entries": len(knowledge.entries),
        "dialogues": len(knowledge.dialogues),
        "lexicon": len(knowledge.lexicon),
        "pages": len(knowledge.suggestions.pages),
    }


def _plain(value: Any) -> str:
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _told(decision: Decision) -> str:
    kind = type(decision).__struct_config__.tag
    return f"→ {kind}: {decision.text}"


def _print(fields: Any, text: str, as_json: bool) -> None:
    click.echo(msgspec.json.encode(fields).decode() if as_json else text)
