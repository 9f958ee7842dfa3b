"""Nothing that was acknowledged is lost: the relay is killed while people talk, and the power is cut, simulated."""

import random

import pytest

from bench import durability
from bench.powercut import SECTOR, Disk, Record


def holds(kills: int, cuts: int, recordings: int, seconds: float) -> None:
    """`seconds` is the longest wait for the first acknowledgement after a kill."""
    row = durability.kills(kills, seed=random.randrange(1000))
    assert row["acknowledged"] == row["said"]
    assert [row[name] for name in ("lost", "duplicated", "reordered", "heard wrongly")] == [0, 0, 0, 0]
    assert float(row["first ack s, worst"]) < seconds
    for seed in range(recordings):
        cut = durability.cuts(cuts, seed)
        assert (cut["lost"], cut["damaged"]) == (0, 0)


def test_five_kills_and_a_hundred_power_cuts_lose_nothing() -> None:
    holds(kills=5, cuts=100, recordings=1, seconds=10)  # a machine that tests is busy


@pytest.mark.soak
def test_a_hundred_kills_and_five_thousand_power_cuts_lose_nothing() -> None:
    holds(kills=100, cuts=500, recordings=10, seconds=3)


def test_what_was_not_synced_may_be_lost_in_a_simulated_cut_and_what_was_is_not() -> None:
    disk, dice = Disk(), random.Random(1)
    disk.do(Record(b"W", "a", 0, b"x" * SECTOR))
    assert {bytes(disk.after_a_cut(dice).get("a", b"")) for _ in range(50)} == {b"", b"x" * SECTOR}
    disk.do(Record(b"S", "a", 0, b""))
    disk.do(Record(b"W", "a", SECTOR, b"y" * SECTOR * 2))
    found = {bytes(disk.after_a_cut(dice)["a"]) for _ in range(50)}
    assert all(one.startswith(b"x" * SECTOR) for one in found)
    assert b"x" * SECTOR + bytes(SECTOR) + b"y" * SECTOR in found
