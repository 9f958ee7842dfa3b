"""Nothing is injected that the person did not allow; seen from every side, and in any order of events."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from relay_protocol.messages.channel import (
    LEASE_SECONDS,
    PASTE_LIMIT,
    Button,
    InputEvent,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    TurnWheel,
)
from remote_helper.guard import HAND_SECONDS, MAX_HELD, Admission, ForgedAdmissionError, Guard, Refusal

BAR = range(40)


class Screen:
    """A screen of 100 × 100 with our bar across its top."""

    focus_is_ours = False

    def size(self) -> tuple[int, int]:
        return 100, 100

    def ours_at(self, x: int, y: int) -> bool:
        return y in BAR

    def ours_has_focus(self) -> bool:
        return self.focus_is_ours


@dataclass
class World:
    """A guard with an injector that only takes notes."""

    screen: Screen = field(default_factory=Screen)
    audited: list[InputEvent] = field(default_factory=list)
    injected: list[InputEvent] = field(default_factory=list)
    sequence: int = 0

    def __post_init__(self) -> None:
        self.guard = Guard(self.screen, lambda event, now: self.audited.append(event))

    def inject(self, admission: Admission) -> None:
        self.injected.append(self.guard.spend(admission))

    def grant(self, epoch: int = 1, now: float = 0.0, until: float = 1800.0) -> None:
        self.guard.grant(epoch, now, until, self.inject)

    def next(self) -> int:
        self.sequence += 1
        return self.sequence

    def send(self, event: InputEvent, now: float) -> Refusal | None:
        verdict = self.guard.admit(event, now)
        if isinstance(verdict, Refusal):
            return verdict
        self.inject(verdict)
        return None

    def press(self, now: float = 0.1, epoch: int = 1, y: int = 50, down: bool = True) -> Refusal | None:
        button = PressButton(epoch=epoch, sequence=self.next(), x=5, y=y, button=Button.LEFT, down=down)
        return self.send(button, now)

    def key(self, keysym: int, now: float = 0.1, down: bool = True) -> Refusal | None:
        return self.send(PressKey(epoch=1, sequence=self.next(), keysym=keysym, down=down), now)

    def move(self, x: int, y: int, now: float = 0.1) -> Refusal | None:
        return self.send(MovePointer(epoch=1, sequence=self.next(), x=x, y=y), now)


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.req("A23")
def test_nothing_is_admitted_before_a_grant(world: World) -> None:
    assert world.press() is Refusal.NOT_GRANTED
    assert world.injected == []


def test_what_is_granted_is_injected_after_its_audit(world: World) -> None:
    world.grant()
    assert world.press() is None
    assert world.injected == world.audited
    assert world.guard.audited == 1


def test_an_audit_that_fails_stops_the_injection(world: World) -> None:
    def broken(event: InputEvent, now: float) -> None:
        raise OSError("disk full")

    guard = Guard(world.screen, broken)
    guard.grant(1, 0.0, 1800.0, world.inject)
    admission = guard.admit(MovePointer(epoch=1, sequence=1, x=1, y=50), 0.1)
    assert isinstance(admission, Admission)
    with pytest.raises(OSError, match="disk full"):
        guard.spend(admission)
    assert (guard.audited, guard.held) == (0, ())


@pytest.mark.parametrize(("epoch", "sequence"), [(2, 5), (0, 5), (1, 4), (1, 3)])
def test_another_epoch_and_an_old_sequence_are_stale(world: World, epoch: int, sequence: int) -> None:
    world.grant()
    world.send(MovePointer(epoch=1, sequence=4, x=1, y=50), 0.1)
    assert world.send(MovePointer(epoch=epoch, sequence=sequence, x=1, y=50), 0.1) is Refusal.STALE


def test_a_refused_event_cannot_come_again(world: World) -> None:
    world.grant()
    event = MovePointer(epoch=1, sequence=1, x=1, y=10)
    assert world.send(event, 0.1) is Refusal.OURS
    assert world.send(event, 0.1) is Refusal.STALE


def test_a_silent_workbench_loses_control_and_its_keys_go_up(world: World) -> None:
    world.grant()
    world.key(0x61)
    world.press()
    world.guard.tick(LEASE_SECONDS - 0.01, world.inject)
    assert len(world.guard.held) == 2
    world.guard.tick(LEASE_SECONDS, world.inject)
    assert [getattr(event, "down", None) for event in world.injected] == [True, True, False, False]
    assert world.press(now=LEASE_SECONDS) is Refusal.LEASE
    world.guard.renew(1, 2.0)
    assert world.press(now=2.1) is None


def test_a_grant_ends_when_its_time_is_over_however_alive_the_workbench_is(world: World) -> None:
    world.grant(until=0.5)
    world.key(0x61)
    world.guard.tick(0.49, world.inject)
    assert list(world.guard.held) == [0x61]
    world.guard.tick(0.5, world.inject)
    assert not world.guard.held
    assert world.press(now=0.5) is Refusal.NOT_GRANTED


def test_a_heartbeat_of_another_epoch_keeps_nothing_alive(world: World) -> None:
    world.grant()
    world.guard.renew(7, 0.9)
    assert world.press(now=LEASE_SECONDS) is Refusal.LEASE


def test_the_persons_own_hand_goes_first(world: World) -> None:
    world.grant()
    world.key(0x61)
    world.guard.local_hand(0.2, world.inject)
    assert world.guard.held == ()
    assert world.press(now=0.2 + HAND_SECONDS - 0.01) is Refusal.HAND
    assert world.press(now=0.2 + HAND_SECONDS) is None


def test_our_own_windows_get_nothing(world: World) -> None:
    world.grant()
    assert world.press(y=10) is Refusal.OURS
    assert world.move(5, 39) is Refusal.OURS
    assert world.send(TurnWheel(epoch=1, sequence=world.next(), x=5, y=0, down=1), 0.1) is Refusal.OURS
    world.screen.focus_is_ours = True
    assert world.key(0x61) is Refusal.OURS
    assert world.send(PasteText(epoch=1, sequence=world.next(), text="税"), 0.1) is Refusal.OURS


def test_a_button_that_is_down_may_always_go_up(world: World) -> None:
    world.grant()
    world.press()
    assert world.press(y=10, down=False) is None
    assert world.press(y=10, down=False) is Refusal.STALE


@pytest.mark.parametrize(("x", "y"), [(-1, 50), (100, 50), (5, 100), (2**40, 50)])
def test_places_outside_the_screen_are_refused(world: World, x: int, y: int) -> None:
    world.grant()
    assert world.move(x, y) is Refusal.OUTSIDE


def test_there_is_an_end_to_keys_wheel_and_text(world: World) -> None:
    world.grant()
    assert [world.key(keysym) for keysym in range(MAX_HELD)] == [None] * MAX_HELD
    assert world.key(999) is Refusal.TOO_MUCH
    assert world.send(TurnWheel(epoch=1, sequence=world.next(), x=5, y=50, down=10**6), 0.1) is Refusal.TOO_MUCH
    long = PasteText(epoch=1, sequence=world.next(), text="字" * (PASTE_LIMIT + 1))
    assert world.send(long, 0.1) is Refusal.TOO_MUCH


@pytest.mark.req("A23")
def test_after_revoke_no_admission_is_worth_anything(world: World) -> None:
    world.grant()
    world.key(0x61)
    admission = world.guard.admit(MovePointer(epoch=1, sequence=world.next(), x=1, y=50), 0.1)
    assert isinstance(admission, Admission)
    world.guard.revoke(0.2, world.inject)
    count = len(world.injected)
    with pytest.raises(ForgedAdmissionError):
        world.inject(admission)
    assert world.press(now=0.3) is Refusal.NOT_GRANTED
    assert len(world.injected) == count
    assert world.injected[-1] == PressKey(epoch=1, sequence=1, keysym=0x61, down=False)


def test_an_injector_that_fails_during_revoke_leaves_nothing_admitted(world: World) -> None:
    world.grant()
    world.key(0x61)
    kept: list[Admission] = []

    def broken(admission: Admission) -> None:
        kept.append(admission)
        raise OSError("the X server is gone")

    with pytest.raises(OSError, match="gone"):
        world.guard.revoke(0.2, broken)
    assert world.guard.held == ()
    with pytest.raises(ForgedAdmissionError):
        world.guard.spend(kept[0])


def test_admissions_cannot_be_made_spent_twice_kept_or_borrowed(world: World) -> None:
    world.grant()
    other = World()
    other.grant()
    first = world.guard.admit(MovePointer(epoch=1, sequence=world.next(), x=1, y=50), 0.1)
    second = world.guard.admit(MovePointer(epoch=1, sequence=world.next(), x=2, y=50), 0.1)
    assert isinstance(first, Admission)
    assert isinstance(second, Admission)
    for forged in (Admission(), first, object(), None):
        with pytest.raises(ForgedAdmissionError):
            world.guard.spend(forged)  # type: ignore[arg-type]
    with pytest.raises(ForgedAdmissionError):
        other.guard.spend(second)
    world.guard.spend(second)
    with pytest.raises(ForgedAdmissionError):
        world.guard.spend(second)


class Assistance(RuleBasedStateMachine):
    """The invariants of remote control, with the person's will kept in a model of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.now = 0.0
        self.epoch = 0
        self.granted_until = float("-inf")
        self.lease_until = float("-inf")
        self.hand_until = float("-inf")
        self.admissions: list[Admission] = []
        self.last_spoken: int | None = None

    @rule(seconds=st.sampled_from([1.0, 3.0, 1800.0]))
    def person_grants(self, seconds: float) -> None:
        self.epoch += 1
        self.last_spoken = None
        self.granted_until, self.lease_until = self.now + seconds, self.now + LEASE_SECONDS
        self.world.guard.grant(self.epoch, self.now, self.granted_until, self.world.inject)

    @rule()
    def person_revokes(self) -> None:
        self.granted_until = float("-inf")
        self.world.guard.revoke(self.now, self.world.inject)
        assert self.world.guard.held == ()

    @rule()
    def person_moves_the_mouse(self) -> None:
        self.hand_until = self.now + HAND_SECONDS
        self.world.guard.local_hand(self.now, self.world.inject)
        assert self.world.guard.held == ()

    @rule(behind=st.integers(0, 2))
    def workbench_lives(self, behind: int) -> None:
        self.world.guard.renew(self.epoch - behind, self.now)
        if not behind and self.now < self.granted_until:
            self.lease_until = self.now + LEASE_SECONDS

    @rule(seconds=st.sampled_from([0.01, 0.3, 0.6, 1.1, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.world.guard.tick(self.now, self.world.inject)
        if self.now >= min(self.lease_until, self.granted_until):
            assert self.world.guard.held == ()

    @rule(behind=st.sampled_from([0, 0, 0, 1]), y=st.sampled_from([10, 50]), down=st.booleans(), old=st.booleans())
    def agent_presses(self, behind: int, y: int, down: bool, old: bool) -> None:
        old = old and self.last_spoken is not None
        sequence = (self.last_spoken or 0) if old else self.world.next()
        epoch = self.epoch - behind
        event = PressButton(epoch=epoch, sequence=sequence, x=1, y=y, button=Button.LEFT, down=down)
        self._send(event, behind or old)

    @rule(behind=st.sampled_from([0, 0, 0, 1]), keysym=st.integers(1, 3), down=st.booleans())
    def agent_types(self, behind: int, keysym: int, down: bool) -> None:
        event = PressKey(epoch=self.epoch - behind, sequence=self.world.next(), keysym=keysym, down=down)
        self._send(event, behind)

    def _send(self, event: PressButton | PressKey, stale: object) -> None:
        if event.epoch == self.epoch:
            self.last_spoken = event.sequence
        before = len(self.world.injected)
        verdict = self.world.guard.admit(event, self.now)
        if isinstance(verdict, Admission):
            self.admissions.append(verdict)
            self.world.inject(verdict)
        if len(self.world.injected) > before:
            assert not stale, "an old epoch or sequence"
            assert self.now < self.granted_until, "outside what the person granted"
            assert self.now < self.lease_until, "without a sign of life"
            assert self.now >= self.hand_until, "against the person's own hand"
            assert not event.down or not isinstance(event, PressButton) or event.y not in BAR, "into our bar"

    @rule(which=st.integers(0, 50))
    def somebody_spends_again(self, which: int) -> None:
        if self.admissions:
            with pytest.raises(ForgedAdmissionError):
                self.world.inject(self.admissions[which % len(self.admissions)])

    @invariant()
    def everything_injected_was_audited(self) -> None:
        assert self.world.injected == self.world.audited
        assert self.world.guard.audited == len(self.world.injected)


TestAssistance = Assistance.TestCase
TestAssistance.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
