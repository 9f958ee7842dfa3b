"""One error base for every program, with a code that crosses the wire and a Chinese sentence that shows the way out."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """What went wrong, for programs. The sentence beside it is for people."""

    BAD_INPUT = "bad_input"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    FORBIDDEN_TYPE = "forbidden_type"
    UNAUTHENTICATED = "unauthenticated"
    LOCKED_OUT = "locked_out"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    RATE_LIMITED = "rate_limited"
    VERSION = "version"
    CORRUPT = "corrupt"
    UNREACHABLE = "unreachable"
    UNBOUND = "unbound"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"


class BanwenError(Exception):
    """Something a person can be told about.

    `message` is a Chinese sentence with the way out. `detail` is for the log only: it never reaches a peer, and never
    holds a secret.
    """

    def __init__(self, code: ErrorCode, message: str, **detail: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.detail = detail
