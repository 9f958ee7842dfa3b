"""Which protocol two programs can speak together: the highest version both know."""

from relay_protocol.errors import BanwenError, ErrorCode

OLDEST = 1
NEWEST = 1


def negotiate(peer_oldest: int, peer_newest: int, *, oldest: int = OLDEST, newest: int = NEWEST) -> int:
    """Return the version to speak. Raise `BanwenError(VERSION)` when the two ranges do not meet."""
    best = min(peer_newest, newest)
    if peer_oldest > peer_newest or best < max(peer_oldest, oldest):
        raise BanwenError(
            ErrorCode.VERSION,
            "程序版本与服务器不匹配，请更新到最新版本后重试。",
            peer=(peer_oldest, peer_newest),
            ours=(oldest, newest),
        )
    return best
