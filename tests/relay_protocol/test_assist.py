"""The helper's judgement over all short stories, and over long random ones: nothing is granted that was not allowed."""

import copy
from collections.abc import Callable, Iterator
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_protocol.assist import (
    ANSWER_SECONDS,
    CONSENT_SECONDS,
    LOST_SECONDS,
    NOTHING,
    VIEW_ONLY,
    Action,
    AskConsent,
    AssistSession,
    CloseConsent,
    Connect,
    End,
    Grant,
    Phase,
    Refuse,
    Revoke,
    Scope,
)
from relay_protocol.binding import Bound, SignedStatement
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege

VIEW, CONTROL = Privilege.VIEW, Privilege.CONTROL
BOTH: Scope = frozenset({VIEW, CONTROL})
LI = CertifiedAgent("8001", "李敏", "西湖区税务局")
WANG = CertifiedAgent("8002", "王强", "西湖区税务局")
SIGNED = SignedStatement("", "", ())


def bound(scope: Scope, agent: CertifiedAgent = LI) -> Bound:
    return Bound(agent, scope, 1, 0.0, SIGNED)


def viewing() -> AssistSession:
    session = AssistSession()
    session.joined()
    session.bound(bound(VIEW_ONLY), 0.0)
    session.allow([VIEW], 1.0)
    session.path_opened()
    return session


def controlling() -> AssistSession:
    session = viewing()
    session.bound(bound(BOTH), 2.0)
    session.allow(BOTH, 3.0)
    return session


@pytest.mark.req("A23")
def test_sight_and_control_are_asked_and_granted_one_after_the_other() -> None:
    session = AssistSession()
    assert session.joined() == []
    assert session.bound(bound(VIEW_ONLY), 10.0) == [AskConsent(LI, VIEW_ONLY, 70.0)]
    until = 11.0 + CONSENT_SECONDS
    assert session.allow([VIEW], 11.0) == [
        CloseConsent(),
        Connect(),
        Grant(VIEW_ONLY, 1, until, bound(VIEW_ONLY)),
    ]
    assert session.phase is Phase.VIEWING
    assert session.bound(bound(BOTH), 20.0) == [AskConsent(LI, BOTH, 80.0)]
    assert not session.may(CONTROL, 20.0)
    again = 21.0 + CONSENT_SECONDS
    assert session.allow(BOTH, 21.0) == [CloseConsent(), Grant(BOTH, 2, again, bound(BOTH))]
    assert session.may(CONTROL, 22.0)


def test_the_person_may_allow_less_than_was_asked() -> None:
    session = AssistSession()
    session.joined()
    session.bound(bound(BOTH), 0.0)
    session.allow([VIEW], 1.0)
    assert (session.phase, session.granted) == (Phase.VIEWING, VIEW_ONLY)


def test_the_person_cannot_allow_more_than_was_asked() -> None:
    session = AssistSession()
    session.joined()
    session.bound(bound(VIEW_ONLY), 0.0)
    session.allow(BOTH, 1.0)
    assert session.granted == VIEW_ONLY


@pytest.mark.req("A23")
def test_silence_is_refusal() -> None:
    session = AssistSession()
    session.joined()
    session.bound(bound(VIEW_ONLY), 0.0)
    assert session.wakeup() == ANSWER_SECONDS
    assert session.tick(ANSWER_SECONDS - 0.01) == []
    assert session.tick(ANSWER_SECONDS) == [CloseConsent(), Refuse(VIEW_ONLY, "timeout"), End("expired")]


def test_consent_that_comes_too_late_is_no_consent() -> None:
    session = AssistSession()
    session.joined()
    session.bound(bound(VIEW_ONLY), 0.0)
    assert End("expired") in session.allow([VIEW], ANSWER_SECONDS)
    assert session.granted == NOTHING


def test_refusing_control_leaves_the_picture() -> None:
    session = viewing()
    session.bound(bound(BOTH), 5.0)
    assert session.deny(6.0) == [CloseConsent(), Refuse(frozenset({CONTROL}), "refused")]
    assert (session.phase, session.granted) == (Phase.VIEWING, VIEW_ONLY)


