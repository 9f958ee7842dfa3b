"""The one policy: a table of who may do what in which state and where, and everything else denied."""

from itertools import product

import msgspec
import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, AssistId, ConsultationId, TaxpayerId
from relay_protocol.messages import AgentCard, Assurance, Office, Redacted, TaxpayerCard
from relay_server.domain.access import (
    FOR_AGENTS,
    Action,
    Actor,
    AgentActor,
    Held,
    HelperActor,
    TaxpayerActor,
    Within,
    may,
    may_ever,
    require,
    require_ever,
    require_office,
    visible,
    within,
)
from relay_server.domain.consultation import Consultation
from relay_server.domain.records import Role
from tests.relay_server.domain.stories import ID, LI, OFFICE, TAXPAYER, WANG, ZHAO, told

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
HERE, ELSEWHERE = frozenset({"360100", OFFICE.code}), frozenset({"360700", "360702"})
NANCHANG = Office(code="360100", name="南昌市税务局", level="city")


def somebody(*roles: Role, offices: frozenset[str] = HERE, everywhere: bool = False, reason: str = "") -> AgentActor:
    card = AgentCard(id=AgentId("x9"), number="9", name="某", office=NANCHANG)
    return AgentActor(card, tuple(Held(role, offices, everywhere) for role in roles), reason)


ACTORS: dict[str, Actor] = {
    "owner": TaxpayerActor(TAXPAYER, "app"),
    "stranger": TaxpayerActor(TaxpayerCard(id=TaxpayerId("t2"), name="", assurance=Assurance.ANONYMOUS), "app"),
    "agent": AgentActor(WANG),
    "colleague": AgentActor(LI),
    "agent here": somebody(Role.AGENT),
    "lead here": somebody(Role.LEAD),
    "lead elsewhere": somebody(Role.LEAD, offices=ELSEWHERE),
    "admin here": somebody(Role.ADMIN),
    "admin elsewhere": somebody(Role.ADMIN, offices=ELSEWHERE),
    "manager": somebody(Role.MANAGER, everywhere=True),
    "inspector": somebody(Role.INSPECTOR, everywhere=True),
    "auditor": somebody(Role.AUDITOR, everywhere=True),
    "auditor with a reason": somebody(Role.AUDITOR, everywhere=True, reason="投诉核查"),
    "auditor elsewhere with a reason": somebody(Role.AUDITOR, offices=ELSEWHERE, reason="投诉核查"),
    "system admin": somebody(Role.SYSTEM_ADMIN, everywhere=True),
    "security admin": somebody(Role.SECURITY_ADMIN, everywhere=True),
    "nobody": somebody(),
    "helper": HelperActor(AssistId("s1"), ID),
    "other helper": HelperActor(AssistId("s2"), ID),
}
OWNER_MAY = {Action.READ, Action.POST, Action.STEER, Action.SIGNAL}
SEES = {Action.LIST, Action.READ, Action.SEARCH}
PART = SEES | {Action.NOTE}
SERVES = PART | {Action.SERVE, Action.TRANSFER, Action.BLOCK}
TALKS = SERVES | {Action.POST, Action.WHISPER, Action.SIGNAL}
AGENT_MAY = {
    "offered": PART | {Action.ANSWER_OFFER},
    "active": TALKS,
    "assisted": TALKS,
    "wrap_up": SERVES,
    "closed": SERVES,
}
LEAD_MAY = PART | {
    Action.TRANSFER,
    Action.WHISPER,
    Action.WATCH,
    Action.TAKE_OVER,
    Action.REASSIGN,
    Action.BLOCK,
    Action.SUPERVISE,
    Action.MANAGE_REPLIES,
}
ADMIN_MAY = LEAD_MAY | {
    Action.MANAGE_OFFICES,
    Action.MANAGE_QUEUES,
    Action.MANAGE_AGENTS,
    Action.MANAGE_LICENCES,
}
WAITS = ("queued", "offered", "returned")
OF_OFFICES = {action for action in Action if action.startswith("manage_")} | {Action.SUPERVISE, Action.READ_AUDIT}


def allowed(actor: str, state: str) -> set[Action]:
    pulls = {Action.TAKE_UP} if state in WAITS else set()
    match actor:
        case "owner":
            return OWNER_MAY
        case "agent":
            return AGENT_MAY.get(state, set()) | (pulls if state == "offered" else set())
        case "agent here":
            return {Action.LIST, Action.TAKE_UP} if state in WAITS else set()
        case "lead here":
            return LEAD_MAY | pulls
        case "admin here":
            return ADMIN_MAY | pulls
        case "manager":
            return ADMIN_MAY | pulls | {Action.EXPORT}
        case "auditor with a reason":
            return {*SEES, Action.EXPORT, Action.READ_AUDIT}
        case "auditor":
            return {Action.READ_AUDIT}
        case "system admin":
            return {Action.MANAGE_AGENTS, Action.MANAGE_PLATFORM}
        case "security admin":
            return {Action.MANAGE_GRANTS}
        case "helper" if state == "assisted":
            return {Action.SIGNAL}
    return set()


