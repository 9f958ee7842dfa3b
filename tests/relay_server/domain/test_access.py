"""The one policy: a table of who may do what in which state, and everything else denied."""

from itertools import product

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ConsultationId, TaxpayerId
from relay_protocol.messages import Assurance, Redacted, TaxpayerCard, WrappedUp
from relay_server.domain.access import (
    Action,
    Actor,
    AgentActor,
    HelperActor,
    TaxpayerActor,
    may,
    require,
    visible,
)
from tests.relay_server.domain.stories import ID, LI, TAXPAYER, WANG, told

SERVICE = ("ask_human", "offer", "accept")
STATES = {
    "bot": told(),
    "queued": told("ask_human"),
    "offered": told("ask_human", "offer"),
    "active": told(*SERVICE),
    "assisted": told(*SERVICE, "ask_assist", "join"),
    "wrap_up": told(*SERVICE, "finish"),
    "closed": told(*SERVICE, "finish", "wrap_up"),
    "returned": told("ask_human", "offer", "decline"),
}
ACTORS: dict[str, Actor] = {
    "owner": TaxpayerActor(TAXPAYER, "app"),
    "stranger": TaxpayerActor(TaxpayerCard(id=TaxpayerId("t2"), name="", assurance=Assurance.ANONYMOUS), "app"),
    "agent": AgentActor(WANG),
    "colleague": AgentActor(LI),
    "helper": HelperActor(AssistId("s1"), ID),
    "other helper": HelperActor(AssistId("s2"), ID),
}
OWNER_MAY = {Action.READ, Action.POST, Action.STEER, Action.SIGNAL}
AGENT_MAY = {
    "offered": {Action.READ, Action.ANSWER_OFFER},
    "active": {Action.READ, Action.POST, Action.SERVE, Action.SIGNAL},
    "assisted": {Action.READ, Action.POST, Action.SERVE, Action.SIGNAL},
    "wrap_up": {Action.READ, Action.SERVE},
    "closed": {Action.READ, Action.SERVE},
}


def allowed(actor: str, state: str) -> set[Action]:
    if actor == "owner":
        return OWNER_MAY
    if actor == "agent":
        return AGENT_MAY.get(state, set())
    if actor == "helper" and state == "assisted":
        return {Action.SIGNAL}
    return set()


@pytest.mark.req("N3")
@pytest.mark.parametrize(("actor", "state"), list(product(ACTORS, STATES)))
def test_the_policy_is_this_table(actor: str, state: str) -> None:
    granted = {action for action in Action if may(ACTORS[actor], action, STATES[state].state)}
    assert granted == allowed(actor, state)


def test_what_is_not_yours_looks_like_what_is_not_there() -> None:
    refusals = []
    for consultation in (STATES["active"].state, None):
        with pytest.raises(BanwenError) as caught:
            require(ACTORS["stranger"], Action.READ, consultation)
        refusals.append((caught.value.code, caught.value.message, caught.value.detail))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] is ErrorCode.NOT_FOUND


def test_only_agents_read_wrap_ups() -> None:
    written = next(frame.event for frame in STATES["closed"].frames if isinstance(frame.event, WrappedUp))
    assert isinstance(visible(ACTORS["owner"], written), Redacted)
    assert visible(ACTORS["agent"], written) is written
    for frame in STATES["closed"].frames:
        if not isinstance(frame.event, WrappedUp):
            assert visible(ACTORS["owner"], frame.event) is frame.event


def test_another_helper_of_the_same_consultation_is_nobody() -> None:
    assert not may(HelperActor(AssistId("s1"), ConsultationId("C9")), Action.READ, STATES["assisted"].state)
