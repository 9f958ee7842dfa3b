"""Who hears of what: committed events go to their stream, and people whose links must follow or leave are told."""

from relay_protocol.ids import ConsultationId, consultation_of
from relay_protocol.messages import (
    AssistEnded,
    ConsultationOpened,
    Message,
    Offered,
    OfferReturned,
    StreamClosed,
    WrappedUp,
)
from relay_server.bus.base import WORK, Bus, Follow, Nudge, agent_topic, assist_topic, taxpayer_topic
from relay_server.domain.consultation import Consultation
from relay_server.store.base import Committed, Effects

MOVES = (ConsultationOpened, Offered, OfferReturned, WrappedUp, AssistEnded)
"""Events after which somebody's links follow a stream or leave it."""


def announce(bus: Bus, effects: Effects) -> None:
    """Publish what a script left; call it in commit order."""
    for one in effects.committed:
        moves = isinstance(one.frame.event, MOVES)
        if moves:
            _follow(bus, one)
        bus.publish(one.stream, one)
        if moves:
            _leave(bus, one)
    for kind in effects.owed:
        bus.publish(WORK, Nudge(kind))


def tell_both(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to both sides' links."""
    bus.publish(taxpayer_topic(consultation.taxpayer.id), message)
    tell_agent(bus, consultation, message)


def tell_agent(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to the agent who serves or is offered the consultation."""
    agent = consultation.serving
    if agent is not None:
        bus.publish(agent_topic(agent), message)


def tell_taxpayer(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to the taxpayer's links."""
    bus.publish(taxpayer_topic(consultation.taxpayer.id), message)


def _follow(bus: Bus, one: Committed) -> None:
    consultation = consultation_of(one.stream)
    match one.frame.event:
        case ConsultationOpened(taxpayer=taxpayer):
            bus.publish(taxpayer_topic(taxpayer.id), Follow(consultation))
        case Offered(agent=agent):
            bus.publish(agent_topic(agent.id), Follow(consultation))


def _leave(bus: Bus, one: Committed) -> None:
    consultation: ConsultationId = consultation_of(one.stream)
    match one.frame.event:
        case OfferReturned(agent=agent) | WrappedUp(agent=agent):
            bus.publish(agent_topic(agent.id), StreamClosed(consultation=consultation))
        case AssistEnded(assist=assist):
            bus.publish(assist_topic(assist), one.frame.event)
