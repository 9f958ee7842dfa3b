"""The workbench's state of working together: who takes part, who looks, what is asked, what others see."""

import pytest

from agent_app.state.consultation import Stage
from agent_app.state.workbench import Change, Kind, apply
from relay_protocol.ids import presence_stream
from relay_protocol.messages import (
    Assigned,
    ColleagueInvited,
    ColleagueJoined,
    EventFrame,
    MessageRecalled,
    PresenceChanged,
    PresenceState,
    QueueBoard,
    Recalled,
    Sender,
    ServiceFinished,
    ServiceHeld,
    Side,
    TransferAccepted,
    TransferReturned,
    Typing,
    Viewers,
    WatchBegan,
    WorkbenchSnapshot,
)
from tests.agent_app.sagas import TRANSFER, left_story, transfer_asked, transfer_to_me
from tests.agent_app.stories import COLLEAGUE, LEAD, ME, NOON, Story, play, start


@pytest.mark.req("A16")
def test_a_transfer_to_me_stands_beside_the_offers_until_it_is_answered() -> None:
    story = Story().waiting().accepted(COLLEAGUE).tell(transfer_to_me())
    state = play(start(), story.frames)
    assert [one.id for one in state.asked] == [story.id]
    assert state.owned == ()
    taken = play(state, story.tell(TransferAccepted(transfer=TRANSFER, agent=ME)).frames)
    assert ([one.id for one in taken.owned], taken.asked) == ([story.id], ())


@pytest.mark.req("A16")
def test_a_refused_transfer_stays_with_its_owner_and_tells_why() -> None:
    story = Story().served().tell(transfer_asked())
    assert play(start(), story.frames).consultations[story.id].transfer is not None
    story.tell(TransferReturned(transfer=TRANSFER, reason="declined", words="正在处理另一件"))
    one = play(start(), story.frames).consultations[story.id]
    assert (one.transfer, one.owner) == (None, ME)
    assert one.rows[-1].body.text == "转接被拒绝：正在处理另一件"  # type: ignore[union-attr]


@pytest.mark.req("A17")
def test_a_colleague_speaks_and_whispers_while_a_watcher_only_whispers() -> None:
    story = Story().waiting().accepted(COLLEAGUE).tell(ColleagueInvited(by=COLLEAGUE, agent=ME, reason="请看"))
    state = play(start(), story.frames)
    assert [one.id for one in state.asked] == [story.id]
    state = play(start(), story.tell(ColleagueJoined(agent=ME)).frames)
    one = state.consultations[story.id]
    assert (state.may_speak(one), state.may_whisper(one), state.is_owned(one)) == (True, True, False)
    watched = Story(2).waiting().accepted(COLLEAGUE).tell(WatchBegan(agent=ME, reason="抽查"))
    state = play(state, watched.frames)
    other = state.consultations[watched.id]
    assert (state.may_speak(other), state.may_whisper(other)) == (False, True)
    assert [one.id for one in state.joined] == [story.id, watched.id]
    ended = play(state, story.tell(ServiceFinished(by="agent")).frames)
    assert [one.id for one in ended.joined] == [watched.id]


@pytest.mark.req("A14")
def test_a_recalled_message_loses_its_words_wherever_they_were_quoted() -> None:
    story = Story().served().says(Side.AGENT, "写错了")
    wrong = len(story.frames)
    story.says(Side.TAXPAYER, "什么？", quote=wrong)
    story.tell(MessageRecalled(target=wrong, sender=Sender(side=Side.AGENT, name=ME.name, agent=ME.id)))
    one = play(start(), story.frames).consultations[story.id]
    assert isinstance(one.row_at(wrong).body, Recalled)  # type: ignore[union-attr]
    assert [row.quote.excerpt for row in one.rows if row.quote] == [""]


@pytest.mark.req("A11")
def test_nobody_waits_for_the_agent_while_it_is_on_hold() -> None:
    story = Story().served().tell(ServiceHeld(reason="等待登录"))
    state = play(start(), story.frames)
    one = state.consultations[story.id]
    assert (one.stage, one.waiting_since, state.is_owned(one)) == (Stage.ON_HOLD, None, True)


@pytest.mark.req("A30")
def test_a_callback_taken_up_is_own_work() -> None:
    state = play(start(), left_story().frames)
    assert [one.id for one in state.owned] == [left_story().id]


def test_who_else_looks_and_types_is_shown_without_oneself() -> None:
    story = Story().served()
    state = play(start(), story.frames)
    seen = Viewers(consultation=story.id, looking=[ME, LEAD], typing=[LEAD.id, ME.id])
    state, changes = apply(state, seen, NOON)
    one = state.consultations[story.id]
    assert (one.viewers, one.typists) == ((LEAD,), frozenset([LEAD.id]))
    assert Change(Kind.TEAM, story.id) in changes
    assert apply(state, seen, NOON)[0].consultations == state.consultations


@pytest.mark.req("A13")
def test_what_the_taxpayer_types_is_previewed_until_it_is_said() -> None:
    story = Story().served()
    typing = Typing(consultation=story.id, side=Side.TAXPAYER, preview="那我应该")
    state = apply(play(start(), story.frames), typing, NOON)[0]
    assert state.consultations[story.id].preview == "那我应该"
    said = play(state, story.says(Side.TAXPAYER, "那我应该怎么填").frames)
    assert said.consultations[story.id].preview == ""


@pytest.mark.req("A28")
def test_the_presence_of_another_window_of_mine_is_followed_and_nobody_elses() -> None:
    state = start()
    for agent, expected in ((COLLEAGUE, PresenceState.READY), (ME, PresenceState.BREAK)):
        moved = PresenceChanged(state=PresenceState.BREAK, reason="用餐", cause="agent")
        frame = EventFrame(stream=presence_stream(agent.id), seq=1, at=NOON, event=moved)
        assert apply(state, frame, NOON)[0].presence is expected


@pytest.mark.req("A10")
def test_two_windows_of_one_agent_hold_the_same_work() -> None:
    first, second = start(), start()
    story = Story().served()
    for frame in story.says(Side.AGENT, "您好").tell(Assigned(agent=ME, reason="taken_over")).frames:
        first, second = apply(first, frame, NOON)[0], apply(second, frame, NOON)[0]
    assert first == second


def test_roles_make_a_supervisor_and_the_board_is_taken_whole() -> None:
    snapshot = WorkbenchSnapshot(
        me=ME, presence=PresenceState.READY, reason="", capacity=5, consultations=[], roles=["lead"]
    )
    state = apply(start(), snapshot, NOON)[0]
    assert (state.supervises, start().supervises) == (True, False)
    board = QueueBoard(waiting=[], left=[], served=[], agents=[])
    state, changes = apply(state, board, NOON)
    assert (state.board, changes) == (board, (Change(Kind.BOARD),))
