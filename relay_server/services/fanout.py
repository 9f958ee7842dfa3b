"""Who hears of what: committed events go to their stream, and people whose links must follow or leave are told."""

from relay_protocol.ids import consultation_of
from relay_protocol.messages import (
    AssistEnded,
    ConsultationOpened,
    Message,
    StreamClosed,
)
from relay_server.bus.base import BOARDS, WORK, Bus, Follow, Nudge, agent_topic, assist_topic, taxpayer_topic
from relay_server.domain.consultation import Consultation
from relay_server.store.base import Committed, Effects

MOVES = (ConsultationOpened, AssistEnded)
"""Events of which a taxpayer's links or a helper's must hear beside the stream."""


def announce(bus: Bus, effects: Effects) -> None:
    """Publish what a script left; call it in commit order."""
    for moved in effects.moved:
        for agent in sorted(moved.joined):
            bus.publish(agent_topic(agent), Follow(moved.consultation))
    for one in effects.committed:
        moves = isinstance(one.frame.event, MOVES)
        if moves:
            _follow(bus, one)
        bus.publish(one.stream, one)
        if moves:
            _leave(bus, one)
    for moved in effects.moved:
        for agent in sorted(moved.left):
            bus.publish(agent_topic(agent), StreamClosed(consultation=moved.consultation))
    if effects.moved or "dispatch" in effects.owed:
        bus.publish(BOARDS, Nudge("board"))
    for kind in effects.owed:
        bus.publish(WORK, Nudge(kind))


def tell_both(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to both sides' links."""
    bus.publish(taxpayer_topic(consultation.taxpayer.id), message)
    tell_agent(bus, consultation, message)


def tell_agent(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to every agent whose workbench shows the consultation."""
    for agent in sorted(consultation.followers):
        bus.publish(agent_topic(agent), message)


def tell_owner(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to the agent who serves it, and to nobody else."""
    if consultation.agent is not None:
        bus.publish(agent_topic(consultation.agent.id), message)


def tell_taxpayer(bus: Bus, consultation: Consultation, message: Message) -> None:
    """Pass something that is not stored to the taxpayer's links."""
    bus.publish(taxpayer_topic(consultation.taxpayer.id), message)


def _follow(bus: Bus, one: Committed) -> None:
    match one.frame.event:
        case ConsultationOpened(taxpayer=taxpayer):
            bus.publish(taxpayer_topic(taxpayer.id), Follow(consultation_of(one.stream)))


def _leave(bus: Bus, one: Committed) -> None:
    match one.frame.event:
        case AssistEnded(assist=assist):
            bus.publish(assist_topic(assist), one.frame.event)
