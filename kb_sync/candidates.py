"""What a search hands to a decision: hits, the dialogue a sentence starts, and what the stored state points at."""

from datetime import date

import msgspec

from kb_sync.dialogue import Dialogue, DialogueState
from kb_sync.entry import Audience, Entry, Revision


class SearchContext(msgspec.Struct, frozen=True):
    """What is known beside the words: the day, the page's module, the kind of taxpayer.

    `status` is one of `kb_sync.suggest.STATUSES`, empty while nobody told.
    """

    today: date
    module: str = ""
    audience: Audience = "both"
    status: str = ""


class Hit(msgspec.Struct, frozen=True):
    """An entry found. `score` ranks within one search only; `confidence`, 0 to 1, is comparable between searches."""

    entry: Entry
    revision: Revision
    score: float
    confidence: float


class OptionsState(msgspec.Struct, frozen=True, tag="options"):
    """「您是不是想问」 was shown with these entries, and the next message may pick one by its number."""

    entry_ids: tuple[str, ...]


State = DialogueState | OptionsState
"""Where a taxpayer stands between two messages; JSON by msgspec, to be stored with the consultation."""


class Candidates(msgspec.Struct, frozen=True):
    """Everything a decision looks at.

    hits: entries, best first.
    dialogue, nearness: the dialogue whose trigger is closest to the message, and how close, 0 to 1.
    running: the dialogue the state is in, None when there is none or its revision is gone.
    offered: entries the state offers, in order; None where one is no longer known.
    """

    hits: tuple[Hit, ...] = ()
    dialogue: Dialogue | None = None
    nearness: float = 0.0
    running: Dialogue | None = None
    offered: tuple[Entry | None, ...] = ()
