"""The client's link over all short stories: nothing doubled, nothing skipped, nothing sent too early."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ClientId, ConsultationId, RequestId, Stream, consultation_stream
from relay_protocol.link import (
    FIRST_DELAY,
    LONGEST_DELAY,
    Action,
    Answered,
    ClientLink,
    Close,
    Connect,
    Deliver,
    LinkState,
    Restarted,
    Send,
    StateChanged,
)
from relay_protocol.messages import (
    AskHuman,
    Done,
    ErrorReply,
    EventFrame,
    Heartbeat,
    Hello,
    Message,
    Pulse,
    Redacted,
    Resume,
    StreamClosed,
    Typing,
    Welcome,
)

CONSULTATION = ConsultationId("c")
STREAM: Stream = consultation_stream(CONSULTATION)
HELLO = Hello(oldest=1, newest=1, token="t", client=ClientId("w"))


def event(seq: int) -> EventFrame:
    return EventFrame(stream=STREAM, seq=seq, at=0.0, event=Redacted())


def welcome(epoch: str = "e1") -> Welcome:
    return Welcome(protocol=1, epoch=epoch, now=0.0, heartbeat=15.0)


def request(name: str) -> AskHuman:
    return AskHuman(request_id=RequestId(name), consultation=CONSULTATION)


@dataclass
class Story:
    """A link with the world around it: what was delivered, sent and answered so far."""

    link: ClientLink
    now: float = 0.0
    delivered: list[int] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    answered: list[RequestId] = field(default_factory=list)
    submitted: int = 0

    def take(self, actions: list[Action]) -> list[Action]:
        for action in actions:
            match action:
                case Deliver(EventFrame(seq=seq)):
                    self.delivered.append(seq)
                case Restarted():
                    self.delivered.clear()
                case Send(message):
                    self.sent.append(message)
                    assert self.link.state is LinkState.LIVE or isinstance(message, Hello | Resume)
                case Answered(request_id, _):
                    self.answered.append(request_id)
        self.check()
        return actions

    def check(self) -> None:
        assert self.delivered == list(range(1, len(self.delivered) + 1))
        assert len(self.answered) == len(set(self.answered))

    def resume_id(self) -> RequestId:
        return next((m.request_id for m in reversed(self.sent) if isinstance(m, Resume)), RequestId("none"))


def story(follows_streams: bool = True) -> Story:
    numbers = count(1)
    made = ClientLink(HELLO, lambda: 0.5, lambda: RequestId(f"resume-{next(numbers)}"), follows_streams)
    told = Story(made)
    told.take(made.start(0.0))
    return told


def live() -> Story:
    told = story()
    told.take(told.link.opened(0.0))
    told.take(told.link.received(welcome(), 0.0))
    told.take(told.link.received(Done(request_id=told.resume_id()), 0.0))
    return told


def hear(message: Message) -> Callable[[Story], None]:
    return lambda told: void(told.take(told.link.received(message, told.now)))


def void(_: object) -> None:
    return None


def submit(told: Story) -> None:
    told.submitted += 1
    told.take(told.link.submit(request(f"r{told.submitted}"), told.now))


def pass_time(told: Story) -> None:
    told.now += 16.0
    told.take(told.link.tick(told.now))


STEPS: dict[str, Callable[[Story], None]] = {
    "opened": lambda told: void(told.take(told.link.opened(told.now))),
    "closed": lambda told: void(told.take(told.link.closed(told.now))),
    "welcome": hear(welcome()),
    "other epoch": hear(welcome("e2")),
    "next event": lambda told: hear(event(told.link.cursors.get(STREAM, 0) + 1))(told),
    "old event": lambda told: hear(event(max(1, told.link.cursors.get(STREAM, 0))))(told),
    "later event": lambda told: hear(event(told.link.cursors.get(STREAM, 0) + 3))(told),
    "pulse ahead": lambda told: hear(Pulse(heads={STREAM: told.link.cursors.get(STREAM, 0) + 1}, now=0.0))(told),
    "resumed": lambda told: hear(Done(request_id=told.resume_id()))(told),
    "submit": submit,
    "answer": lambda told: hear(Done(request_id=RequestId(f"r{told.submitted}")))(told),
    "time": pass_time,
    "refused": hear(ErrorReply(code=ErrorCode.UNAUTHENTICATED, message="")),
}


def test_no_short_story_doubles_skips_or_hurries_anything() -> None:
    def tell(told: Story, depth: int) -> int:
        if depth == 0:
            return 1
        paths = 0
        for step in STEPS.values():
            continued = copy.deepcopy(told)
            step(continued)
            paths += tell(continued, depth - 1)
        return paths

    assert tell(live(), 3) + tell(story(), 3) == 2 * len(STEPS) ** 3


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=60))
def test_no_long_story_does_either(steps: list[str]) -> None:
    told = story()
    for step in steps:
        STEPS[step](told)


def test_a_request_made_offline_is_sent_after_the_resume_and_again_until_answered() -> None:
    told = story()
    submit(told)
    told.take(told.link.opened(0.0))
    told.take(told.link.received(welcome(), 0.0))
    assert request("r1") not in told.sent
    told.take(told.link.received(Done(request_id=told.resume_id()), 0.0))
    told.take(told.link.closed(1.0))
    told.take(told.link.opened(2.0))
    told.take(told.link.received(welcome(), 2.0))
    told.take(told.link.received(Done(request_id=told.resume_id()), 2.0))
    assert told.sent.count(request("r1")) == 2
    told.take(told.link.received(Done(request_id=RequestId("r1")), 3.0))
    told.take(told.link.closed(4.0))
    assert told.answered == ["r1"]


def test_a_withdrawn_request_is_not_sent() -> None:
    told = story()
    submit(told)
    told.link.withdraw(RequestId("r1"))
    told.take(told.link.opened(0.0))
    told.take(told.link.received(welcome(), 0.0))
    told.take(told.link.received(Done(request_id=told.resume_id()), 0.0))
    assert request("r1") not in told.sent


def test_a_gap_asks_for_a_resume_once_and_delivers_nothing_beyond_it() -> None:
    told = live()
    resumes = sum(isinstance(message, Resume) for message in told.sent)
    hear(event(2))(told)
    hear(event(3))(told)
    assert sum(isinstance(message, Resume) for message in told.sent) == resumes + 1
    for seq in (1, 2, 3):
        hear(event(seq))(told)
    assert told.delivered == [1, 2, 3]


def test_a_lost_hint_in_a_quiet_consultation_is_found_by_the_pulse() -> None:
    told = live()
    hear(event(1))(told)
    hear(Pulse(heads={STREAM: 2}, now=0.0))(told)
    resume = told.sent[-1]
    assert isinstance(resume, Resume)
    assert resume.cursors == {STREAM: 1}


def test_another_epoch_starts_over() -> None:
    told = live()
    hear(event(1))(told)
    told.take(told.link.closed(1.0))
    told.take(told.link.opened(1.0))
    actions = told.take(told.link.received(welcome("restored"), 1.0))
    assert Restarted() in actions
    assert told.link.cursors == {}


def test_a_closed_stream_is_forgotten() -> None:
    told = live()
    hear(event(1))(told)
    hear(StreamClosed(consultation=CONSULTATION))(told)
    assert STREAM not in told.link.cursors


def test_the_delay_grows_with_jitter_and_is_bounded() -> None:
    told = story()
    delays = []
    for _ in range(12):
        (connect,) = [action for action in told.link.closed(0.0) if isinstance(action, Connect)]
        delays.append(connect.at)
    assert delays[0] == pytest.approx(FIRST_DELAY * 0.75)
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY * 0.75


def test_a_refusal_for_good_is_told_and_not_repeated() -> None:
    told = story()
    told.take(told.link.opened(0.0))
    actions = told.take(told.link.received(ErrorReply(code=ErrorCode.VERSION, message="旧"), 0.0))
    assert [type(action) for action in actions] == [StateChanged, Close]
    assert told.link.closed(1.0) == []


def test_a_passing_refusal_only_closes() -> None:
    told = story()
    told.take(told.link.opened(0.0))
    assert told.link.received(ErrorReply(code=ErrorCode.RATE_LIMITED, message="慢"), 0.0) == [Close()]


def test_silence_of_the_relay_closes_and_our_own_silence_is_broken() -> None:
    told = live()
    assert told.link.tick(14.9) == []
    assert told.link.tick(told.link.wakeup()) == [Send(Heartbeat())]
    assert told.link.tick(38.0) == [Close()]


def test_a_relay_that_never_greets_is_left() -> None:
    told = story()
    told.take(told.link.opened(0.0))
    assert told.link.tick(told.link.wakeup()) == [Close()]


def test_typing_is_dropped_while_the_link_is_down() -> None:
    typing = Typing(consultation=CONSULTATION)
    assert story().link.say(typing, 0.0) == []
    assert live().link.say(typing, 0.0) == [Send(typing)]


def test_a_program_that_only_signals_is_live_once_welcomed() -> None:
    told = story(follows_streams=False)
    told.take(told.link.opened(0.0))
    told.take(told.link.received(welcome(), 0.0))
    assert told.link.state is LinkState.LIVE
    assert not any(isinstance(message, Resume) for message in told.sent)
