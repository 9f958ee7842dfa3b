"""The taxpayer's own record of an assistance: who was allowed what, and what was done. It stays on this machine.

It says that keys were pressed, never which; that text was pasted, never what: it may be kept and shown around.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from relay_protocol.binding import Bound
from relay_protocol.messages import Privilege
from relay_protocol.messages.channel import (
    InputEvent,
    MovePointer,
    PasteText,
    PressButton,
    PressKey,
    TurnWheel,
)

CONSENT_TEXT = "1"
"""Which wording of the consent dialog the person saw."""
BURST_SECONDS = 2.0
PRIVILEGES = {Privilege.VIEW: "查看屏幕", Privilege.CONTROL: "操作鼠标和键盘"}
ACTS = {
    MovePointer: "移动鼠标",
    PressButton: "点击鼠标",
    TurnWheel: "滚动滚轮",
    PressKey: "按键",
    PasteText: "粘贴文字",
}


@dataclass(frozen=True)
class Line:
    """What happened, at `at` (Unix seconds), so many times."""

    at: float
    what: str
    times: int = 1


def named(scope: Sequence[Privilege] | frozenset[Privilege]) -> str:
    """Return the privileges as a person would say them."""
    return "、".join(name for privilege, name in PRIVILEGES.items() if privilege in scope) or "无"


class Record:
    """Grows while the assistance lasts. `now` is in Unix seconds."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self.inputs = 0
        """How many injected events were written down."""

    def note(self, what: str, now: float) -> None:
        """Write down a fact."""
        self._lines.append(Line(now, what))

    def granted(self, scope: frozenset[Privilege], proof: Bound, now: float) -> None:
        """Write down a consent with what proves who asked for it."""
        who = proof.agent
        self.note(f"您允许 {who.office} {who.name}（工号 {who.number}）{named(scope)}", now)
        self.note(f"　　同意书文本第 {CONSENT_TEXT} 版，对方签名 {proof.signed.signature}", now)

    def audit(self, event: InputEvent, now: float) -> None:
        """Write down one event before it is injected; the like of it within two seconds become one line."""
        self.inputs += 1
        act = ACTS[type(event)]
        last = self._lines[-1] if self._lines else None
        if last is not None and last.what == act and now - last.at < BURST_SECONDS:
            self._lines[-1] = Line(last.at, act, last.times + 1)
        else:
            self._lines.append(Line(now, act))

    def text(self) -> str:
        """Return the record as a person reads it."""
        days = groupby(self._lines, key=lambda line: _moment(line.at).date())
        parts = ["办问协同 远程协助记录", "本记录只保存在您的电脑上。操作只记种类和次数，不记您的内容。", ""]
        for day, lines in days:
            parts.append(f"{day.year} 年 {day.month} 月 {day.day} 日")
            parts += [_written(line) for line in lines]
        return "\n".join(parts) + "\n"


def _moment(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at).astimezone()


def _written(line: Line) -> str:
    times = f"（{line.times} 次）" if line.times > 1 else ""
    return f"{_moment(line.at):%H:%M:%S}  {line.what}{times}"
