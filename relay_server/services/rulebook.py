"""The rulebook of a running relay: made anew whenever the directory is another one."""

from relay_server.domain.rulebook import Rulebook
from relay_server.domain.rules import DEFAULT, RuleSet
from relay_server.services.directory import LiveDirectory


class LiveRulebook:
    """What dispatch looks at: `current` always belongs to the directory as it is now."""

    def __init__(self, directory: LiveDirectory, fallback: RuleSet = DEFAULT, default_office: str = "") -> None:
        self.directory = directory
        self.fallback = fallback
        self._default_office = default_office
        self._book = Rulebook(directory.current, fallback, default_office)

    @property
    def current(self) -> Rulebook:
        """Return the rulebook as it is now."""
        if self._book.directory is not self.directory.current or self._book.fallback is not self.fallback:
            self._book = Rulebook(self.directory.current, self.fallback, self._default_office)
        return self._book
