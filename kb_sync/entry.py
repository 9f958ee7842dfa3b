"""Entry 知识条目: one question with its answer, other ways to ask it, and the days on which it is valid."""

import hashlib
from datetime import date
from typing import Annotated, Any, Literal, NewType, TypeVar

import msgspec

from kb_sync.errors import KnowledgeError
from relay_protocol.errors import ErrorCode

Revision = NewType("Revision", str)
"""Names one wording of an entry or dialogue: the first 12 hex digits of the SHA-256 of its canonical JSON."""

Audience = Literal["enterprise", "individual", "both"]
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Body = Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One piece of knowledge. `effective_to` is the last valid day, None while no end is known."""

    id: Id
    question: Line
    answer: Body
    effective_from: date
    effective_to: date | None = None
    similar: tuple[Line, ...] = ()
    keywords: tuple[Line, ...] = ()
    category: tuple[Line, ...] = ()
    module: str = ""
    audience: Audience = "both"
    source: str = ""

    def __post_init__(self) -> None:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")

    @property
    def forms(self) -> tuple[str, ...]:
        """Every written way to ask: the question and the similar ones."""
        return (self.question, *self.similar)

    def in_force(self, today: date) -> bool:
        """Whether the entry may answer on `today`, first and last day included."""
        return self.effective_from <= today and (self.effective_to is None or today <= self.effective_to)

    def serves(self, audience: Audience) -> bool:
        """Whether the entry is written for this kind of taxpayer; `both` matches everybody on either side."""
        return "both" in (self.audience, audience) or self.audience == audience


def canonical(thing: Any) -> bytes:
    """JSON with sorted keys: equal things give equal bytes on every machine.

    Defaults are left out, so that a field added in a later version changes no revision.
    """
    return msgspec.json.encode(thing, order="deterministic")


def revision_of(thing: Any) -> Revision:
    """Revision of an Entry or a Dialogue."""
    return Revision(hashlib.sha256(canonical(thing)).hexdigest()[:12])


T = TypeVar("T")


def parse_lines(jsonl: bytes, kind: type[T]) -> tuple[T, ...]:
    """Read one `kind` (Entry, Dialogue) a line; blank lines are skipped.

    Raises KnowledgeError(BAD_INPUT) with the number of the first unusable line and the reason.
    """
    decoder = msgspec.json.Decoder(kind)
    things = []
    for number, line in enumerate(jsonl.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            things.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise KnowledgeError(
                ErrorCode.BAD_INPUT, f"知识文件第 {number} 行不可用，请修改后重试：{error}", line=number
            ) from error
    return tuple(things)
