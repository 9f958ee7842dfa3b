"""Whether an agent can be given one more: at work, heard, below their limit; asked wherever no round of dispatch does.

An agent is held before their places are counted, so that no two ever count the same free place. What is being given
is held before that: everybody holds consultations first, then agents.
"""

from dataclasses import dataclass

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId
from relay_protocol.messages import AgentCard, PresenceState
from relay_server.domain.access import Action, may_ever
from relay_server.domain.decisions import conflict
from relay_server.domain.rulebook import Rulebook
from relay_server.services.accounts import actor_of
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.store import events, queues
from relay_server.store.accounts import AgentAccount, agent_by_id
from relay_server.store.base import Transaction

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Floor:
    """Who can be reached, and by what rules. `reopen_within` seconds after its end a consultation may go on."""

    reach: Reach
    live: LiveRulebook
    reopen_within: float = DAY

    @property
    def rulebook(self) -> Rulebook:
        """Return the rules as they are now."""
        return self.live.current


def has_room(floor: Floor, agent: AgentId) -> Transaction[bool]:
    """Tell whether an agent serves fewer than they may; until the commit nobody else gives them anything."""
    load = yield from queues.hold_agent(agent)
    rulebook = floor.rulebook
    return load < rulebook.directory.capacity_of(agent, rulebook.rules("").capacity)


def require_room(floor: Floor, agent: AgentId) -> Transaction[None]:
    """Raise CONFLICT unless an agent serves fewer than they may."""
    if not (yield from has_room(floor, agent)):
        raise conflict("同时服务的咨询已达上限，请先结束或挂起一个再操作。")


def why_cannot_take(floor: Floor, agent: AgentId, now: float) -> Transaction[str]:
    """Return in Chinese why an agent cannot be given one more, empty if they can."""
    account = yield from agent_by_id(agent)
    if account is None or account.disabled:
        return "账号已停用"
    said = (yield from events.read_attendance()).get(agent)
    match said.state if said else PresenceState.OFFLINE:
        case PresenceState.OFFLINE:
            return "未上线"
        case PresenceState.BREAK:
            return "正在小休"
        case PresenceState.BUSY:
            return "示忙"
    if not floor.reach.reachable(agent, now, floor.rulebook.fallback.unreachable_after):
        return "暂时失去联系"
    return "" if (yield from has_room(floor, agent)) else "接待数已满"


def require_can_take(floor: Floor, agent: AgentId, now: float) -> Transaction[AgentCard]:
    """Return the card of an agent who can be given one more. Raise CONFLICT with why not, NOT_FOUND."""
    card = yield from require_agent(floor, agent)
    why = yield from why_cannot_take(floor, agent, now)
    if why:
        raise conflict(f"{card.name}现在不能接入（{why}），请选择其他座席，或转到队列。")
    return card


def require_agent(floor: Floor, agent: AgentId) -> Transaction[AgentCard]:
    """Return the card of somebody who serves. Raise NOT_FOUND."""
    account: AgentAccount | None = yield from agent_by_id(agent)
    person = actor_of(account, floor.rulebook.directory) if account is not None and not account.disabled else None
    if person is None or not may_ever(person, Action.SERVE):
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这位座席，或账号已停用，请刷新名单后重选。")
    return person.card
