"""All stories of a consultation: one owner at any time, and a state that is nothing but the sum of its events.

States that differ in numbers and times only are one; every wish is tried in every state that can be reached, so these
are not the short stories but all of them.
"""

from collections.abc import Iterator
from functools import reduce
from typing import get_args

import msgspec
import pytest

from relay_protocol import codec
from relay_protocol.messages import AnyEvent, EventFrame, Redacted
from relay_server.domain.consultation import OPEN, SERVED, WAITING, Consultation, State, apply
from tests.relay_server.domain.stories import LI, WANG, WISHES, Story, begin, framed, told

SERVICE = ("ask_human", "offer", "accept")


def stories() -> Iterator[Story]:
    """Yield a story for every wish granted in every state that can be reached."""
    known: set[bytes] = set()
    edge = [begin()]
    while edge:
        after = [later for story in edge for name in WISHES if (later := story.wish(name))]
        yield from after
        edge = [story for story in after if _new(story, known)]


def _new(story: Story, known: set[bytes]) -> bool:
    zero = msgspec.structs.replace(story.state, last_seq=0, changed_at=0.0, opened_at=0.0, returned={})
    if zero.ticket is not None:
        zero = msgspec.structs.replace(zero, ticket=msgspec.structs.replace(zero.ticket, entered_at=0.0))
    shape = msgspec.json.encode(msgspec.structs.replace(zero, service_began_at=0.0))
    fresh = shape not in known
    known.add(shape)
    return fresh


@pytest.fixture(scope="module")
def all_stories() -> list[Story]:
    return list(stories())


def test_every_state_is_reached(all_stories: list[Story]) -> None:
    assert {story.state.state for story in all_stories} == set(State)
    assert len(all_stories) > 400


def test_there_is_always_exactly_one_owner_until_it_is_closed(all_stories: list[Story]) -> None:
    for story in all_stories:
        now = story.state
        if now.state is State.BOT:
            assert now.owner == "bot"
            assert now.ticket is None
        elif now.state in WAITING:
            assert now.owner == "queue"
            assert now.ticket is not None, "whoever waits holds a number"
        elif now.state in (State.ACTIVE, State.WRAP_UP):
            assert now.owner == WANG.id
        else:
            assert now.owner is None


def test_an_offer_exists_exactly_while_it_is_offered(all_stories: list[Story]) -> None:
    for story in all_stories:
        assert (story.state.offer is not None) == (story.state.state is State.OFFERED)
        assert (story.state.serving is not None) == (story.state.state in SERVED)


def test_an_assistance_runs_only_while_an_agent_serves(all_stories: list[Story]) -> None:
    for story in all_stories:
        if story.state.assist is not None:
            assert story.state.state is State.ACTIVE


def test_old_state_and_event_give_the_state_fetched_afresh(all_stories: list[Story]) -> None:
    """The projection is stored as JSON after every event; replaying the log from its bytes gives the very same."""
    seen: set[type] = set()
    for story in all_stories:
        afresh: Consultation | None = None
        for frame in story.frames:
            read = msgspec.json.decode(codec.encode(frame), type=EventFrame)
            stored = None if afresh is None else msgspec.json.decode(codec.encode(afresh), type=Consultation)
            afresh = apply(stored, read)
            seen.add(type(read.event))
        assert afresh == story.state
    assert seen == set(get_args(AnyEvent)) - {Redacted}, "every event type took part"


def test_every_event_counts_one_further(all_stories: list[Story]) -> None:
    for story in all_stories:
        assert [frame.seq for frame in story.frames] == list(range(1, story.state.last_seq + 1))
        assert story.state.changed_at == story.frames[-1].at


def test_a_log_with_a_gap_or_without_a_beginning_is_none() -> None:
    begun = begin()
    later = told("say").frames[1]
    with pytest.raises(ValueError, match="does not follow"):
        apply(None, later)
    with pytest.raises(ValueError, match="does not follow"):
        apply(begun.state, framed(later.event, 3))
    with pytest.raises(ValueError, match="does not follow"):
        apply(reduce(apply, begun.frames, None), framed(later.event, 1))


def test_a_place_in_the_queue_outlives_offers_that_come_back() -> None:
    waiting = told("ask_human").state.ticket
    assert told("ask_human", "offer", "expire", "offer_other").state.ticket == waiting
    assert told("ask_human", "offer", "decline").state.returned.keys() == {WANG.id}


def test_the_offer_of_one_agent_is_not_taken_by_another() -> None:
    offered = told("ask_human", "offer_other")
    assert offered.wish("accept") is None
    assert offered.state.offer is not None
    assert offered.state.offer.agent == LI


def test_who_ends_while_waiting_leaves_the_queue_and_is_closed() -> None:
    for names in (("ask_human",), ("ask_human", "offer")):
        over = told(*names, "end").state
        assert over.state is State.CLOSED
        assert over.ticket is None
        assert over.offer is None


def test_when_the_taxpayer_ends_it_the_agent_still_owes_the_wrap_up() -> None:
    over = told(*SERVICE, "ask_assist", "join", "end").state
    assert over.state is State.WRAP_UP
    assert over.owner == WANG.id
    assert over.assist is None


@pytest.mark.req("S6")
def test_an_evaluation_may_come_before_the_wrap_up_which_is_owed_all_the_same() -> None:
    rated = told(*SERVICE, "finish", "evaluate")
    assert rated.state.state is State.WRAP_UP
    assert rated.wish("evaluate") is None
    closed = rated.wish("wrap_up")
    assert closed is not None
    assert closed.state.state is State.EVALUATED
    assert told(*SERVICE, "finish", "wrap_up", "evaluate").state.state is State.EVALUATED


def test_nothing_is_said_after_the_end() -> None:
    for names in ((*SERVICE, "finish"), (*SERVICE, "finish", "wrap_up"), ("end",)):
        over = told(*names)
        assert over.state.state not in OPEN
        assert [name for name in ("say", "ask_human", "leave", "finish", "end") if over.wish(name)] == []


def test_whoever_leaves_the_queue_is_with_the_bot_and_gets_a_new_number_later() -> None:
    again = told("ask_human", "leave", "say", "answer", "ask_human").state
    assert again.state is State.QUEUED
    assert again.ticket is not None
    assert again.ticket.entered_at == again.changed_at
