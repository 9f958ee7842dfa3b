"""属地: which office is competent for a taxpayer, and by what that is known; when nothing tells, one asks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from relay_protocol.messages import Office

NOBODY: Mapping[str, str] = {}


@dataclass(frozen=True)
class Clues:
    """What may tell the office, as administrative codes or numbers; empty for what is not known.

    `chosen` is what the taxpayer answered, `token` the signed identity's, `profile` what is kept of the person,
    `dialled` the number that was called, `phone` the person's own.
    """

    chosen: str = ""
    token: str = ""
    profile: str = ""
    dialled: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Found:
    """An office and the clue that named it: `token`, `profile`, `dialled`, `phone`, `chosen`, `only` or `default`."""

    office: Office
    by: str


@dataclass(frozen=True)
class Ask:
    """Nothing tells: let the taxpayer choose one of these, the widest first."""

    choices: tuple[Office, ...]


def competent(
    clues: Clues,
    offices: Mapping[str, Office],
    *,
    divisions: Mapping[str, str] = NOBODY,
    numbers: Mapping[str, str] = NOBODY,
    segments: Mapping[str, str] = NOBODY,
    default: str = "",
) -> Found | Ask | None:
    """Return the competent office, or the choice to put to the taxpayer; None while no office is known at all.

    Signed clues go before kept ones, kept before guessed. `numbers` says whose a dialled number is, `segments` where
    the first digits of mobile numbers belong (the longest that fits counts). `default` keeps a relay from asking.
    """
    candidates = (
        ("token", clues.token),
        ("profile", clues.profile),
        ("dialled", numbers.get(digits(clues.dialled), "")),
        ("phone", _by_segment(digits(clues.phone), segments)),
        ("chosen", clues.chosen),
    )
    for by, code in candidates:
        if office := nearest(code, offices, divisions):
            return Found(office, by)
    if len(offices) == 1:
        return Found(next(iter(offices.values())), "only")
    if default in offices:
        return Found(offices[default], "default")
    return Ask(choices(offices.values())) if offices else None


def nearest(code: str, offices: Mapping[str, Office], divisions: Mapping[str, str] = NOBODY) -> Office | None:
    """Return the office of a division code; of one that is not there (any more), the next wider that is.

    `divisions` names the office competent for a code, where it is another. Codes nest: 360103 lies in 360100, that in
    360000; the longer codes of streets and halls begin with their county's.
    """
    for known in (code, *(code[:length].ljust(6, "0") for length in (6, 4, 2))) if code else ():
        if office := offices.get(divisions.get(known, known)):
            return office
    return None


def choices(offices: Collection[Office]) -> tuple[Office, ...]:
    """Return what a taxpayer may choose from: cities and counties, by code."""
    asked = [office for office in offices if office.level in ("city", "county")]
    return tuple(sorted(asked or offices, key=lambda office: office.code))


def digits(number: str) -> str:
    """Return a phone number as its digits, without the country's code."""
    found = "".join(char for char in number if char.isdigit())
    return (
        found.removeprefix("0086")
        if found.startswith("0086")
        else found.removeprefix("86")
        if len(found) > 11
        else found
    )


def _by_segment(number: str, segments: Mapping[str, str]) -> str:
    lengths: Sequence[int] = sorted({len(segment) for segment in segments}, reverse=True)
    return next((segments[number[:length]] for length in lengths if number[:length] in segments), "")