def test_an_unbound_peer_reaches_no_dialog() -> None:
    session = AssistSession()
    session.joined()
    assert session.unbound() == [Refuse(NOTHING, "unbound"), End("declined")]


def test_control_alone_can_be_taken_back() -> None:
    session = controlling()
    assert session.take_back([CONTROL], "button") == [Revoke(VIEW_ONLY, 3, "button")]
    assert session.phase is Phase.VIEWING


def test_stop_takes_everything_back_and_ends() -> None:
    session = controlling()
    assert session.take_back([VIEW], "hotkey") == [Revoke(NOTHING, 3, "hotkey"), End("taxpayer")]
    assert not session.may(VIEW, 4.0)


def test_after_half_an_hour_the_person_is_asked_again() -> None:
    session = controlling()
    over = 3.0 + CONSENT_SECONDS
    assert session.wakeup() == over
    assert not session.may(CONTROL, over)
    assert session.tick(over) == [
        Revoke(NOTHING, 3, "policy"),
        AskConsent(LI, BOTH, over + ANSWER_SECONDS),
    ]
    assert isinstance(session.allow(BOTH, over + 1)[-1], Grant)
    assert session.may(CONTROL, over + 2)


def test_a_lost_path_takes_control_and_gives_sight_a_minute() -> None:
    session = controlling()
    assert session.path_lost(10.0) == [Revoke(VIEW_ONLY, 3, "lost")]
    assert isinstance(session.bound(bound(BOTH), 20.0)[-1], Grant)
    assert session.granted == VIEW_ONLY
    session.path_opened()
    session.path_lost(30.0)
    assert session.tick(30.0 + LOST_SECONDS) == [End("lost")]


def test_another_agent_cannot_take_over() -> None:
    session = viewing()
    assert session.bound(bound(BOTH, WANG), 5.0) == [Refuse(NOTHING, "unbound")]
    session.path_lost(6.0)
    assert session.bound(bound(VIEW_ONLY, WANG), 7.0) == [Refuse(NOTHING, "unbound")]


Step = Callable[[AssistSession, float], list[Action]]
STEPS: dict[str, Step] = {
    "joined": lambda s, now: s.joined(),
    "asks view": lambda s, now: s.bound(bound(VIEW_ONLY), now),
    "asks both": lambda s, now: s.bound(bound(BOTH), now),
    "other asks": lambda s, now: s.bound(bound(BOTH, WANG), now),
    "unbound": lambda s, now: s.unbound(),
    "allow view": lambda s, now: s.allow([VIEW], now),
    "allow both": lambda s, now: s.allow(BOTH, now),
    "deny": lambda s, now: s.deny(now),
    "take control": lambda s, now: s.take_back([CONTROL], "button"),
    "stop": lambda s, now: s.take_back([VIEW], "hotkey"),
    "opened": lambda s, now: s.path_opened(),
    "lost": lambda s, now: s.path_lost(now),
    "left": lambda s, now: s.agent_left(),
    "a minute": lambda s, now: s.tick(now),
    "half an hour": lambda s, now: s.tick(now),
}
PASSING = {"a minute": 61.0, "half an hour": CONSENT_SECONDS + 1}


def stories(depth: int) -> Iterator[tuple[str, AssistSession, AssistSession, list[Action], float]]:
    """Every step of every story of at most `depth` steps: its name, before, after, actions, now. Equal states once."""
    frontier = {repr(AssistSession()): (AssistSession(), 0.0)}
    for _ in range(depth):
        reached: dict[str, tuple[AssistSession, float]] = {}
        for (session, now), name in product(frontier.values(), STEPS):
            after, later = copy.copy(session), now + PASSING.get(name, 1.0)
            actions = STEPS[name](after, later)
            yield name, session, after, actions, later
            reached[repr((after, later))] = (after, later)
        frontier = reached