@pytest.mark.req("N3", "S1")
@pytest.mark.parametrize(("actor", "state"), list(product(ACTORS, STATES)))
def test_the_policy_is_this_table(actor: str, state: str) -> None:
    of_consultations = set(Action) - OF_OFFICES
    granted = {action for action in of_consultations if may(ACTORS[actor], action, STATES[state].state)}
    assert granted == allowed(actor, state) & of_consultations


@pytest.mark.req("S1")
@pytest.mark.parametrize("actor", [name for name, one in ACTORS.items() if isinstance(one, AgentActor)])
def test_what_is_managed_is_managed_within_the_tree(actor: str) -> None:
    someone = ACTORS[actor]
    assert isinstance(someone, AgentActor)
    granted = {action for action in OF_OFFICES if may(someone, action, OFFICE.code)}
    assert granted == allowed(actor, "bot") & OF_OFFICES
    for action in OF_OFFICES - granted:
        with pytest.raises(BanwenError) as caught:
            require_office(someone, action, OFFICE.code)
        assert caught.value.code is ErrorCode.FORBIDDEN


def test_an_office_is_no_place_for_taxpayers_and_helpers() -> None:
    for name in ("owner", "helper"):
        assert not [action for action in Action if may(ACTORS[name], action, OFFICE.code)]


def test_what_is_not_yours_looks_like_what_is_not_there() -> None:
    refusals = []
    for consultation in (STATES["active"].state, None):
        with pytest.raises(BanwenError) as caught:
            require(ACTORS["stranger"], Action.READ, consultation)
        refusals.append((caught.value.code, caught.value.message, caught.value.detail))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] is ErrorCode.NOT_FOUND


def test_a_lead_sees_what_their_agent_serves_wherever_it_came_from() -> None:
    far = msgspec.structs.replace(STATES["active"].state, ticket=None, taxpayer=_elsewhere())
    assert may(ACTORS["lead here"], Action.WATCH, far)
    assert may(ACTORS["lead elsewhere"], Action.READ, far)
    assert not may(somebody(Role.LEAD, offices=frozenset({"361000"})), Action.READ, far)


def test_what_belongs_to_no_office_is_seen_by_who_holds_a_role_everywhere() -> None:
    nowhere = msgspec.structs.replace(STATES["bot"].state, taxpayer=msgspec.structs.replace(TAXPAYER, office=None))
    assert may(ACTORS["manager"], Action.READ, nowhere)
    assert not may(ACTORS["lead here"], Action.READ, nowhere)


def test_whoever_serves_a_contact_may_read_what_was_before() -> None:
    earlier: Consultation = STATES["closed"].state
    plain = AgentActor(LI)
    assert not may(plain, Action.READ, earlier)
    serving = AgentActor(LI, contacts=frozenset({TAXPAYER.id}))
    assert may(serving, Action.READ, earlier)
    assert not may(serving, Action.SERVE, earlier)


@pytest.mark.parametrize(
    ("names", "asked", "speaks"),
    [(("invite",), ZHAO, False), (("invite", "join_in"), ZHAO, True), (("transfer",), LI, False)],
)
def test_who_is_asked_may_read_and_who_joined_may_speak(names: tuple[str, ...], asked: AgentCard, speaks: bool) -> None:
    now = told(*SERVICE, *names).state
    assert may(AgentActor(asked), Action.READ, now)
    assert may(AgentActor(asked), Action.POST, now) == speaks
    assert not may(AgentActor(asked), Action.SERVE, now)


def test_a_list_asks_for_what_the_roles_cover() -> None:
    lead, plain = ACTORS["lead here"], ACTORS["agent here"]
    assert isinstance(lead, AgentActor)
    assert isinstance(plain, AgentActor)
    assert within(lead, Action.READ) == Within(HERE)
    assert within(plain, Action.READ) == Within()
    assert within(somebody(Role.AUDITOR, everywhere=True), Action.READ) == Within()
    assert within(somebody(Role.AUDITOR, everywhere=True, reason="核查"), Action.READ).everything


def test_administrators_and_auditors_are_offered_nothing() -> None:
    for role in Role:
        assert may_ever(somebody(role), Action.ANSWER_OFFER) == (role in (Role.AGENT, Role.LEAD))
    with pytest.raises(BanwenError, match="角色"):
        require_ever(somebody(Role.AUDITOR), Action.ANSWER_OFFER)


def test_only_agents_read_what_they_write_among_themselves() -> None:
    told_all = told(*SERVICE, "invite", "join_in", "whisper", "watch", "finish", "wrap_up")
    hidden = {
        type(frame.event) for frame in told_all.frames if isinstance(visible(ACTORS["owner"], frame.event), Redacted)
    }
    assert hidden == {type(frame.event) for frame in told_all.frames} & set(FOR_AGENTS)
    assert len(hidden) >= 4
    for frame in told_all.frames:
        assert visible(ACTORS["agent"], frame.event) is frame.event


def test_another_helper_of_the_same_consultation_is_nobody() -> None:
    assert not may(HelperActor(AssistId("s1"), ConsultationId("C9")), Action.READ, STATES["assisted"].state)


def _elsewhere() -> TaxpayerCard:
    return msgspec.structs.replace(TAXPAYER, office=Office(code="360702", name="章贡区税务局"))
