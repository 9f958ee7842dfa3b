"""One line of a transcript, and what an event does to the lines before it."""

from dataclasses import dataclass, replace

from agent_app.state.sentences import sentence
from relay_protocol.ids import AgentId
from relay_protocol.messages import (
    Body,
    EventFrame,
    MessagePosted,
    MessageRecalled,
    Notice,
    PrivateKind,
    PrivatePosted,
    Quote,
    Recalled,
    Side,
    Text,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `seq` is 0 while the relay has not confirmed it; `at` in Unix seconds; system lines hold a Notice.

    `private` is set for what only agents see.
    """

    key: str
    seq: int
    at: float
    side: Side
    name: str
    body: Body
    agent: AgentId | None = None
    quote: Quote | None = None
    private: PrivateKind | None = None


def row_of(frame: EventFrame) -> Row | None:
    """Return the line an event becomes, or None for one that only changes facts."""
    event = frame.event
    key = f"{frame.seq}"
    if isinstance(event, MessagePosted):
        sender = event.sender
        return Row(key, frame.seq, frame.at, sender.side, sender.name, event.body, sender.agent, event.quote)
    if isinstance(event, PrivatePosted):
        said, by = Text(text=event.text), event.agent
        return Row(key, frame.seq, frame.at, Side.AGENT, by.name, said, by.id, private=event.kind)
    text = sentence(event)
    return Row(key, frame.seq, frame.at, Side.SYSTEM, "", Notice(text=text)) if text else None


def recalled(rows: tuple[Row, ...], event: MessageRecalled) -> tuple[Row, ...]:
    """Take back a line, and its words wherever they were quoted."""
    return tuple(_taken_back(row, event.target) for row in rows)


def _taken_back(row: Row, target: int) -> Row:
    if row.seq == target:
        return replace(row, body=Recalled(), quote=None)
    if row.quote is not None and row.quote.seq == target:
        return replace(row, quote=Quote(seq=target, sender=row.quote.sender, excerpt=""))
    return row
