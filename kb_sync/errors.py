"""Errors of knowledge files: one type over the shared base, so that a gateway needs no special case."""

from relay_protocol.errors import BanwenError


class KnowledgeError(BanwenError):
    """A knowledge source or bundle cannot be used. `code` is BAD_INPUT (a source), CORRUPT (a bundle) or NOT_FOUND."""
