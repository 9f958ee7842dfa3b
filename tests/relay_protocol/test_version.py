"""Two programs speak the highest version both know, or say that one must be updated."""

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.version import negotiate


@pytest.mark.parametrize(("peer", "ours", "spoken"), [((1, 1), (1, 1), 1), ((1, 5), (2, 3), 3), ((2, 3), (1, 9), 3)])
def test_the_highest_common_version_is_spoken(peer: tuple[int, int], ours: tuple[int, int], spoken: int) -> None:
    assert negotiate(*peer, oldest=ours[0], newest=ours[1]) == spoken


@pytest.mark.parametrize(("peer", "ours"), [((1, 1), (2, 3)), ((4, 9), (1, 3)), ((3, 1), (1, 3))])
def test_ranges_that_do_not_meet_are_refused(peer: tuple[int, int], ours: tuple[int, int]) -> None:
    with pytest.raises(BanwenError) as caught:
        negotiate(*peer, oldest=ours[0], newest=ours[1])
    assert caught.value.code is ErrorCode.VERSION
