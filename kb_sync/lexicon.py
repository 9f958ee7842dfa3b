"""Lexicon 专题词库: groups of words that mean the same, looked up in questions and in entries.

Expansion goes one step, from a word to the other words of its groups. Groups that share words or point at each
other in a circle therefore cost nothing and can never run away.
"""

import re
from collections.abc import Iterable

import msgspec

from kb_sync.errors import KnowledgeError
from kb_sync.text import normalise
from relay_protocol.errors import ErrorCode


class Synonyms(msgspec.Struct, frozen=True):
    """One group: the word of record and how else people say it."""

    word: str
    variants: tuple[str, ...]


def parse_lexicon(tsv: str) -> tuple[Synonyms, ...]:
    """Read `word<TAB>variant|variant…`, one group a line; blank lines and lines starting with # are skipped.

    Raises KnowledgeError(BAD_INPUT) that names the first line without a word or without variants.
    """
    groups = []
    for number, line in enumerate(tsv.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition("\t")
        variants = tuple(part.strip() for part in rest.split("|") if part.strip())
        if not word.strip() or not variants:
            message = f"词库第 {number} 行应为“词语<制表符>同义词|同义词”，请修改后重试。"
            raise KnowledgeError(ErrorCode.BAD_INPUT, message, line=number)
        groups.append(Synonyms(word.strip(), variants))
    return tuple(groups)


class Lexicon:
    """Groups made ready for look-up: one pattern over all words, the longest first."""

    def __init__(self, groups: Iterable[Synonyms]) -> None:
        self._others: dict[str, set[str]] = {}
        for group in groups:
            words = {normalise(word) for word in (group.word, *group.variants)} - {""}
            for word in words:
                self._others.setdefault(word, set()).update(words - {word})
        longest_first = sorted(self._others, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def expand(self, text: str) -> tuple[str, ...]:
        """Words that mean the same as a word found in `text` and do not stand there themselves; sorted, no repeats."""
        if self._pattern is None:
            return ()
        plain = normalise(text)
        found = set(self._pattern.findall(plain))
        return tuple(sorted({other for word in found for other in self._others[word] if other not in plain}))
