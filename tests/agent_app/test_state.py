"""The workbench's state: every event, and that no order of delivery makes a difference."""

import random
from dataclasses import replace
from typing import get_args

import pytest

from agent_app.state import acts
from agent_app.state.assist import Live, Phase, state_line
from agent_app.state.consultation import Pending, Stage
from agent_app.state.timers import Urgency, clock, urgency
from agent_app.state.workbench import Change, Kind, Workbench, apply, restarted
from agent_app.state.wrap_up import Draft, missing, submission
from relay_protocol.ids import AssistId, ClientId, RequestId, consultation_stream
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AssistAsked,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    ConsultationClosed,
    ConsultationEvent,
    ConsultationHead,
    Evaluated,
    PeerLink,
    PresenceState,
    Privilege,
    Pulse,
    QueueSummary,
    Receipt,
    Resolution,
    ServiceFinished,
    Side,
    StreamClosed,
    Text,
    Typing,
    WorkbenchSnapshot,
    WrappedUp,
)
from tests.agent_app.sagas import every_story
from tests.agent_app.stories import ASSIST, COLLEAGUE, ME, NOON, Story, play, start

SEE = [Privilege.VIEW]
AGAIN = AssistId("01HZZZZZZZZZZZZZZZZZAGA1N0")
CONTROL = [Privilege.VIEW, Privilege.CONTROL]


def test_the_story_tells_every_kind_of_event_there_is() -> None:
    told = {type(frame.event) for story in every_story() for frame in story.frames}
    assert told == set(get_args(ConsultationEvent))


@pytest.mark.req("A8", "A18", "I2")
@pytest.mark.parametrize("seed", range(20))
def test_gaps_and_duplicates_on_the_way_end_in_the_state_rebuilt_from_history(seed: int) -> None:
    for story in every_story():
        frames = story.frames
        rebuilt = play(start(), frames)
        chance = random.Random(seed)
        state, cursor = start(), 0
        while cursor < len(frames):
            at = max(0, cursor - chance.randrange(4))  # a resume repeats what is known
            length = chance.randrange(1, 6)
            early = frames[at + length + 1 :][: chance.randrange(3)]  # and something came too early
            state = play(state, [*early, *frames[at : at + length]])
            cursor = state.consultations[story.id].last_seq
        assert state == rebuilt


def test_a_duplicate_changes_nothing_at_all() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    again, changes = apply(state, story.frames[3], NOON)
    assert again is state
    assert changes == ()


@pytest.mark.req("A10")
def test_an_offer_is_shown_with_what_came_before_and_becomes_mine_when_accepted() -> None:
    story = Story().waiting()
    state = play(start(), story.frames)
    assert [one.id for one in state.offers] == [story.id]
    assert state.owned == ()
    assert [row.side for row in state.offers[0].rows][:2] == [Side.BOT, Side.TAXPAYER]
    state = play(state, story.accepted().frames)
    assert state.offers == ()
    assert [one.id for one in state.owned] == [story.id]


def test_an_offer_to_a_colleague_is_not_mine() -> None:
    state = play(start(), Story().opened().queued().offered(COLLEAGUE).frames)
    assert state.offers == ()


def test_an_offer_that_went_elsewhere_leaves_and_comes_back_whole() -> None:
    story = Story().waiting()
    state = play(start(), story.frames)
    state, changes = apply(state, StreamClosed(consultation=story.id), NOON)
    assert state.consultations == {}
    assert Change(Kind.STAGE, story.id) in changes
    assert [one.id for one in play(state, story.frames).offers] == [story.id]


@pytest.mark.req("A13")
def test_the_event_replaces_the_local_echo_of_the_same_client_id() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    state = acts.echo(state, story.id, Pending(ClientId("mine-1"), NOON, Text(text="您好")))
    assert [one.client_id for one in state.consultations[story.id].pending] == ["mine-1"]
    state = play(state, story.says(Side.AGENT, "您好", client_id="mine-1").frames)
    one = state.consultations[story.id]
    assert one.pending == ()
    assert one.rows[-1].body == Text(text="您好")


def test_a_failed_message_stays_in_its_place_until_tried_again_or_dropped() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    for name in ("a", "b"):
        state = acts.echo(state, story.id, Pending(ClientId(name), NOON, Text(text=name)))
    state = acts.failed(state, story.id, ClientId("a"), "发送太快，请稍后重试。")
    assert [one.error for one in state.consultations[story.id].pending] == ["发送太快，请稍后重试。", ""]
    state = acts.echo(state, story.id, Pending(ClientId("a"), NOON + 1, Text(text="a")))
    assert [(one.client_id, one.error) for one in state.consultations[story.id].pending] == [("a", ""), ("b", "")]
    state = acts.dropped(state, story.id, ClientId("a"))
    assert [one.client_id for one in state.consultations[story.id].pending] == ["b"]


