"""Presence: every short path through the machine, and the promises that hold on all of them."""

from collections.abc import Callable
from itertools import product

import pytest

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import NoAnswerCounted, PresenceChanged, PresenceState
from relay_server.domain import presence
from relay_server.domain.presence import NO_ANSWER, SILENT, Desk, Limits, Mode, Presence

LIMITS = Limits()
ONE = ConsultationId("C1")
READY = Presence(said=PresenceState.READY, heard_at=0.0, desks={"text": Desk(2), "voice": Desk(1)})
Deed = Callable[[Presence, float], Presence]


def returned(now: Presence, at: float, why: str = "expired") -> Presence:
    return presence.returned(now, "text", why, ONE, LIMITS, at)[0]


DEEDS: dict[str, Deed] = {
    "ready": lambda now, at: presence.say(now, PresenceState.READY, "", at),
    "break": lambda now, at: presence.say(now, PresenceState.BREAK, "用餐", at),
    "heard": presence.heard,
    "offered": lambda now, at: presence.offered(now, "text"),
    "accepted": lambda now, at: presence.accepted(now, "text"),
    "returned": returned,
    "finished": lambda now, at: presence.finished(now, "text"),
    "wrapped_up": lambda now, at: presence.wrapped_up(now, "text"),
    "silence": lambda now, at: presence.tick(now, LIMITS, at + 91.0)[0],
}


@pytest.mark.req("A28")
def test_on_every_path_of_five_deeds_the_promises_hold() -> None:
    walked = 0
    for names in product(DEEDS, repeat=5):
        now, at = READY, 0.0
        for name in names:
            at += 1.0
            try:
                now = DEEDS[name](now, at)
            except ValueError:
                break  # this deed does not fit here; the machine said so and changed nothing
            walked += 1
            assert 0 <= now.desks["text"].load <= 2
            assert now.desks["voice"] == Desk(1), "the other medium is not touched"
            assert now.strikes < LIMITS.strikes or now.said is not PresenceState.READY
            if presence.mode(now, "text", LIMITS, at) is Mode.READY:
                assert now.said is PresenceState.READY
                assert not now.lost
                assert presence.offered(now, "text").desks["text"].load == now.desks["text"].load + 1
            if now.lost:
                assert now.desks["text"].engaged == now.desks["text"].offered == 0
    assert walked > 10_000


@pytest.mark.req("A28")
def test_an_offer_not_taken_three_times_in_a_row_is_a_break_that_only_the_agent_ends() -> None:
    now = READY
    changes: list[presence.Change] = []
    for number in (1, 2, 3):
        now, changes = presence.returned(presence.offered(now, "text"), "text", "expired", ONE, LIMITS, float(number))
        assert changes[0] == NoAnswerCounted(strikes=number, consultation=ONE)
    assert changes[1:] == [PresenceChanged(state=PresenceState.BREAK, reason=NO_ANSWER, cause="strikes")]
    assert (now.said, now.reason, presence.mode(now, "text", LIMITS, 3.0)) == (
        PresenceState.BREAK,
        NO_ANSWER,
        Mode.BREAK,
    )
    back = presence.say(now, PresenceState.READY, "", 4.0)
    assert (back.strikes, presence.mode(back, "text", LIMITS, 4.0)) == (0, Mode.READY)


def test_taking_one_forgets_the_strikes_and_what_was_withdrawn_counts_for_none() -> None:
    now = returned(presence.offered(returned(presence.offered(READY, "text"), 1.0), "text"), 2.0)
    assert now.strikes == 2
    assert presence.accepted(presence.offered(now, "text"), "text").strikes == 0
    assert returned(presence.offered(now, "text"), 3.0, "withdrawn").strikes == 2


@pytest.mark.req("A28")
def test_silence_first_stops_offers_then_takes_all_back_and_says_so_once() -> None:
    now = presence.accepted(presence.offered(READY, "text"), "text")
    assert presence.mode(now, "text", LIMITS, 30.0) is Mode.READY
    assert presence.mode(now, "text", LIMITS, 30.1) is Mode.UNREACHABLE
    assert presence.tick(now, LIMITS, 90.0) == (now, [])
    gone, changes = presence.tick(now, LIMITS, 90.1)
    assert changes == [PresenceChanged(state=PresenceState.OFFLINE, reason=SILENT, cause="lost")]
    assert gone.desks["text"].load == 0
    assert presence.tick(gone, LIMITS, 500.0) == (gone, [])


def test_a_sign_of_life_in_time_keeps_everything() -> None:
    now = presence.heard(presence.accepted(presence.offered(READY, "text"), "text"), 80.0)
    assert presence.tick(now, LIMITS, 160.0) == (now, [])
    assert presence.heard(now, 10.0).heard_at == 80.0, "a late edge does not turn the clock back"


def test_an_agent_at_capacity_is_full_and_more_is_an_error_of_ours() -> None:
    now = presence.offered(presence.offered(READY, "text"), "text")
    assert presence.mode(now, "text", LIMITS, 1.0) is Mode.FULL
    with pytest.raises(ValueError, match="over capacity"):
        presence.offered(now, "text")
    assert presence.mode(READY, "video", LIMITS, 1.0) is Mode.FULL, "no place for a medium that is not theirs"


def test_on_hold_and_transfer_free_a_place_without_a_wrap_up() -> None:
    now = presence.let_go(presence.accepted(presence.offered(READY, "text"), "text"), "text")
    assert now.desks["text"].load == 0
    with pytest.raises(ValueError, match="nothing of that kind"):
        presence.let_go(now, "text")


def test_saying_the_same_again_keeps_the_beginning() -> None:
    first = presence.say(Presence(), PresenceState.BREAK, "用餐", 5.0)
    assert presence.say(first, PresenceState.BREAK, "开会", 9.0).since == 5.0
    assert presence.say(first, PresenceState.READY, "", 9.0).since == 9.0
