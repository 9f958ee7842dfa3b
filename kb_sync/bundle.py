"""Bundle 知识包: entries, dialogues, lexicon and suggestion rules in one file, named by the hash of its content.

The file is one line of JSON (the header) and the content, canonical JSON compressed with zstd. The hash is taken of the
uncompressed content, so equal knowledge has the same hash however it was packed. A plain stream instead of a database
file: nothing in it is executed or trusted before the hash fits, and unpacking stops at a limit.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec
import zstandard

from kb_sync.dialogue import Dialogue
from kb_sync.entry import Entry, canonical, parse_lines
from kb_sync.errors import KnowledgeError
from kb_sync.lexicon import Synonyms, parse_lexicon
from kb_sync.suggest import SuggestionRules
from relay_protocol.errors import ErrorCode

FORMAT = "banwen-knowledge"
VERSION = 1
MAX_CONTENT = 512 * 1024 * 1024
"""Bytes a bundle may unpack to; 100,000 entries of the sample's size are 80 MB."""

_HEADER_LIMIT = 4096
_BROKEN = "知识包已损坏或不完整，请重新下载或重新生成。"


class Header(msgspec.Struct, frozen=True):
    """First line of a bundle. A signature will be one more field here; unknown fields are ignored on reading."""

    format: str
    version: int
    content_hash: str
    size: int


class Knowledge(msgspec.Struct, frozen=True, dict=True):
    """All knowledge that belongs together. Entries and dialogues are sorted by id; no id occurs twice."""

    entries: tuple[Entry, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
    lexicon: tuple[Synonyms, ...] = ()
    suggestions: SuggestionRules = SuggestionRules()

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the content, hex: equal on every machine that holds the same knowledge."""
        return hashlib.sha256(canonical(self)).hexdigest()

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """Entries by id."""
        return {entry.id: entry for entry in self.entries}

    @cached_property
    def dialogues_by_id(self) -> Mapping[str, Dialogue]:
        """Dialogues by id."""
        return {dialogue.id: dialogue for dialogue in self.dialogues}


def assemble(
    entries: Iterable[Entry],
    dialogues: Iterable[Dialogue] = (),
    lexicon: Iterable[Synonyms] = (),
    suggestions: SuggestionRules = SuggestionRules(),
) -> Knowledge:
    """Sorted and checked knowledge. Raises KnowledgeError(BAD_INPUT) on an id used twice or a suggestion to nowhere."""
    knowledge = Knowledge(
        tuple(sorted(entries, key=lambda entry: entry.id)),
        tuple(sorted(dialogues, key=lambda dialogue: dialogue.id)),
        tuple(sorted(lexicon, key=lambda group: (group.word, group.variants))),
        suggestions,
    )
    _refuse_repeats([*(entry.id for entry in knowledge.entries), *(dialogue.id for dialogue in knowledge.dialogues)])
    missing = sorted(set(suggestions.ids()) - knowledge.by_id.keys())
    if missing:
        raise KnowledgeError(
            ErrorCode.BAD_INPUT, f"猜你想问引用了不存在的条目：{'、'.join(missing[:5])}，请补充或删除。"
        )
    return knowledge


def same_question(knowledge: Knowledge) -> tuple[tuple[str, ...], ...]:
    """Ids of entries that share one standard question, a group each: allowed, but an editor should look."""
    groups: dict[str, list[str]] = {}
    for entry in knowledge.entries:
        groups.setdefault(entry.question.strip("？? "), []).append(entry.id)
    return tuple(tuple(ids) for ids in groups.values() if len(ids) > 1)


def read_sources(
    entries: Iterable[Path], lexicon: Path | None = None, dialogues: Path | None = None, suggestions: Path | None = None
) -> Knowledge:
    """Knowledge from source files: JSONL entries and dialogues, TSV lexicon, JSON suggestions.

    Raises KnowledgeError: NOT_FOUND for a file that cannot be read, BAD_INPUT for its content.
    """
    return assemble(
        [entry for path in entries for entry in parse_lines(_read(path), Entry)],
        parse_lines(_read(dialogues), Dialogue) if dialogues else (),
        parse_lexicon(_text(lexicon)) if lexicon else (),
        _rules(_read(suggestions)) if suggestions else SuggestionRules(),
    )


def load_sample() -> Knowledge:
    """The sample knowledge shipped with the package (示例知识，以税务机关公布为准)."""
    folder = Path(str(files("kb_sync") / "sample"))
    return read_sources(
        [folder / "entries.jsonl"], folder / "lexicon.tsv", folder / "dialogues.jsonl", folder / "suggestions.json"
    )


def pack(knowledge: Knowledge) -> bytes:
    """The bundle's bytes."""
    content = canonical(knowledge)
    header = Header(FORMAT, VERSION, knowledge.content_hash, len(content))
    return msgspec.json.encode(header) + b"\n" + zstandard.ZstdCompressor(level=19).compress(content)


def unpack(data: bytes) -> Knowledge:
    """Knowledge out of a bundle's bytes.

    Raises KnowledgeError: CORRUPT when anything does not fit the header, UNSUPPORTED for a newer format.
    """
    line = data[:_HEADER_LIMIT].partition(b"\n")[0]
    header = _decode(line, Header)
    if header.format != FORMAT or not 0 <= header.size <= MAX_CONTENT:
        _corrupt()
    if header.version > VERSION:
        raise KnowledgeError(ErrorCode.UNSUPPORTED, "知识包由更新的版本生成，请先升级本程序。", version=header.version)
    content = _inflate(data[len(line) + 1 :], header.size)
    if hashlib.sha256(content).hexdigest() != header.content_hash:
        _corrupt()
    knowledge = _decode(content, Knowledge)
    return assemble(knowledge.entries, knowledge.dialogues, knowledge.lexicon, knowledge.suggestions)


def save(knowledge: Knowledge, path: Path) -> None:
    """Write the bundle beside `path` and move it into place, so that a reader never sees half of one."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(pack(knowledge))
    part.replace(path)


def load(path: Path) -> Knowledge:
    """Read a bundle file. Raises KnowledgeError as `unpack` does, NOT_FOUND when there is no such file."""
    return unpack(_read(path))


def _inflate(packed: bytes, size: int) -> bytes:
    """Exactly `size` bytes; a stream that claims or yields another amount is refused before it fills the memory."""
    try:
        if zstandard.frame_content_size(packed) != size:
            _corrupt()
        return zstandard.ZstdDecompressor().decompress(packed, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise KnowledgeError(ErrorCode.CORRUPT, _BROKEN) from error


T = TypeVar("T")


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(ErrorCode.CORRUPT, _BROKEN) from error


def _corrupt() -> NoReturn:
    raise KnowledgeError(ErrorCode.CORRUPT, _BROKEN)


def _rules(data: bytes) -> SuggestionRules:
    try:
        return msgspec.json.decode(data, type=SuggestionRules)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(ErrorCode.BAD_INPUT, f"猜你想问规则不可用，请修改后重试：{error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeError(ErrorCode.NOT_FOUND, f"无法读取文件 {path.name}，请检查路径和权限。") from error


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            ErrorCode.BAD_INPUT, f"文件 {path.name} 不是 UTF-8 编码，请另存为 UTF-8 后重试。"
        ) from error


def _refuse_repeats(ids: list[str]) -> None:
    repeated = sorted(key for key, times in Counter(ids).items() if times > 1)
    if repeated:
        raise KnowledgeError(ErrorCode.BAD_INPUT, f"编号重复：{'、'.join(repeated[:5])}，请修改为唯一编号。")
