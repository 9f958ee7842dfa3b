"""Which words of an event people may look for, and what of them is shown around what was found."""

from kb_sync.text import normalise
from relay_protocol.messages import (
    Answer,
    AnyEvent,
    Assigned,
    CallbackBooked,
    ColleagueJoined,
    ColleagueLeft,
    Evaluated,
    File,
    Image,
    MessageLeft,
    MessagePosted,
    MessageRecalled,
    OfferAccepted,
    PrivatePosted,
    Released,
    Text,
    TicketTaken,
    TransferAccepted,
    TransferAsked,
    WatchBegan,
    WrappedUp,
)

AROUND = 24
"""Characters shown on either side of what was found."""
MOVES = (
    TicketTaken,
    OfferAccepted,
    Assigned,
    TransferAccepted,
    Released,
    ColleagueJoined,
    ColleagueLeft,
    WatchBegan,
    MessageLeft,
    CallbackBooked,
    MessageRecalled,
)
"""Events after which a consultation is another office's or another agent's, or holds other words than before."""


def words_of(event: AnyEvent) -> str:
    """Return the words of an event, empty for one that holds none."""
    match event:
        case MessagePosted(body=Text(text=text)):
            return text
        case MessagePosted(body=Answer(title=title, text=text)):
            return f"{title} {text}"
        case MessagePosted(body=Image(attachment=attachment) | File(attachment=attachment)):
            return attachment.name
        case PrivatePosted(text=text) | MessageLeft(text=text) | CallbackBooked(text=text) | WrappedUp(text=text):
            return text
        case Evaluated(text=text):
            return text
        case TransferAsked(reason=reason, summary=summary):
            return f"{reason} {summary}"
    return ""


def excerpt(text: str, query: str) -> tuple[str, list[tuple[int, int]]]:
    """Return what stands around the first word found, and where in it the words stand (start, end)."""
    line = " ".join(text.split())
    folded = normalise(line) if len(normalise(line)) == len(line) else line.lower()
    wanted = [word for word in normalise(query).split() if word]
    first = min((at for word in wanted if (at := folded.find(word)) >= 0), default=0)
    start, end = max(0, first - AROUND), min(len(line), first + 3 * AROUND)
    before, after = "…" if start else "", "…" if end < len(line) else ""
    marks = sorted(
        (at - start + len(before), at - start + len(before) + len(word))
        for word in wanted
        for at in _places(folded, word)
        if start <= at and at + len(word) <= end
    )
    return f"{before}{line[start:end]}{after}", marks


def _places(text: str, word: str) -> list[int]:
    found, at = [], text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + len(word))
    return found