@pytest.mark.req("A23")
def test_no_story_of_six_steps_breaks_the_law() -> None:
    count = 0
    for name, before, after, actions, now in stories(6):
        count += 1
        widened = after.granted - before.granted
        assert not widened or (name.startswith("allow") and widened <= (before._asked or bound(NOTHING)).scope)
        assert after.epoch >= before.epoch
        assert after.granted == before.granted or after.epoch > before.epoch
        assert not any(isinstance(action, AskConsent) for action in actions) or name in (
            "asks view",
            "asks both",
            "other asks",
            "half an hour",
        )
        assert before.phase is not Phase.ENDED or (not actions and after.phase is Phase.ENDED)
        assert (after.phase is Phase.ENDED) == (
            before.phase is Phase.ENDED or any(isinstance(action, End) for action in actions)
        )
        assert name != "stop" or (after.phase is Phase.ENDED and not after.granted)
        assert (CONTROL in after.granted) == (after.phase is Phase.CONTROLLING)
        assert not any(after.may(privilege, after.grant_until) for privilege in Privilege)
        assert name not in PASSING or after.wakeup() is None or after.wakeup() > now  # type: ignore[operator]
    assert count > 9_000


class Assistance(RuleBasedStateMachine):
    """A person, an agent and a network do anything in any order; the laws of the helper hold."""

    def __init__(self) -> None:
        super().__init__()
        self.session = AssistSession()
        self.now = 1000.0
        self.allowed: Scope = NOTHING
        self.asked_after_binding = False
        self.epochs: list[int] = []

    def _carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, AskConsent):
                assert self.asked_after_binding, "a dialog for somebody who was never bound"
            if isinstance(action, (Grant, Revoke)):
                assert not self.epochs or action.epoch > self.epochs[-1], "an epoch twice"
                self.epochs.append(action.epoch)

    @rule()
    def join(self) -> None:
        self._carry_out(self.session.joined())

    @rule(scope=st.sampled_from([VIEW_ONLY, BOTH]), agent=st.sampled_from([LI, LI, LI, WANG]))
    def agent_asks(self, scope: Scope, agent: CertifiedAgent) -> None:
        self.asked_after_binding = True
        granted = self.session.granted
        self._carry_out(self.session.bound(bound(scope, agent), self.now))
        assert self.session.granted <= granted, "the agent widened by asking"

    @rule()
    def forger_asks(self) -> None:
        granted = self.session.granted
        self._carry_out(self.session.unbound())
        assert self.session.granted in (granted, NOTHING)

    @precondition(lambda self: self.session.phase in (Phase.CONSENT_PENDING, Phase.CONTROL_PENDING))
    @rule(scope=st.sampled_from([NOTHING, VIEW_ONLY, BOTH, frozenset({CONTROL})]))
    def person_allows(self, scope: Scope) -> None:
        asked = self.session._asked
        assert asked is not None
        self._carry_out(self.session.allow(scope, self.now))
        self.allowed = self.allowed | (scope & asked.scope)

    @rule()
    def person_denies(self) -> None:
        self._carry_out(self.session.deny(self.now))

    @rule(scope=st.sampled_from([VIEW_ONLY, frozenset({CONTROL})]))
    def person_takes_back(self, scope: Scope) -> None:
        self._carry_out(self.session.take_back(scope, "button"))
        self.allowed = NOTHING if VIEW in scope else self.allowed - scope
        assert not scope & self.session.granted, "taken back and still granted"

    @rule()
    def path_opens(self) -> None:
        self._carry_out(self.session.path_opened())

    @rule()
    def path_breaks(self) -> None:
        self._carry_out(self.session.path_lost(self.now))

    @rule(seconds=st.sampled_from([0.5, 20.0, 61.0, 700.0, 1801.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self._carry_out(self.session.tick(self.now))

    @invariant()
    def only_what_was_allowed(self) -> None:
        assert self.session.granted <= self.allowed
        assert VIEW in self.session.granted or not self.session.granted

    @invariant()
    def nothing_is_granted_for_longer_than_half_an_hour(self) -> None:
        assert not self.session.may(VIEW, self.now + CONSENT_SECONDS + 1)


TestAssistance = Assistance.TestCase
TestAssistance.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
