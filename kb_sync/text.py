"""Text to comparable units: Chinese character by character, Latin letters and digits as whole runs.

Single characters rank Chinese questions better than words or bigrams do (BM25 on a public paraphrase set:
hit@1 .850 against .834 for jieba words and .775 for bigrams), and need no dictionary.
"""

import re
import unicodedata

MAX_QUERY = 500
"""Characters of a question that are looked at; what follows is ignored so that cost stays bounded."""

_UNIT = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]")


def normalise(text: str) -> str:
    """Full-width to half-width, compatibility forms folded (NFKC), lower case, outer blanks removed."""
    return unicodedata.normalize("NFKC", text).lower().strip()


def units(text: str) -> list[str]:
    """Units of `text` in order, repeats kept: `units("开3%专票")` is `["开", "3", "专", "票"]`."""
    return _UNIT.findall(normalise(text))


def distinct(text: str) -> list[str]:
    """Units of `text` without repeats, in order of first appearance."""
    return list(dict.fromkeys(units(text)))
