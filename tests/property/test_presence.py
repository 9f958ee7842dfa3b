"""Presence under any sequence of deeds and any passing of time: never over capacity, never offered to the silent."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import PresenceChanged, PresenceState
from relay_server.domain import presence
from relay_server.domain.presence import Desk, Limits, Mode, Presence

MEDIA = st.sampled_from(["text", "voice"])
LIMITS = Limits()


class Agent(RuleBasedStateMachine):
    """One agent with two media; a plain count beside the machine says what it must agree with."""

    def __init__(self) -> None:
        super().__init__()
        self.now = Presence(desks={"text": Desk(3), "voice": Desk(1)})
        self.at = 1000.0
        self.load = {"text": 0, "voice": 0}
        self.shift: list[tuple[PresenceState, float]] = [(PresenceState.OFFLINE, self.at)]

    def note(self) -> None:
        if self.shift[-1][0] is not self.now.said:
            self.shift.append((self.now.said, self.at))

    @rule(seconds=st.floats(0, 40))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds
        before = self.now
        self.now, changes = presence.tick(self.now, LIMITS, self.at)
        if changes:
            assert changes == [PresenceChanged(state=PresenceState.OFFLINE, reason=presence.SILENT, cause="lost")]
            assert self.at - before.heard_at > LIMITS.lost_after
            self.load = {medium: desk.wrapping for medium, desk in before.desks.items()}
        self.note()

    @rule(state=st.sampled_from(PresenceState))
    def say(self, state: PresenceState) -> None:
        self.now = presence.say(self.now, state, "", self.at)
        self.note()

    @rule()
    def heard(self) -> None:
        self.now = presence.heard(self.now, self.at)

    @rule(medium=MEDIA)
    def offer_if_ready(self, medium: str) -> None:
        if presence.mode(self.now, medium, LIMITS, self.at) is Mode.READY:
            assert self.at - self.now.heard_at <= LIMITS.unreachable_after
            self.now = presence.offered(self.now, medium)
            self.load[medium] += 1

    @precondition(lambda self: any(desk.offered for desk in self.now.desks.values()))
    @rule(medium=MEDIA, why=st.sampled_from(["accepted", "expired", "declined", "withdrawn", "offline"]))
    def answer(self, medium: str, why: str) -> None:
        if not self.now.desks[medium].offered:
            return
        if why == "accepted":
            self.now = presence.accepted(self.now, medium)
            return
        self.now, _ = presence.returned(self.now, medium, why, ConsultationId("C"), LIMITS, self.at)
        self.load[medium] -= 1
        self.note()

    @precondition(lambda self: any(desk.engaged for desk in self.now.desks.values()))
    @rule(medium=MEDIA)
    def finish(self, medium: str) -> None:
        if self.now.desks[medium].engaged:
            self.now = presence.finished(self.now, medium)

    @precondition(lambda self: any(desk.wrapping for desk in self.now.desks.values()))
    @rule(medium=MEDIA)
    def wrap_up(self, medium: str) -> None:
        if self.now.desks[medium].wrapping:
            self.now = presence.wrapped_up(self.now, medium)
            self.load[medium] -= 1

    @invariant()
    def within_capacity(self) -> None:
        for medium, desk in self.now.desks.items():
            assert desk.load == self.load[medium] <= desk.maximum

    @invariant()
    def strikes_end_in_a_break(self) -> None:
        assert self.now.strikes < LIMITS.strikes or self.now.said is not PresenceState.READY

    @invariant()
    def states_sum_to_the_shift(self) -> None:
        ends = [*(since for _, since in self.shift[1:]), self.at]
        spent = sum(end - since for (_, since), end in zip(self.shift, ends, strict=True))
        assert abs(spent - (self.at - 1000.0)) < 1e-6


TestAgent = Agent.TestCase
TestAgent.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
