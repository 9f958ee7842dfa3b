"""HTTP for workbenches: search over all that was said, within one's scope."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from relay_server.gateways import replies
from relay_server.gateways.parts import Parts
from relay_server.gateways.requests import agent_of, guarded, query_of
from relay_server.services import search


def routes(parts: Parts) -> list[Route]:
    """Return the routes."""

    async def found(request: Request) -> Response:
        actor = await agent_of(parts, request)
        wish = query_of(request, search.Wish)
        return replies.json(await search.search(parts.store, parts.messages.index, actor, wish, parts.now()))

    return [Route("/api/search", guarded(parts, found), methods=["GET"])]
