"""Who can be reached: links of this process, signs of others, silence, and what a link that went leaves behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay_protocol.ids import AgentId
from relay_protocol.messages import PresenceChanged, PresenceState
from relay_server.services import presence
from relay_server.services.presence import Reach
from relay_server.store import signs
from tests.flows.office import WANG, ZHAO, NoKnowledge, TestOffice
from tests.flows.queueing import said_of

A = AgentId("A1")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, NoKnowledge())
    yield office
    await office.close()


@pytest.mark.req("A28")
def test_whoever_is_silent_for_half_a_minute_cannot_be_reached() -> None:
    reach = Reach(100.0)
    assert not reach.reachable(A, 101.0)
    left = reach.joined(A, 101.0)
    assert reach.reachable(A, 131.0)
    assert not reach.reachable(A, 131.1)
    reach.heard(A, 140.0)
    assert reach.reachable(A, 150.0)
    left()
    assert (reach.online(A), reach.silence(A, 150.0)) == (False, 10.0)


def test_the_second_window_keeps_an_agent_online() -> None:
    reach = Reach(0.0)
    first, second = reach.joined(A, 1.0), reach.joined(A, 2.0)
    first()
    assert reach.online(A)
    second()
    assert not reach.online(A)


def test_a_sign_of_another_process_counts_but_an_old_one_of_our_own_does_not() -> None:
    reach = Reach(0.0)
    left = reach.joined(A, 10.0)
    assert reach.linked(12.0) == [A]
    left()
    reach.heard_elsewhere({A: 12.0})
    assert not reach.online(A), "that was what we told ourselves"
    reach.heard_elsewhere({A: 15.0})
    assert reach.reachable(A, 16.0)
    assert reach.silence(A, 16.0) == 1.0
    reach.heard_elsewhere({})
    assert not reach.online(A)


async def test_an_edge_tells_whose_links_it_holds_and_who_is_gone(office: TestOffice) -> None:
    left = office.reach.joined(WANG.id, office.now)
    office.reach.joined(ZHAO.id, office.now)
    told = await presence.tell_signs(office.store, office.reach, "edge", set(), office.now)
    assert await office.store.read(signs.read_signs()) == {WANG.id: office.now, ZHAO.id: office.now}
    left()
    told = await presence.tell_signs(office.store, office.reach, "edge", told, office.now + 1)
    assert told == {ZHAO.id}
    assert await office.store.read(signs.read_signs()) == {ZHAO.id: office.now + 1}


@pytest.mark.req("A28")
async def test_every_change_is_an_event_and_the_same_word_twice_is_none(office: TestOffice) -> None:
    await office.employ(WANG)
    for reason in ("用餐", "用餐", "开会"):
        await presence.set_presence(office.store, WANG, PresenceState.BREAK, reason, office.now)
    await presence.set_presence(office.store, WANG, PresenceState.READY, "", office.now, by=ZHAO.card)
    changes = [one for one in await said_of(office, WANG) if isinstance(one, PresenceChanged)]
    assert [(one.state, one.reason, one.cause, one.by) for one in changes] == [
        ("ready", "", "agent", ""),
        ("break", "用餐", "agent", ""),
        ("break", "开会", "agent", ""),
        ("ready", "", "supervisor", "8005"),
    ]
