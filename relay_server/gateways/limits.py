"""How much one peer may do: token buckets by address and by session. Pure; `now` comes in."""

from relay_protocol.errors import BanwenError, ErrorCode

KEYS_KEPT = 20_000


class Bucket:
    """A token bucket: `burst` at once, `rate` per second in the long run."""

    __slots__ = ("_burst", "_filled_at", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._filled_at = float(burst), now

    def take(self, now: float) -> float:
        """Take one token; return 0, or the seconds to wait until there is one again."""
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled_at) * self._rate)
        self._filled_at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    def full_at(self) -> float:
        """When this bucket is full again, and so may be forgotten."""
        return self._filled_at + (self._burst - self._tokens) / self._rate


class Limiter:
    """Buckets by key, such as an address. Full ones are forgotten, so strangers cannot fill the memory."""

    def __init__(self, rate: float, burst: int, keys_kept: int = KEYS_KEPT) -> None:
        self._rate, self._burst, self._keys_kept = rate, burst, keys_kept
        self._buckets: dict[str, Bucket] = {}

    def check(self, key: str, now: float) -> None:
        """Count one use by `key`. Raise `BanwenError(RATE_LIMITED)` that says how long to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
        if wait := bucket.take(now):
            raise too_fast(wait)

    def _forget(self, now: float) -> None:
        if len(self._buckets) < self._keys_kept:
            return
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.full_at() > now}
        while len(self._buckets) >= self._keys_kept:  # an attack from many addresses: the oldest go
            del self._buckets[next(iter(self._buckets))]


def too_fast(wait: float) -> BanwenError:
    """Return the refusal for somebody who must wait `wait` seconds; `detail["wait"]` holds whole seconds."""
    seconds = max(1, round(wait + 0.5))
    return BanwenError(ErrorCode.RATE_LIMITED, f"操作太频繁，请 {seconds} 秒后再试。", wait=seconds)
