"""Outgoing webhooks: which event is told, under which name, what of it, how it is signed, when it is tried again.

After Standard Webhooks 1.0.0: id, timestamp and body are signed together; the id stays the same for every try, so that
the receiver can tell a repetition. Bodies are thin: no words of anybody, only where to read on.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from relay_protocol.ids import ConsultationId
from relay_protocol.messages import (
    AnyEvent,
    Assigned,
    AssistEnded,
    AssistGranted,
    AssistRevoked,
    ConsultationClosed,
    ConsultationOpened,
    Evaluated,
    EventFrame,
    MessagePosted,
    MessageRecalled,
    OfferAccepted,
    Reopened,
    TicketTaken,
    TransferAccepted,
)
from relay_server.domain.records import Name, Record

NAMES: dict[type[AnyEvent], str] = {
    ConsultationOpened: "session.created",
    TicketTaken: "session.queued",
    OfferAccepted: "session.assigned",
    Assigned: "session.assigned",
    TransferAccepted: "session.transferred",
    ConsultationClosed: "session.closed",
    Reopened: "session.reopened",
    MessagePosted: "message.created",
    MessageRecalled: "message.recalled",
    AssistGranted: "remote.granted",
    AssistRevoked: "remote.revoked",
    AssistEnded: "remote.ended",
    Evaluated: "evaluation.submitted",
}
TYPES = tuple(dict.fromkeys(NAMES.values()))
SCHEDULE = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Seconds before each try (requirements §6.6); after the last one it is given up."""
SECRET_BYTES = 32
PREFIX = "whsec_"


class Webhook(Record, frozen=True, kw_only=True):
    """Where events of an office and all below it are sent. Nothing is, until an administrator has approved it.

    `private` lets the address be one of the own network. The secret is made from the master key and `generation`, so
    that it is kept nowhere.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s@]+$", max_length=500)]
    events: list[str] = msgspec.field(default_factory=list)
    office: str = ""
    approved: bool = False
    private: bool = False
    generation: int = 1


class ApiClient(Record, frozen=True, kw_only=True):
    """A program that may read. `digest` is the SHA-256 of its token, in hex; `about` says whose it is."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    about: Name
    digest: str
    office: str = ""
    approved: bool = False


class Payload(msgspec.Struct, frozen=True):
    """The body of a webhook."""

    type: str
    timestamp: str
    data: dict[str, str | int | float]


def payload(consultation: ConsultationId, office: str, frame: EventFrame) -> bytes:
    """Return the body for an event whose type is in `NAMES`: JSON, well under the 20 kB that receivers must take."""
    event = frame.event
    data: dict[str, str | int | float] = {"consultation": consultation, "seq": frame.seq, "office": office}
    match event:
        case ConsultationOpened(channel=channel):
            data["channel"] = channel
        case TicketTaken(queue=queue, number=number, day=day):
            data |= {"queue": queue, "number": number, "day": day}
        case OfferAccepted(agent=agent) | Assigned(agent=agent) | TransferAccepted(agent=agent):
            data["agent"] = agent.number
        case ConsultationClosed(reason=reason) | AssistEnded(reason=reason):
            data["reason"] = reason
        case MessagePosted(sender=sender, body=body):
            data |= {"side": str(sender.side), "kind": type(body).__name__.lower()}
        case MessageRecalled(target=target):
            data["target"] = target
        case Evaluated(level=level):
            data["level"] = level
    stamp = datetime.fromtimestamp(frame.at, UTC).isoformat().replace("+00:00", "Z")
    return msgspec.json.encode(Payload(NAMES[type(event)], stamp, data))


def delivery_id(frame: EventFrame) -> str:
    """Return the id of an event, the same for every try and every receiver."""
    return f"msg_{frame.stream.rpartition('/')[2]}_{frame.seq}"


def headers(delivery: str, body: bytes, secret: bytes, now: float) -> dict[str, str]:
    """Return what a receiver checks: id, time (Unix seconds) and the signature over both and the body."""
    stamp = str(int(now))
    signed = hmac.digest(secret, f"{delivery}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": delivery,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        "content-type": "application/json",
    }


def shown(secret: bytes) -> str:
    """Return a secret as receivers enter it."""
    return PREFIX + base64.b64encode(secret).decode()


def outcome(status: int, attempt: int) -> str:
    """Return what becomes of a delivery after a try: 2xx is success, 410 ends the webhook, all else is tried again."""
    if 200 <= status < 300:
        return "delivered"
    if status == 410:
        return "gone"
    return "retry" if attempt < len(SCHEDULE) else "given_up"
