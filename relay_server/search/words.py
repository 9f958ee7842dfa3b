"""How words become what an index holds: each pair of neighbours, and each single one.

Phrases of pairs find any run of Chinese characters wherever a word may begin, without a dictionary; single characters
answer questions of one character.
"""

from itertools import pairwise

from kb_sync.text import units

LONGEST = 8000
LONGEST_QUERY = 200
_JOIN = "_"


def pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring units in order: 增_值 值_税 for 增值税."""
    found = units(text[:LONGEST])
    return [f"{one}{_JOIN}{other}" for one, other in pairwise(found)]


def singles(text: str) -> list[str]:
    """Return the units without repeats."""
    return list(dict.fromkeys(units(text[:LONGEST])))


def phrases(query: str) -> list[list[str]]:
    """Return what must all be there: for each run of a query its pairs, or its one unit."""
    found = []
    for run in query[:LONGEST_QUERY].split():
        parts = units(run)
        if parts:
            found.append(pairs(run) or parts)
    return found


def is_pair(token: str) -> bool:
    """Tell whether it is a pair or a single unit."""
    return _JOIN in token
