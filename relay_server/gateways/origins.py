"""Which web pages may talk to the relay: its own. Programs send no Origin; a browser always does, and truthfully."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from relay_protocol.errors import BanwenError, ErrorCode

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Origins:
    """The relay's own origins, known once it listens. The widget runs inside a frame of ours, so no other is needed."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self.own = list(own)

    def learn(self, host: str, port: int, public_url: str) -> None:
        """Work out the origins from where the relay listens and what it is called outside."""
        names = LOOPBACK if host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::") else (host,)  # noqa: S104
        self.own = [f"http://{name}:{port}" for name in names]
        if public_url:
            parts = urlsplit(public_url)
            self.own.insert(0, f"{parts.scheme}://{parts.netloc}")

    def check(self, headers: Mapping[str, str]) -> None:
        """Raise `BanwenError(FORBIDDEN)` for a request another site's page made."""
        origin = headers.get("origin")
        if origin is not None and origin not in self.own:
            raise BanwenError(
                ErrorCode.FORBIDDEN, "不允许从其他网站直接访问，请从办税网站的咨询窗口进入。", origin=origin[:200]
            )
