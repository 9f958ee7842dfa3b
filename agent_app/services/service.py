"""Taking and ending the service of a consultation: offers, finish, wrap-up."""

from agent_app.ports import Desk, Drafts, Relay
from agent_app.state import acts
from agent_app.state.wrap_up import Draft, missing, submission
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import AcceptOffer, DeclineOffer, FinishService, Request


async def accept(desk: Desk, relay: Relay, consultation: ConsultationId) -> None:
    """Take what is offered. Somebody else may have been faster; then a sentence says so."""
    one = desk.state.consultations.get(consultation)
    if one is None or one.offer is None:
        desk.tell("这个咨询已分配给其他座席。")
        return
    request = AcceptOffer(request_id=RequestId(desk.new_id()), consultation=consultation, offer=one.offer.id)
    await _ask(desk, relay, request)


async def decline(desk: Desk, relay: Relay, consultation: ConsultationId, reason: str = "") -> None:
    """Give the offer back; the taxpayer keeps the place."""
    one = desk.state.consultations.get(consultation)
    if one is not None and one.offer is not None:
        request_id = RequestId(desk.new_id())
        await _ask(
            desk,
            relay,
            DeclineOffer(request_id=request_id, consultation=consultation, offer=one.offer.id, reason=reason),
        )


async def finish(desk: Desk, relay: Relay, consultation: ConsultationId) -> None:
    """End the conversation; from here the wrap-up is owed."""
    await _ask(desk, relay, FinishService(request_id=RequestId(desk.new_id()), consultation=consultation))


def write_draft(desk: Desk, drafts: Drafts, consultation: ConsultationId, draft: Draft) -> None:
    """Keep what has been written so far."""
    if desk.state.drafts.get(consultation) != draft:
        desk.move(acts.drafted(desk.state, consultation, draft))
        drafts.save(consultation, draft)


async def submit(desk: Desk, relay: Relay, drafts: Drafts, consultation: ConsultationId, draft: Draft) -> str:
    """Submit the wrap-up. Return what went wrong, for the form; empty when the consultation is closed."""
    write_draft(desk, drafts, consultation, draft)
    if owed := missing(draft):
        return owed[0].sentence
    try:
        await relay.request(submission(draft, consultation, RequestId(desk.new_id())))
    except BanwenError as error:
        return error.message
    drafts.forget(consultation)
    return ""


async def _ask(desk: Desk, relay: Relay, request: Request) -> None:
    try:
        await relay.request(request)
    except BanwenError as error:
        desk.tell(error.message)
