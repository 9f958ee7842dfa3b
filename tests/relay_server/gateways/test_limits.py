"""Rates are limited by key, with the time to wait, in bounded memory."""

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.gateways.limits import Limiter


def test_a_burst_passes_then_the_wait_is_told_and_holds() -> None:
    limiter = Limiter(rate=0.5, burst=3)
    for _ in range(3):
        limiter.check("a", now=100.0)
    with pytest.raises(BanwenError) as caught:
        limiter.check("a", now=100.0)
    assert caught.value.code is ErrorCode.RATE_LIMITED
    wait = caught.value.detail["wait"]
    assert isinstance(wait, int)
    assert f"{wait} 秒" in caught.value.message
    limiter.check("a", now=100.0 + wait)


def test_one_peer_does_not_use_up_what_belongs_to_another() -> None:
    limiter = Limiter(rate=1, burst=1)
    limiter.check("a", now=0.0)
    limiter.check("b", now=0.0)


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    limiter = Limiter(rate=1, burst=1)
    limiter.check("a", now=100.0)
    with pytest.raises(BanwenError):
        limiter.check("a", now=10.0)


def test_strangers_from_many_addresses_cannot_fill_the_memory() -> None:
    limiter = Limiter(rate=0.001, burst=1, keys_kept=100)
    for number in range(1000):
        limiter.check(str(number), now=0.0)
    assert len(limiter._buckets) <= 100
