"""HTTP for workbenches: canned replies, and bulk actions as jobs that can be undone."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay_server.gateways import replies
from relay_server.gateways.parts import Parts
from relay_server.gateways.requests import Endpoint, agent_of, body_of, guarded, query_of
from relay_server.services import bulk, canned


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which canned reply."""

    key: str


def routes(parts: Parts) -> list[Route]:
    """Return the routes."""

    async def list_canned(request: Request) -> Response:
        actor = await agent_of(parts, request)
        return replies.json(await canned.listed(parts.store, parts.directory.current, actor))

    async def put_canned(request: Request) -> Response:
        actor, reply = await agent_of(parts, request), await body_of(request, canned.Reply)
        key = await canned.put(parts.store, parts.directory.current, actor, reply, parts.now())
        return replies.json({"key": key})

    async def delete_canned(request: Request) -> Response:
        actor = await agent_of(parts, request)
        await canned.remove(parts.store, actor, query_of(request, Key).key, parts.now())
        return replies.json({})

    async def begin_job(request: Request) -> Response:
        actor, wish = await agent_of(parts, request), await body_of(request, bulk.Wish)
        return replies.json(await bulk.begin(parts.store, actor, wish, parts.new_id, parts.now()))

    async def find_job(request: Request) -> Response:
        actor = await agent_of(parts, request)
        return replies.json(await bulk.find(parts.store, actor, request.path_params["id"]))

    async def undo_job(request: Request) -> Response:
        actor = await agent_of(parts, request)
        return replies.json(await bulk.undo(parts.store, actor, request.path_params["id"], parts.now()))

    endpoints: list[tuple[str, str, Endpoint]] = [
        ("GET", "/api/canned", list_canned),
        ("PUT", "/api/canned", put_canned),
        ("DELETE", "/api/canned", delete_canned),
        ("POST", "/api/jobs", begin_job),
        ("GET", "/api/jobs/{id}", find_job),
        ("POST", "/api/jobs/{id}/undo", undo_job),
    ]
    return [Route(path, guarded(parts, endpoint), methods=[method]) for method, path, endpoint in endpoints]
