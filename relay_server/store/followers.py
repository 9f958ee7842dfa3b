"""Operations on followers: whose workbenches show which consultation, so that links know what to follow.

`events.append` keeps the rows true; each function is a step of a transaction script.
"""

from dataclasses import dataclass

from relay_protocol.ids import AgentId, ConsultationId
from relay_server.domain.consultation import Consultation
from relay_server.store.base import Operation, Transaction


@dataclass(frozen=True)
class MoveFollowers(Operation):
    """These agents follow a consultation from now on, those no longer; the answer is `base.Moved`."""

    consultation: ConsultationId
    joined: frozenset[AgentId]
    left: frozenset[AgentId]


@dataclass(frozen=True)
class ListFollowed(Operation):
    """What an agent follows."""

    agent: AgentId


def move_followers(before: Consultation | None, now: Consultation) -> Transaction[None]:
    """Keep who follows a consultation, if anybody came or went."""
    if before is not None and _same(before, now):
        return
    earlier = before.followers if before is not None else frozenset()
    if earlier != now.followers:
        yield MoveFollowers(now.id, now.followers - earlier, earlier - now.followers)


def followed_by(agent: AgentId) -> Transaction[list[Consultation]]:
    """Return what an agent follows, newest first."""
    found: list[Consultation] = yield ListFollowed(agent)
    return found


def _same(before: Consultation, now: Consultation) -> bool:
    """Tell at little cost that nobody came or went: a message leaves all of these the very same objects."""
    return (
        before.state is now.state
        and before.agent is now.agent
        and before.offer is now.offer
        and before.transfer is now.transfer
        and before.invited is now.invited
        and before.colleagues is now.colleagues
        and before.watchers is now.watchers
    )
