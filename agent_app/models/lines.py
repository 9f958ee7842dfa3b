"""What a transcript shows, line by line: rows and what is still on its way, with days and delivery marks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_app.state.consultation import Consultation, Pending
from agent_app.state.rows import Row
from relay_protocol.ids import AgentId, ClientId
from relay_protocol.messages import (
    Answer,
    Body,
    Choices,
    File,
    Image,
    NoAnswer,
    Notice,
    PrivateKind,
    Quote,
    Recalled,
    Side,
    Text,
    Voice,
)

WEEKDAYS = "一二三四五六日"


class Mark(StrEnum):
    """How far one of the agent's own messages has come."""

    NONE = ""
    SENDING = "发送中"
    SENT = "已发送"
    DELIVERED = "已送达"
    READ = "已读"
    FAILED = "发送失败"


@dataclass(frozen=True, slots=True)
class Line:
    """One line to draw. `day` is set on the first line of a day; `client_id` while the relay has not confirmed it."""

    key: str
    row: Row
    mine: bool
    mark: Mark = Mark.NONE
    day: str = ""
    client_id: ClientId | None = None
    progress: float = 1.0
    error: str = ""


def lines_of(one: Consultation, me: AgentId) -> list[Line]:
    """Return every line of a consultation, the oldest first."""
    shown: list[Line] = []
    day = ""
    for row in one.rows:
        today = day_text(row.at)
        mine = row.side is Side.AGENT and row.agent == me
        told = mine and row.private is None and not isinstance(row.body, Recalled)
        mark = _mark(row.seq, one) if told else Mark.NONE
        shown.append(Line(row.key, row, mine, mark, today if today != day else ""))
        day = today
    return shown + [_pending_line(pending) for pending in one.pending]


def day_text(at: float) -> str:
    """Return the day of a moment (Unix seconds, local time)."""
    moment = datetime.fromtimestamp(at).astimezone()
    return f"{moment.month}月{moment.day}日 星期{WEEKDAYS[moment.weekday()]}"


def time_text(at: float) -> str:
    """Return the time of day of a moment, local time."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M")


def words_of(body: Body) -> str:
    """Return a body as plain words, for lists, screen readers and copying."""
    match body:
        case Text(text=text) | Notice(text=text) | NoAnswer(text=text):
            return text
        case Image(attachment=attachment):
            return f"[图片] {attachment.name}"
        case File(attachment=attachment):
            return f"[文件] {attachment.name}（{size_text(attachment.size)}）"
        case Voice(seconds=seconds):
            return f"[语音] {seconds:.0f} 秒"
        case Recalled():
            return "此消息已撤回"
        case Answer():
            return f"{body.title}\n{body.text}\n知识 {body.entry} · 修订 {short_revision(body.revision)}"
        case Choices():
            return "\n".join([body.text, *(f"· {option.title}" for option in body.options)])


def speaker(line: Line) -> str:
    """Return who says it, as the agent would."""
    if line.mine or line.client_id:
        return "我"
    names = {Side.BOT: "智能客服", Side.SYSTEM: "系统", Side.TAXPAYER: "纳税人", Side.AGENT: "座席"}
    return line.row.name or names[line.row.side]


def spoken(line: Line) -> str:
    """Return the line as a screen reader should say it."""
    mark = f"（{line.mark}{'：' + line.error if line.error else ''}）" if line.mark else ""
    private = f"（{private_text(line.row.private)}，纳税人看不到）" if line.row.private else ""
    answered = f"（回复 {quote_text(line.row.quote)}）" if line.row.quote else ""
    return f"{speaker(line)} {time_text(line.row.at)}{private}{answered}：{words_of(line.row.body)}{mark}"


def private_text(kind: PrivateKind) -> str:
    """Return what something is called that only agents see."""
    return "悄悄话" if kind is PrivateKind.WHISPER else "备注"


def quote_text(quote: Quote) -> str:
    """Return a quoted message in one line; one without words was a picture, a file, or was taken back."""
    names = {Side.BOT: "智能客服", Side.TAXPAYER: "纳税人", Side.AGENT: "座席", Side.SYSTEM: "系统"}
    return f"{quote.sender.name or names[quote.sender.side]}：{quote.excerpt or '（原消息）'}"


def size_text(size: int) -> str:
    """Return a size in bytes as people write it."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


def short_revision(revision: str) -> str:
    """Return enough of a revision to tell it from others."""
    return revision[:8]


def _mark(seq: int, one: Consultation) -> Mark:
    if seq <= one.read:
        return Mark.READ
    return Mark.DELIVERED if seq <= one.delivered else Mark.SENT


def _pending_line(pending: Pending) -> Line:
    row = Row(
        f"p{pending.client_id}",
        0,
        pending.at,
        Side.AGENT,
        "",
        pending.body,
        quote=pending.quote,
        private=pending.private,
    )
    mark = Mark.FAILED if pending.error else Mark.SENDING
    return Line(row.key, row, True, mark, "", pending.client_id, pending.progress, pending.error)
