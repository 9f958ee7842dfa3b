"""Writes docs/protocol.md from the types, so that the document cannot say anything else than the programs do.

`python -m relay_protocol.document` writes it, `--check` fails when it is out of date.
"""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import msgspec

from relay_protocol import messages, version
from relay_protocol.messages import assist, bodies, channel, chat, closing, facts, knowledge, link, queueing, streams

TARGET = Path("docs/protocol.md")
FAMILIES: tuple[ModuleType, ...] = (link, streams, chat, bodies, queueing, closing, assist, channel, knowledge, facts)
UNIONS = {
    "taxpayer": messages.TaxpayerFrame,
    "agent": messages.AgentFrame,
    "helper": messages.HelperFrame,
    "relay": messages.RelayFrame,
}


def main() -> int:
    """Write the document, or compare it."""
    text = render()
    if "--check" in sys.argv[1:]:
        if TARGET.exists() and TARGET.read_text("utf-8") == text:
            return 0
        sys.stderr.write(f"{TARGET} is out of date: run python -m relay_protocol.document\n")
        return 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    return 0


def render() -> str:
    """Return the whole document as Markdown."""
    parts = [_preface(), _speakers(), *(_family(module) for module in FAMILIES)]
    return "\n".join(parts)


def _preface() -> str:
    return (
        "# The protocol\n\n"
        "Generated from `relay_protocol/messages` by `python -m relay_protocol.document`; do not edit.\n\n"
        f"Versions {version.OLDEST} to {version.NEWEST}. One JSON object per WebSocket text frame; `type` names the "
        "message. Unknown types are skipped and counted, unknown fields are ignored. Times are Unix seconds.\n"
    )


def _speakers() -> str:
    rows = [f"| {name} | {', '.join(sorted(_names(union)))} |" for name, union in UNIONS.items()]
    return "\n".join(["## Who may say what", "", "| speaker | messages |", "|---|---|", *rows, ""])


def _names(union: Any) -> list[str]:
    return [member.__name__ for member in get_args(union)]


def _family(module: ModuleType) -> str:
    heading = (module.__doc__ or "").strip().splitlines()[0]
    kinds = [kind for kind in vars(module).values() if _is_own_struct(kind, module)]
    return "\n".join([f"## {heading}", "", *(_struct(kind) for kind in kinds)])


def _is_own_struct(kind: object, module: ModuleType) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__


def _struct(kind: type[msgspec.Struct]) -> str:
    lines = [f"### {kind.__name__}", "", (kind.__doc__ or "").strip().replace("\n    ", "\n"), ""]
    fields = msgspec.structs.fields(kind)
    if fields:
        lines += ["| field | type | default |", "|---|---|---|", *(_field(field) for field in fields), ""]
    return "\n".join(lines)


def _field(field: msgspec.structs.FieldInfo) -> str:
    return f"| `{field.encode_name}` | {_type_name(field.type)} | {_default(field)} |"


def _type_name(kind: Any) -> str:
    arguments = get_args(kind)
    if not arguments:
        return "null" if kind is type(None) else str(getattr(kind, "__name__", kind))
    inner = [_type_name(argument) for argument in arguments]
    origin = getattr(kind, "__origin__", None)
    if origin is None:
        return " or ".join(inner) if len(inner) <= 4 else "one of the events or bodies below"
    return f"{origin.__name__} of {', '.join(inner)}"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return "`{}`" if field.default_factory is dict else "`[]`"
    if field.default is msgspec.NODEFAULT:
        return "required"
    return f"`{msgspec.json.encode(field.default).decode()}`"


if __name__ == "__main__":
    raise SystemExit(main())
