"""All stories of a consultation: one owner at any time, and a state that is nothing but the sum of its events.

States that differ in numbers and times only are one; every wish is tried in every state that can be reached, so these
are not the short stories but all of them. Two rounds keep the number small: colleagues and remote assistance know
nothing of each other, so one round leaves out the first and the other the second.
"""

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from typing import get_args

import msgspec
import pytest

from relay_protocol import codec
from relay_protocol.messages import ConsultationEvent, Erased, EventFrame, Redacted
from relay_server.domain.consultation import (
    LEFT_WORD,
    OPEN,
    SERVED,
    WAITING,
    WITH_AGENT,
    WITH_BOT,
    Consultation,
    State,
)
from relay_server.domain.fold import apply
from tests.relay_server.domain.stories import LI, TAXPAYER, WANG, WISHES, Story, begin, framed, told

SERVICE = ("ask_human", "offer", "accept")
COLLEAGUES = frozenset({"invite", "join_in", "part", "watch", "look_away"})
ASSISTANCE = frozenset({"ask_assist", "join", "grant", "refuse", "revoke", "end_assist"})


def stories(without: frozenset[str]) -> Iterator[Story]:
    """Yield one story for every state that can be reached, whatever is wished, and one for every last event."""
    names = [name for name in WISHES if name not in without]
    known: set[bytes] = set()
    edge, last_words = [begin()], dict[type, Story]()
    while edge:
        after = [later for story in edge for name in names if (later := story.wish(name))]
        last_words |= {type(story.frames[-1].event): story for story in after}
        edge = [story for story in after if _new(story, known)]
        yield from edge
    yield from last_words.values()


def _new(story: Story, known: set[bytes]) -> bool:
    shape = msgspec.json.encode(_timeless(story.state))
    fresh = shape not in known
    known.add(shape)
    return fresh


def _timeless(now: Consultation) -> Consultation:
    """Return the state without numbers and times; only whether they are set, or which came later, counts."""
    replace = msgspec.structs.replace
    ticket, lapsed, word = now.ticket, now.lapsed, now.word
    return replace(
        now,
        last_seq=0,
        changed_at=0.0,
        opened_at=0.0,
        service_began_at=0.0,
        closed_at=0.0,
        lapsed_at=0.0,
        spoke_at=float(now.spoke_at >= now.answered_at),
        answered_at=0.0,
        reminded_until=float(bool(now.reminded_until)),
        returned={},
        segments=[],
        greeted=False,
        suggested_page="",
        context=None,
        ticket=replace(ticket, entered_at=0.0) if ticket is not None else None,
        lapsed=replace(lapsed, entered_at=0.0) if lapsed is not None else None,
        word=replace(word, at=0.0) if word is not None else None,
    )


@pytest.fixture(scope="module")
def all_stories() -> list[Story]:
    return [*stories(COLLEAGUES), *stories(ASSISTANCE)]


def test_every_state_is_reached(all_stories: list[Story]) -> None:
    assert {story.state.state for story in all_stories} | {State.NEW} == set(State)
    assert len(all_stories) > 9_000


def test_there_is_always_exactly_one_owner_until_it_is_closed(all_stories: list[Story]) -> None:
    for story in all_stories:
        now = story.state
        if now.state in WITH_BOT:
            assert now.owner == "bot"
            assert now.ticket is None
        elif now.state in WAITING:
            assert now.owner == "queue"
            assert now.ticket is not None, "whoever waits holds a number"
        elif now.state in LEFT_WORD:
            assert now.owner == "queue"
            assert now.word is not None, "what was left is kept"
        elif now.state in WITH_AGENT or now.state is State.WRAP_UP:
            assert now.agent is not None
            assert now.owner == now.agent.id
        else:
            assert now.owner is None


def test_an_offer_exists_exactly_while_it_is_offered(all_stories: list[Story]) -> None:
    for story in all_stories:
        assert (story.state.offer is not None) == (story.state.state is State.OFFERED)
        assert (story.state.serving is not None) == (story.state.state in SERVED)


def test_an_assistance_runs_only_while_an_agent_serves_and_is_that_agents(all_stories: list[Story]) -> None:
    for story in all_stories:
        if story.state.assist is not None:
            assert story.state.state is State.ACTIVE
            assert story.state.agent == story.state.assist.agent


def test_a_transfer_waits_only_beside_its_owner(all_stories: list[Story]) -> None:
    for story in all_stories:
        if story.state.transfer is not None:
            assert story.state.state in WITH_AGENT
            assert story.state.agent is not None
            assert story.state.agent.id != story.state.transfer.agent.id


def test_nobody_takes_part_in_what_is_over(all_stories: list[Story]) -> None:
    for story in all_stories:
        now = story.state
        known = [card.id for card in (*now.invited, *now.colleagues, *now.watchers)]
        if now.state not in OPEN:
            assert not known
        assert len(known) == len(set(known))
        assert now.state not in WITH_AGENT or now.owner not in known


