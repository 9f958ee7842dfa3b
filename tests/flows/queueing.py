"""Short ways to wait, to be told, to take what is offered, and to change what is known, for flows of dispatch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from relay_protocol.ids import ConsultationId, presence_stream
from relay_protocol.messages import (
    AcceptOffer,
    AnyEvent,
)
from relay_server.domain.access import AgentActor, TaxpayerActor
from relay_server.domain.consultation import Ticket
from relay_server.services import dispatch
from relay_server.store import events
from tests.flows.office import ZHANG, TestOffice


async def wait(office: TestOffice, who: TaxpayerActor = ZHANG) -> ConsultationId:
    """Let somebody ask for a person."""
    consultation = await office.open(who)
    await office.ask_human(who, consultation)
    await office.react()
    return consultation


async def ticket_of(office: TestOffice, consultation: ConsultationId) -> Ticket:
    found = (await office.state(consultation)).ticket
    assert found is not None
    return found


async def told(office: TestOffice, consultation: ConsultationId, kind: type[AnyEvent]) -> list[Any]:
    return [event for event in await office.log(consultation) if isinstance(event, kind)]


async def take(office: TestOffice, agent: AgentActor, consultation: ConsultationId) -> None:
    offer = (await office.state(consultation)).offer
    assert offer is not None
    request = AcceptOffer(request_id=office.request_id(), consultation=consultation, offer=offer.id)
    await dispatch.accept(office.store, agent, request, office.now)


async def said_of(office: TestOffice, agent: AgentActor) -> Sequence[AnyEvent]:
    found = await office.store.read(events.events_after(presence_stream(agent.id), 0, 1000))
    return [one.frame.event for one in found]


def know(office: TestOffice, **changes: Any) -> None:
    """Let the directory be another one from now on, as after a change of settings."""
    known = office.roles.rulebook.directory
    known.current = replace(known.current, **changes)
