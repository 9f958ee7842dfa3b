"""The HTTP interface described as OpenAPI 3.1, made from the types the endpoints use.

`python -m relay_server.gateways.openapi` writes docs/openapi.json, `--check` compares it.
"""

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from relay_protocol.errors import ErrorCode
from relay_protocol.messages import Attachment
from relay_server.gateways.desk import Key
from relay_server.gateways.http import LoginWish, RedeemWish, SessionWish
from relay_server.gateways.records import After, Cursor
from relay_server.gateways.replies import STATUS
from relay_server.services import bulk, canned, colleagues, records, search
from relay_server.services.accounts import AgentSession
from relay_server.services.assist import Redeemed
from relay_server.services.taxpayers import TaxpayerSession

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
REFERENCE = "#/components/schemas/{name}"


class Refusal(msgspec.Struct, frozen=True):
    """Why something was refused: `code` for programs, `message` (Chinese, with the way out) for people."""

    code: ErrorCode
    message: str


class Nothing(msgspec.Struct, frozen=True):
    """An empty object: it is done."""


class Coded(msgspec.Struct, frozen=True):
    """A code and what people call it."""

    code: str
    name: str


@dataclass(frozen=True)
class Described:
    """One endpoint. `bearer` says whose token it takes: `taxpayer`, `agent`, `both`, `reader` (agents, programs)."""

    method: str
    path: str
    summary: str
    reply: Any = Nothing
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    bearer: str = ""
    media: str = "application/json"
    raw: bool = False
    headers: tuple[str, ...] = ()


READ: dict[str, Any] = {"bearer": "reader", "headers": ("X-Reason",)}
ENDPOINTS = (
    Described(
        "POST", "/api/taxpayer/session", "Open or continue a taxpayer's session", TaxpayerSession, body=SessionWish
    ),
    Described("POST", "/api/taxpayer/logout", "Forget this browser", bearer="taxpayer"),
    Described("POST", "/api/agent/login", "Log an agent in", AgentSession, body=LoginWish),
    Described("POST", "/api/agent/logout", "Log an agent out", bearer="agent"),
    Described(
        "POST", "/api/helper/redeem", "Exchange an assistance code for a helper's token", Redeemed, body=RedeemWish
    ),
    Described(
        "POST",
        "/api/uploads",
        "Upload a file for a consultation",
        Attachment,
        bearer="both",
        raw=True,
        headers=("X-Consultation", "X-File-Name"),
    ),
    Described("GET", "/api/files/{id}", "Download a file", bytes, bearer="both", media="application/octet-stream"),
    Described("GET", "/api/catalogue", "What a wrap-up may say", dict[str, Any], bearer="agent"),
    Described("GET", "/api/consultations", "List consultations within one's scope", records.Page, records.Wish, **READ),
    Described("GET", "/api/consultations/{id}/timeline", "All that happened in one", records.Story, After, **READ),
    Described("GET", "/api/contacts/{taxpayer}/timeline", "All of one person", records.Contact, Cursor, **READ),
    Described("GET", "/api/search", "Search what was said", search.Page, search.Wish, **READ),
    Described("GET", "/api/directory", "Offices, queues, colleagues", colleagues.Seen, colleagues.Wish, bearer="agent"),
    Described("GET", "/api/canned", "Canned replies one may use", list[canned.Listed], bearer="agent"),
    Described("PUT", "/api/canned", "Keep a canned reply", Key, body=canned.Reply, bearer="agent"),
    Described("DELETE", "/api/canned", "Remove a canned reply", query=Key, bearer="agent"),
    Described("POST", "/api/jobs", "Begin a bulk action", bulk.Report, body=bulk.Wish, bearer="agent"),
    Described("GET", "/api/jobs/{id}", "How far a bulk action is", bulk.Report, bearer="agent"),
    Described("POST", "/api/jobs/{id}/undo", "Undo a bulk action", bulk.Report, bearer="agent"),
    Described("GET", "/api/openapi.json", "This document", dict[str, Any]),
    Described("GET", "/healthz", "The process answers", dict[str, Any]),
    Described("GET", "/readyz", "It can serve", dict[str, Any]),
    Described("GET", "/metrics", "Figures for Prometheus", str, media="text/plain"),
)


def document() -> dict[str, Any]:
    """Return the whole document."""
    types = [one.reply for one in ENDPOINTS if one.media == "application/json"]
    types += [one.body for one in ENDPOINTS if one.body] + [one.query for one in ENDPOINTS if one.query]
    wanted = list(dict.fromkeys([*types, Refusal]))
    schemas, components = msgspec.json.schema_components(wanted, ref_template=REFERENCE)
    by_type = dict(zip(wanted, schemas, strict=True))
    paths: dict[str, Any] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Banwen 办问协同", "version": version("banwen"), "license": {"name": "GPL-3.0-or-later"}},
        "paths": paths,
        "components": {
            "schemas": _finite(components),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Described, by_type: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    schema = by_type.get(one.reply, {"type": "string"})
    found: dict[str, Any] = {
        "summary": one.summary,
        "operationId": one.method.lower() + one.path.replace("/", "_").replace("{", "").replace("}", ""),
        "parameters": [*_in_path(one.path), *_in_headers(one.headers), *_in_query(one.query, components)],
        "responses": {"200": {"description": "Done", "content": {one.media: {"schema": schema}}}, **_refusals(by_type)},
    }
    if one.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": by_type[one.body]}}}
    if one.raw:
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    if one.bearer:
        found["security"] = [{"bearer": []}]
    return found


def _refusals(by_type: dict[Any, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": by_type[Refusal]}}
    return {str(status): {"description": "Refused", "content": content} for status in sorted(set(STATUS.values()))}


def _in_path(path: str) -> Iterable[dict[str, Any]]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}


def _in_headers(names: Iterable[str]) -> Iterable[dict[str, Any]]:
    for name in names:
        yield {"name": name, "in": "header", "required": name == "X-Consultation", "schema": {"type": "string"}}


def _in_query(kind: type[msgspec.Struct] | None, components: dict[str, Any]) -> Iterable[dict[str, Any]]:
    if kind is None:
        return
    schemas, _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    name = schemas[0]["$ref"].rpartition("/")[2]
    known = components.get(name) or next(
        one for key, one in components.items() if key.endswith(f"{kind.__module__}.{name}")
    )
    for field, schema in known["properties"].items():
        yield {"name": field, "in": "query", "required": field in known.get("required", []), "schema": _finite(schema)}


def _finite(value: Any) -> Any:
    """Return a schema without defaults that JSON cannot say."""
    if isinstance(value, dict):
        return {
            key: _finite(one)
            for key, one in value.items()
            if not (key == "default" and isinstance(one, float) and not math.isfinite(one))
        }
    return [_finite(one) for one in value] if isinstance(value, list) else value


def written() -> str:
    """Return the document as it is kept."""
    return msgspec.json.format(msgspec.json.encode(document()), indent=1).decode() + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        fresh = FILE.exists() and FILE.read_text(encoding="utf-8") == written()
        sys.exit(0 if fresh else "docs/openapi.json is stale: python -m relay_server.gateways.openapi")
    FILE.write_text(written(), encoding="utf-8")
