"""How many files and sockets this process may have open: every link is one, and the usual soft limit is 1024."""

import logging
import resource

log = logging.getLogger(__name__)

ENOUGH = 10_500
"""10,000 links, and what the relay needs for itself."""


def raise_limit() -> int:
    """Raise the soft limit to what the administrator allows, and return it; say so if that is few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < ENOUGH:
        log.warning(
            "few links possible: raise the limit on open files (LimitNOFILE= in systemd)", extra={"files": hard}
        )
    return hard