@pytest.mark.req("A13")
def test_receipts_only_ever_move_forward() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    for delivered, read in ((9, 4), (7, 2)):
        receipt = Receipt(consultation=story.id, side=Side.TAXPAYER, delivered=delivered, read=read)
        state = apply(state, receipt, NOON)[0]
    one = state.consultations[story.id]
    assert (one.delivered, one.read) == (9, 4)


@pytest.mark.req("A10")
def test_somebody_waits_from_their_first_unanswered_word() -> None:
    story = Story().served().says(Side.AGENT, "您好")
    state = play(start(), story.frames)
    assert state.consultations[story.id].waiting_since is None
    first = story.says(Side.TAXPAYER, "在吗", 10).at
    state = play(state, story.says(Side.TAXPAYER, "？", 10).frames)
    assert state.consultations[story.id].waiting_since == first


def test_unread_counts_what_nobody_has_looked_at() -> None:
    story = Story().served().says(Side.TAXPAYER, "一")
    state = acts.looked(play(start(), story.frames), story.id)
    assert state.consultations[story.id].unread == 0
    state = play(state, story.says(Side.TAXPAYER, "二").says(Side.AGENT, "三").frames)
    assert state.consultations[story.id].unread == 1
    receipt = Receipt(consultation=story.id, side=Side.AGENT, delivered=99, read=99)
    assert apply(state, receipt, NOON)[0].consultations[story.id].unread == 0


def test_typing_fades_and_ends_with_the_message() -> None:
    story = Story().served()
    state = apply(play(start(), story.frames), Typing(consultation=story.id, side=Side.TAXPAYER), 1000.0)[0]
    assert state.consultations[story.id].typing_until == 1005.0
    assert play(state, story.says(Side.TAXPAYER, "好").frames).consultations[story.id].typing_until == 0.0


def test_a_snapshot_hides_what_is_no_longer_followed_and_announces_what_is_new() -> None:
    story, other = Story(1).served(), Story(2).opened()
    state = play(start(), story.frames)
    taxpayer = play(start(), other.frames).consultations[other.id].taxpayer
    assert taxpayer is not None
    head = ConsultationHead(consultation=other.id, state="offered", taxpayer=taxpayer, last_seq=9, changed_at=NOON)
    snapshot = WorkbenchSnapshot(me=ME, presence=PresenceState.BREAK, reason="用餐", capacity=5, consultations=[head])
    state = apply(state, snapshot, NOON)[0]
    assert state.owned == ()
    assert (state.presence, state.reason, state.capacity) == (PresenceState.BREAK, "用餐", 5)
    assert state.consultations[other.id].last_seq == 0  # its events are still to come
    state = play(state, story.says(Side.TAXPAYER, "我回来了").frames)
    assert [one.id for one in state.owned] == [story.id]


def test_another_log_of_the_relay_drops_all_but_what_was_said_and_not_confirmed() -> None:
    story = Story().served()
    state = acts.echo(play(start(), story.frames), story.id, Pending(ClientId("mine"), NOON, Text(text="您好")))
    state, _ = restarted(state)
    one = state.consultations[story.id]
    assert (one.last_seq, one.rows, len(one.pending)) == (0, (), 1)
    assert play(state, story.frames).consultations[story.id].stage is Stage.ACTIVE


def test_messages_without_meaning_here_change_nothing() -> None:
    state = start()
    assert apply(state, Pulse(heads={consultation_stream(Story().id): 4}, now=NOON), NOON) == (state, ())


def test_queue_and_link_and_peers_are_told() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    state, changes = apply(state, QueueSummary(waiting=3, oldest_at=NOON), NOON)
    assert (state.waiting, changes) == (3, (Change(Kind.SESSION),))
    state, changes = apply(state, PeerLink(consultation=story.id, side=Side.TAXPAYER, online=False), NOON)
    assert not state.consultations[story.id].online
    assert Change(Kind.STAGE, story.id) in changes
    assert acts.linked(state, LinkState.CONNECTING).link is LinkState.CONNECTING


@pytest.mark.req("A23")
def test_only_the_direct_path_switches_control_on() -> None:
    story = Story().served().tell(AssistAsked(assist=ASSIST, agent=ME, scope=SEE)).tell(AssistJoined(assist=ASSIST))
    state = play(start(), story.tell(AssistGranted(assist=ASSIST, scope=CONTROL)).frames)
    one = state.consultations[story.id]
    assert one.assist.phase is Phase.GRANTED
    assert state.live is None
    state = acts.live_began(state, ASSIST)
    assert state.live is not None
    assert not state.live.controls
    state = acts.live_changed(state, lambda live: replace(live, connected=True, scope=frozenset(CONTROL)))
    assert state.live is not None
    assert state.live.controls
    assert state_line(one.assist, state.live, NOON) == "您正在控制纳税人的电脑，操作立即生效"


