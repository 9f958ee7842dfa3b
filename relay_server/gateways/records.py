"""HTTP for workbenches: consultations within one's scope, their stories, a contact's, and the directory."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_server.gateways import replies
from relay_server.gateways.parts import Parts
from relay_server.gateways.requests import Endpoint, agent_of, guarded, query_of
from relay_server.services import colleagues, records


class After(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page of a story begins: behind this sequence number."""

    after: int = 0


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`next` of the page before."""

    cursor: str = ""


def routes(parts: Parts) -> list[Route]:
    """Return the routes."""

    async def listed(request: Request) -> Response:
        actor = await agent_of(parts, request)
        wish = query_of(request, records.Wish)
        below = parts.directory.current.subtrees
        return replies.json(await records.listed(parts.store, actor, wish, below, parts.now()))

    async def story(request: Request) -> Response:
        actor = await agent_of(parts, request)
        consultation, after = ConsultationId(request.path_params["id"]), query_of(request, After).after
        return replies.json(await records.story(parts.store, actor, consultation, after, parts.codes, parts.now()))

    async def contact(request: Request) -> Response:
        actor = await agent_of(parts, request)
        taxpayer, cursor = TaxpayerId(request.path_params["taxpayer"]), query_of(request, Cursor).cursor
        return replies.json(await records.contact(parts.store, actor, taxpayer, cursor, parts.codes, parts.now()))

    async def directory(request: Request) -> Response:
        actor = await agent_of(parts, request)
        wish = query_of(request, colleagues.Wish)
        return replies.json(await colleagues.seen(parts.store, parts.directory.current, actor, wish, parts.now()))

    endpoints: list[tuple[str, Endpoint]] = [
        ("/api/consultations", listed),
        ("/api/consultations/{id}/timeline", story),
        ("/api/contacts/{taxpayer}/timeline", contact),
        ("/api/directory", directory),
    ]
    return [Route(path, guarded(parts, endpoint), methods=["GET"]) for path, endpoint in endpoints]
