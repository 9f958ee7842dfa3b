"""What the agent's own hand and the link change at once, before any event says so."""

from collections.abc import Callable
from dataclasses import replace

from agent_app.state.assist import Live
from agent_app.state.consultation import Consultation, Pending
from agent_app.state.workbench import Workbench, with_consultation
from agent_app.state.wrap_up import Draft
from relay_protocol.ids import AssistId, ClientId, ConsultationId
from relay_protocol.link import LinkState
from relay_protocol.messages import Body, PresenceState, Quote, Sender, Side, Text


def echo(state: Workbench, id_: ConsultationId, pending: Pending) -> Workbench:
    """Show at once what the agent said; a repeated client id replaces the earlier try in its place."""

    def change(one: Consultation) -> Consultation:
        known = [old.client_id for old in one.pending]
        if pending.client_id in known:
            kept = tuple(pending if old.client_id == pending.client_id else old for old in one.pending)
            return replace(one, pending=kept)
        return replace(one, pending=(*one.pending, pending))

    return with_consultation(state, id_, change)


def _pending(
    state: Workbench, id_: ConsultationId, client_id: ClientId, change: Callable[[Pending], Pending]
) -> Workbench:
    def changed(one: Consultation) -> Consultation:
        if all(old.client_id != client_id for old in one.pending):
            return one
        return replace(one, pending=tuple(change(old) if old.client_id == client_id else old for old in one.pending))

    return with_consultation(state, id_, changed)


def progressed(state: Workbench, id_: ConsultationId, client_id: ClientId, progress: float) -> Workbench:
    """An upload came this far, from 0 to 1."""
    return _pending(state, id_, client_id, lambda old: replace(old, progress=progress))


def uploaded(state: Workbench, id_: ConsultationId, client_id: ClientId, body: Body) -> Workbench:
    """The file is on the relay and has its real attachment now."""
    return _pending(state, id_, client_id, lambda old: replace(old, body=body, progress=1.0))


def failed(state: Workbench, id_: ConsultationId, client_id: ClientId, sentence: str) -> Workbench:
    """It could not be sent; `sentence` is shown at it."""
    return _pending(state, id_, client_id, lambda old: replace(old, error=sentence))


def dropped(state: Workbench, id_: ConsultationId, client_id: ClientId) -> Workbench:
    """The agent gave up on something that could not be sent."""
    return with_consultation(
        state, id_, lambda one: replace(one, pending=tuple(old for old in one.pending if old.client_id != client_id))
    )


def quoted(state: Workbench, id_: ConsultationId, seq: int | None) -> Quote | None:
    """Return the message at `seq` as the relay will quote it; None for what cannot be quoted."""
    one = state.consultations.get(id_)
    row = one.row_at(seq) if one is not None and seq is not None else None
    if row is None or row.private is not None or row.side is Side.SYSTEM:
        return None
    words = row.body.text if isinstance(row.body, Text) else ""
    return Quote(seq=row.seq, sender=Sender(side=row.side, name=row.name, agent=row.agent), excerpt=words[:60])


def selected(state: Workbench, id_: ConsultationId | None) -> Workbench:
    """The agent turned to another consultation."""
    return replace(state, selected=id_ if id_ in state.consultations else None)


def looked(state: Workbench, id_: ConsultationId) -> Workbench:
    """A person has the consultation before their eyes: all of it is read."""
    return with_consultation(
        state, id_, lambda one: one if one.looked >= one.last_seq else replace(one, looked=one.last_seq)
    )


def linked(state: Workbench, link: LinkState, error: str = "") -> Workbench:
    """The link moved. While it is down nobody knows whether taxpayers are there."""
    return replace(state, link=link, link_error=error)


def present(state: Workbench, presence: PresenceState, reason: str) -> Workbench:
    """The relay has confirmed the agent's presence."""
    return replace(state, presence=presence, reason=reason)


def drafted(state: Workbench, id_: ConsultationId, draft: Draft) -> Workbench:
    """The agent wrote on the wrap-up."""
    return replace(state, drafts={**state.drafts, id_: draft})


def live_began(state: Workbench, assist: AssistId) -> Workbench:
    """A helper offers a direct path."""
    return replace(state, live=Live(assist))


def live_changed(state: Workbench, change: Callable[[Live], Live]) -> Workbench:
    """The direct path has news; none when there is no path any more."""
    return state if state.live is None else replace(state, live=change(state.live))


def live_ended(state: Workbench) -> Workbench:
    """The direct path is gone."""
    return replace(state, live=None)


def settled(state: Workbench) -> Workbench:
    """Put something on the screen when nothing is: an offer first, else the agent's first consultation."""
    current = state.current
    if current is not None and (state.is_offered(current) or current in state.work or current in state.asked):
        return state
    choice = next(iter((*state.offers, *state.owned, *state.joined)), None)
    target = choice.id if choice else None
    return state if target == state.selected else replace(state, selected=target)
