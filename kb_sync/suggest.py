"""猜你想问: three to six questions for a page, a kind of taxpayer and an error, and what is asked most.

Every suggestion says why it is there. Order: the error that shows, then questions picked for this page and this kind of
taxpayer, then the page in general, then what is asked most.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from kb_sync.entry import Audience, Entry, Revision, revision_of

MOST = 6
STATUSES = ("一般纳税人", "小规模纳税人")
"""纳税人身份: of the two an enterprise has one; a question that names only the other is not for it."""
HOT_PLACES = 1
"""Places of the six kept for what is asked most, so that a page with many questions of its own still shows it."""

Why = Literal["error", "profile", "page", "hot"]
Source = tuple[Sequence[str], Why]


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A page of the business system: its name, entries for each kind of taxpayer, entries for both."""

    title: str
    enterprise: tuple[str, ...] = ()
    individual: tuple[str, ...] = ()
    both: tuple[str, ...] = ()

    def ids(self) -> Iterator[str]:
        """Every entry named."""
        yield from (*self.enterprise, *self.individual, *self.both)


class SuggestionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Pages by module, entries by error code, and what is asked most until real counts exist."""

    pages: dict[str, Page] = {}
    error_codes: dict[str, tuple[str, ...]] = {}
    hot: tuple[str, ...] = ()

    def ids(self) -> Iterator[str]:
        """Every entry named, to check that each exists."""
        for page in self.pages.values():
            yield from page.ids()
        for ids in self.error_codes.values():
            yield from ids
        yield from self.hot

    def codes_by_entry(self) -> dict[str, tuple[str, ...]]:
        """Error codes that lead to an entry, by its id."""
        found: dict[str, tuple[str, ...]] = {}
        for code, ids in self.error_codes.items():
            for key in ids:
                found[key] = (*found.get(key, ()), code)
        return found


class Suggestion(msgspec.Struct, frozen=True):
    """A question to offer, the revision it was taken from, and the reason it is offered."""

    entry_id: str
    revision: Revision
    question: str
    why: Why


def suggest(
    rules: SuggestionRules,
    entries: Mapping[str, Entry],
    *,
    module: str,
    audience: Audience,
    today: date,
    status: str = "",
    error_code: str = "",
    hot: Sequence[str] = (),
) -> tuple[Suggestion, ...]:
    """Up to six questions; never fewer than three while rules and knowledge hold three in force for this audience.

    `status` is one of `STATUSES` or empty. `hot` are entry ids, most asked first; without any the rules' own list
    stands in. Unknown modules and codes are fine.
    """

    def usable(key: str) -> bool:
        entry = entries.get(key)
        if entry is None or not entry.in_force(today) or not entry.serves(audience):
            return False
        return not (status and _is_of_another(status, entry.question))

    page = rules.pages.get(module, Page(""))
    own: list[Source] = [
        (rules.error_codes.get(error_code, ()), "error"),
        (page.individual if audience == "individual" else page.enterprise, "profile"),
        (page.both, "page"),
        ([key for key, entry in entries.items() if module and entry.module == module], "page"),
    ]
    chosen = _first(own, usable, {}, MOST - HOT_PLACES)
    chosen = _first([(tuple(hot) or rules.hot, "hot"), *own], usable, chosen, MOST)
    return tuple(Suggestion(key, revision_of(entries[key]), entries[key].question, why) for key, why in chosen.items())


def _is_of_another(status: str, question: str) -> bool:
    return status not in question and any(one in question for one in STATUSES)


def _first(
    sources: Iterable[Source], usable: Callable[[str], bool], chosen: dict[str, Why], most: int
) -> dict[str, Why]:
    """`chosen` with usable ids of the sources added in order until there are `most`; the first reason stays."""
    full = dict(chosen)
    for ids, why in sources:
        for key in ids:
            if len(full) < most and usable(key):
                full.setdefault(key, why)
    return full
