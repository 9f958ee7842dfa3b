"""How things are named: time-ordered identifiers and the streams they belong to."""

from typing import NewType

ConsultationId = NewType("ConsultationId", str)
TaxpayerId = NewType("TaxpayerId", str)
AgentId = NewType("AgentId", str)
AssistId = NewType("AssistId", str)
OfferId = NewType("OfferId", str)
TransferId = NewType("TransferId", str)
AttachmentId = NewType("AttachmentId", str)
RequestId = NewType("RequestId", str)
ClientId = NewType("ClientId", str)
EntryId = NewType("EntryId", str)
Stream = NewType("Stream", str)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENTROPY_BYTES = 10
ID_LENGTH = 26


def ulid(now: float, entropy: bytes) -> str:
    """Return a 26-character ULID (Crockford base 32): 48 bits of milliseconds, then 80 bits of `entropy`.

    `now` is in Unix seconds. Identifiers made later sort later, so tables keep their order on disk.
    """
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"entropy must be {ENTROPY_BYTES} bytes")
    number = (int(now * 1000) & (2**48 - 1)) << 80 | int.from_bytes(entropy, "big")
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_ulid(text: str) -> bool:
    """Tell whether `text` has the shape of an identifier made by `ulid`."""
    return len(text) == ID_LENGTH and text[0] <= "7" and all(char in _CROCKFORD for char in text)


def consultation_stream(consultation: ConsultationId) -> Stream:
    """Return the event stream of one consultation."""
    return Stream(f"consultation/{consultation}")


def consultation_of(stream: Stream) -> ConsultationId:
    """Return the consultation whose stream this is; the inverse of `consultation_stream`."""
    return ConsultationId(stream.removeprefix("consultation/"))


def presence_stream(agent: AgentId) -> Stream:
    """Return the stream of what one agent's presence went through."""
    return Stream(f"presence/{agent}")


def taxpayer_stream(taxpayer: TaxpayerId) -> Stream:
    """Return the stream of what was decided about one person: blocks, erasure."""
    return Stream(f"taxpayer/{taxpayer}")


def queue_stream(queue: str) -> Stream:
    """Return the stream of one queue."""
    return Stream(f"queue/{queue}")


def settings_stream(kind: str) -> Stream:
    """Return the stream of all changes of one kind of settings."""
    return Stream(f"settings/{kind}")


def audit_stream(agent: AgentId) -> Stream:
    """Return the stream of what somebody looked at who must give a reason for looking."""
    return Stream(f"audit/{agent}")


def webhook_stream(name: str) -> Stream:
    """Return the stream of what became of one webhook's deliveries."""
    return Stream(f"webhook/{name}")


def is_consultation(stream: Stream) -> bool:
    """Tell whether this is the stream of a consultation."""
    return stream.startswith("consultation/")
