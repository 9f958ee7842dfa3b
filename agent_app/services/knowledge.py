"""Looking things up in the knowledge base."""

from agent_app.ports import Desk, Relay
from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import KnowledgeFound, KnowledgeHit, SearchKnowledge

QUERY_LIMIT = 200


async def search(desk: Desk, relay: Relay, query: str, consultation: ConsultationId | None) -> list[KnowledgeHit]:
    """Return the entries found, best first. Raise BanwenError when the relay refuses."""
    request_id = RequestId(desk.new_id())
    answer = await relay.request(
        SearchKnowledge(request_id=request_id, query=query[:QUERY_LIMIT], consultation=consultation)
    )
    return answer.hits if isinstance(answer, KnowledgeFound) else []
