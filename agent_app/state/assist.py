"""How far a remote assistance has come: what the consultation's events say, and what the helper says directly.

Only what comes directly from the helper, end to end, may switch input on; events are for the record and the state line.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from agent_app.state.assist_words import ended_text, refused_text
from relay_protocol.ids import AssistId
from relay_protocol.messages import (
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    Event,
    Privilege,
)


class Phase(StrEnum):
    """Where an assistance stands, as the consultation's events tell it."""

    NONE = "none"
    INVITED = "invited"
    JOINED = "joined"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"


RUNNING = frozenset({Phase.INVITED, Phase.JOINED, Phase.GRANTED})


@dataclass(frozen=True, slots=True)
class Assist:
    """The latest assistance of a consultation. `why` explains a refusal or an end."""

    id: AssistId | None = None
    phase: Phase = Phase.NONE
    scope: frozenset[Privilege] = frozenset()
    why: str = ""

    @property
    def running(self) -> bool:
        """Whether it is under way, from invitation to end."""
        return self.phase in RUNNING

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.phase is Phase.ENDED


NO_ASSIST = Assist()


@dataclass(frozen=True, slots=True)
class Live:
    """The direct path to a helper. `scope` is what input may be sent under; `note` is the latest news for the agent."""

    id: AssistId
    connected: bool = False
    scope: frozenset[Privilege] = frozenset()
    asking: bool = False
    note: str = ""
    paused_until: float = 0.0

    @property
    def controls(self) -> bool:
        """Whether the agent's mouse and keyboard act on the taxpayer's machine."""
        return self.connected and Privilege.CONTROL in self.scope


def apply_assist(assist: Assist, event: Event) -> Assist:
    """Fold one event. Events of an assistance other than the latest are history and change nothing."""
    if isinstance(event, AssistAsked):
        return Assist(event.assist, Phase.INVITED)
    if getattr(event, "assist", None) != assist.id or not assist.running:
        return assist
    match event:
        case AssistJoined():
            return replace(assist, phase=Phase.JOINED)
        case AssistGranted(scope=scope):
            return replace(assist, phase=Phase.GRANTED, scope=frozenset(scope), why="")
        case AssistRefused(reason=reason):
            # A refused wish for more leaves what was granted before.
            phase = Phase.GRANTED if assist.scope else Phase.REFUSED
            return replace(assist, phase=phase, why=refused_text(reason))
        case AssistRevoked(scope=scope):
            return replace(assist, scope=frozenset(scope), why="纳税人收回了授权")
        case AssistEnded(reason=reason):
            return replace(assist, phase=Phase.ENDED, scope=frozenset(), why=ended_text(reason))
        case _:
            return assist


def state_line(assist: Assist, live: Live | None, now: float) -> str:
    """Return one sentence that says where the assistance stands and what the agent can do."""
    if live is not None and live.id == assist.id and live.connected and assist.running:
        return _live_line(live, now)
    match assist.phase:
        case Phase.INVITED:
            return "已发出邀请，等待纳税人打开协助程序……"
        case Phase.JOINED:
            return "纳税人已打开协助程序，等待其同意……"
        case Phase.GRANTED:
            return "正在建立加密连接……"
        case Phase.REFUSED:
            return f"未开始：{assist.why}。可与纳税人说明后再次邀请。"
        case Phase.ENDED:
            return f"已结束：{assist.why}"
        case _:
            return "尚未邀请"


def _live_line(live: Live, now: float) -> str:
    if not live.scope:
        return live.note or "已连接，等待纳税人同意……"
    if live.controls:
        paused = live.paused_until > now
        return "纳税人正在使用鼠标键盘，您的操作暂停" if paused else "您正在控制纳税人的电脑，操作立即生效"
    if live.asking:
        return "已请求控制，等待纳税人同意……"
    return f"正在查看屏幕 · {live.note}" if live.note else "正在查看屏幕"