def test_nobody_is_away_who_does_not_wait(all_stories: list[Story]) -> None:
    assert all(story.state.state in WAITING for story in all_stories if story.state.away_until)


def test_segments_follow_each_other_and_one_runs_while_it_is_open(all_stories: list[Story]) -> None:
    for story in all_stories:
        main = [one for one in story.state.segments if one.kind != "assist"]
        assert all(one.ended_at for one in main[:-1])
        assert all(one.ended_at <= later.began_at for one, later in pairwise(main))
        assert bool(main[-1].ended_at) == (story.state.state not in OPEN)
        if story.state.state in WITH_AGENT:
            assert main[-1].owner == story.state.owner


def test_old_state_and_event_give_the_state_fetched_afresh(all_stories: list[Story]) -> None:
    """The projection is stored as JSON after every event; replaying the log from its bytes gives the very same."""
    seen: set[type] = set()
    every_last_word = {type(story.frames[-1].event): story for story in all_stories}
    for story in [*all_stories[::5], *every_last_word.values()]:
        afresh: Consultation | None = None
        for frame in story.frames:
            read = msgspec.json.decode(codec.encode(frame), type=EventFrame)
            stored = None if afresh is None else msgspec.json.decode(codec.encode(afresh), type=Consultation)
            afresh = apply(stored, read)
            seen.add(type(read.event))
        assert afresh == story.state
    assert seen == set(get_args(ConsultationEvent)) - {Redacted, Erased}, "every event type took part"


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
    for names in ((*SERVICE, "finish"), (*SERVICE, "finish", "wrap_up"), ("say", "end")):
        over = told(*names)
        assert over.state.state not in OPEN
        assert [name for name in ("say", "ask_human", "leave", "finish", "end") if over.wish(name)] == []


def test_whoever_leaves_the_queue_is_with_the_bot_and_gets_a_new_number_later() -> None:
    again = told("ask_human", "leave", "say", "answer", "ask_human").state
    assert again.state is State.QUEUED
    assert again.ticket is not None
    assert again.ticket.entered_at == again.changed_at


@pytest.mark.req("A16")
def test_a_transfer_that_is_refused_or_missed_stays_with_its_owner() -> None:
    for answer in ("refuse_transfer", "miss_transfer"):
        kept = told(*SERVICE, "transfer", answer).state
        assert kept.state is State.ACTIVE
        assert kept.owner == WANG.id
    assert told(*SERVICE, "transfer", "take_transfer").state.owner == LI.id


@pytest.mark.req("A16")
def test_who_gave_it_to_a_queue_is_not_the_first_to_be_asked() -> None:
    given = told(*SERVICE, "transfer_to_queue").state
    assert given.owner == "queue"
    assert given.returned.keys() == {WANG.id}
    assert told("ask_human", "leave", "ask_human").state.returned == {}


@pytest.mark.req("A11")
def test_on_hold_does_not_count_for_the_load_and_is_never_reminded() -> None:
    held = told(*SERVICE, "reply", "hold")
    assert held.state.owner == WANG.id
    assert held.state.serving is None
    assert WANG.id in held.state.followers
    silent = held.wish("silence")
    assert silent is not None
    assert silent.state == held.state


@pytest.mark.req("A19")
def test_a_silent_taxpayer_is_reminded_and_then_it_ends() -> None:
    reminded = told(*SERVICE, "say", "reply", "silence")
    assert reminded.state.state is State.ACTIVE
    assert reminded.state.reminded_until
    assert told(*SERVICE, "say", "reply", "silence", "say").state.reminded_until == 0.0
    ended = reminded.tell(WISHES["silence"](msgspec.structs.replace(reminded.state, changed_at=1e6)) or [])
    assert ended.state.state is State.WRAP_UP
    assert told(*SERVICE, "say", "silence").state.reminded_until == 0.0, "the agent owes a word"


@pytest.mark.req("A9")
def test_a_number_given_up_by_absence_is_resumed_with_its_place() -> None:
    first = told("ask_human").state.ticket
    assert first is not None
    again = told("ask_human", "step_away", "abandon", "resume_number").state.ticket
    assert again is not None
    assert (again.number, again.entered_at) == (first.number, first.entered_at)


@pytest.mark.req("A28")
def test_who_loses_the_agent_stands_at_the_head_with_the_old_place() -> None:
    first = told(*SERVICE).state.ticket
    lost = told(*SERVICE, "lose_agent").state
    assert lost.owner == "queue"
    assert lost.ticket is not None
    assert first is not None
    assert (lost.ticket.number, lost.ticket.entered_at) == (first.number, first.entered_at)
    assert lost.ticket.priority == "returned"


def test_the_office_is_that_of_the_ticket_or_of_the_taxpayer() -> None:
    assert told("say").state.office == TAXPAYER.office
    assert told("ask_human", "leave_message").state.office is not None