@pytest.mark.req("A23")
def test_the_state_line_follows_the_assistance() -> None:
    story, said = Story().served(), []
    for event in (
        AssistAsked(assist=ASSIST, agent=ME, scope=SEE),
        AssistJoined(assist=ASSIST),
        AssistRefused(assist=ASSIST, scope=SEE, reason="timeout"),
    ):
        assist = play(start(), story.tell(event).frames).consultations[story.id].assist
        said.append(state_line(assist, None, NOON))
    assert said == [
        "已发出邀请，等待纳税人打开协助程序……",
        "纳税人已打开协助程序，等待其同意……",
        "未开始：纳税人未在时限内答复。可与纳税人说明后再次邀请。",
    ]
    again = play(start(), story.tell(AssistAsked(assist=AGAIN, agent=ME, scope=SEE)).frames)
    assert again.consultations[story.id].assist.phase is Phase.INVITED
    late = (
        Story()
        .served()
        .tell(AssistAsked(assist=ASSIST, agent=ME, scope=SEE))
        .tell(AssistGranted(assist=AGAIN, scope=CONTROL))
    )
    assert play(start(), late.frames).consultations[late.id].assist.phase is Phase.INVITED


def test_a_path_of_another_assistance_says_nothing_here() -> None:
    story = Story().served().tell(AssistAsked(assist=ASSIST, agent=ME, scope=SEE))
    assist = play(start(), story.frames).consultations[story.id].assist
    other = Live(AGAIN, True, frozenset(CONTROL))
    assert state_line(assist, other, NOON) == "已发出邀请，等待纳税人打开协助程序……"


def test_something_is_always_on_the_screen_when_there_is_something() -> None:
    offer, mine = Story(1).waiting(), Story(2).served()
    state = acts.settled(play(start(), [*offer.frames, *mine.frames]))
    assert state.selected == offer.id
    state = acts.settled(acts.selected(state, mine.id))
    assert state.selected == mine.id
    state = acts.settled(apply(state, StreamClosed(consultation=mine.id), NOON)[0])
    assert state.selected == offer.id
    assert acts.settled(apply(state, StreamClosed(consultation=offer.id), NOON)[0]).selected is None


@pytest.mark.req("A18")
def test_a_wrap_up_owes_four_things_in_the_order_of_the_form() -> None:
    assert [one.field for one in missing(Draft())] == ["business", "question_type", "resolution", "text"]
    assert [one.field for one in missing(Draft("vat", "filing", "resolved", "  "))] == ["text"]
    assert [one.field for one in missing(Draft("vat", "filing", "resolved", "长" * 1001))] == ["text"]
    done = Draft("vat", "filing", "resolved", " 已解决 ")
    assert missing(done) == ()
    sent = submission(done, Story().id, RequestId("r"))
    assert (sent.resolution, sent.text) == (Resolution.RESOLVED, "已解决")


@pytest.mark.req("A18")
def test_a_rating_before_the_wrap_up_is_remembered_and_excuses_nobody_from_it() -> None:
    story = Story().served().tell(ServiceFinished(by="taxpayer"))
    wrapped = WrappedUp(business="vat", question_type="filing", resolution=Resolution.RESOLVED, text="好", agent=ME)
    rating = Evaluated(level=4, reasons=[], text="")
    for event, stage, rated, owed in (
        (rating, Stage.WRAP_UP, 4, 1),
        (wrapped, Stage.WRAP_UP, 4, 1),
        (ConsultationClosed(reason="wrapped_up"), Stage.EVALUATED, 4, 0),
    ):
        state = play(start(), story.tell(event).frames)
        one = state.consultations[story.id]
        assert (one.stage, one.evaluation, len(state.owned)) == (stage, rated, owed)


@pytest.mark.req("A18")
def test_a_rating_after_the_end_finishes_the_consultation() -> None:
    story = Story().served().tell(ServiceFinished(by="agent")).tell(ConsultationClosed(reason="wrapped_up"))
    closed = play(start(), story.frames).consultations[story.id]
    assert (closed.stage, closed.evaluation) == (Stage.CLOSED, None)
    rated = play(start(), story.tell(Evaluated(level=1, reasons=[], text="")).frames).consultations[story.id]
    assert (rated.stage, rated.evaluation) == (Stage.EVALUATED, 1)


@pytest.mark.req("A10")
def test_a_wait_turns_from_calm_to_hurry_to_late() -> None:
    assert [urgency(seconds) for seconds in (59, 60, 179, 180)] == [
        Urgency.CALM,
        Urgency.HURRY,
        Urgency.HURRY,
        Urgency.LATE,
    ]
    assert [clock(seconds) for seconds in (-3, 83, 3723)] == ["00:00", "01:23", "1:02:03"]


def test_a_change_names_only_what_it_touched() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    moved, changes = apply(state, story.context().frames[-1], NOON)
    assert isinstance(moved, Workbench)
    assert changes == (Change(Kind.LIST), Change(Kind.CARD, story.id))
