"""The shape of one line of a transcript at a given width: what is drawn where. Measured once, painted often."""

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QTextLayout, QTextOption

from agent_app.models.lines import (
    Line,
    Mark,
    private_text,
    quote_text,
    short_revision,
    size_text,
    speaker,
    time_text,
    words_of,
)
from agent_app.views.theme import SIZE, colors, font
from relay_protocol.messages import Answer, Body, Choices, File, Image, Notice, Recalled, Side, Voice

AVATAR = 34.0
MARGIN = 16.0
INSET = 12.0
PICTURE = (280.0, 210.0)
UNKNOWN_PICTURE = (200.0, 150.0)
WIDEST = 640.0
DAY_HEIGHT = 34.0
LINE_GAP = 3.0


@dataclass(frozen=True)
class Block:
    """Laid out words at a place of the row."""

    layout: QTextLayout
    at: QPointF
    color: str


@dataclass
class Bubble:
    """Everything the delegate paints. Rectangles are relative to the row's top left corner."""

    height: float = 0.0
    ground: QRectF = field(default_factory=QRectF)
    ground_color: str = ""
    avatar: QRectF = field(default_factory=QRectF)
    picture: QRectF = field(default_factory=QRectF)
    day: QRectF = field(default_factory=QRectF)
    blocks: list[Block] = field(default_factory=list)
    mark: QRectF = field(default_factory=QRectF)
    quote: QRectF = field(default_factory=QRectF)
    private: bool = False


def lay_out(line: Line, width: float) -> Bubble:
    """Measure a line for a row `width` device-independent pixels wide."""
    bubble = Bubble()
    top = DAY_HEIGHT if line.day else 4.0
    if line.day:
        bubble.day = QRectF(0, 4, width, DAY_HEIGHT - 8)
    if isinstance(line.row.body, Notice):
        return _notice(bubble, line, width, top)
    return _speech(bubble, line, width, top)


def _notice(bubble: Bubble, line: Line, width: float, top: float) -> Bubble:
    palette = colors()
    body = line.row.body
    words = f"{time_text(line.row.at)}  {body.text}" if isinstance(body, Notice) else ""
    layout, wide, high = _words(words, font(SIZE.small), min(width - 4 * MARGIN, WIDEST))
    left = (width - wide) / 2
    bubble.ground = QRectF(left - INSET, top + 2, wide + 2 * INSET, high + 8)
    bubble.ground_color = palette.line
    bubble.blocks.append(Block(layout, QPointF(left, top + 6), palette.quiet))
    bubble.height = top + high + 18
    return bubble


def _speech(bubble: Bubble, line: Line, width: float, top: float) -> Bubble:
    palette = colors()
    inner = max(120.0, min(width * 0.76, WIDEST) - AVATAR - 2 * INSET)
    head, head_wide, head_high = _words(_head(line), font(SIZE.small), width - 2 * MARGIN - AVATAR)
    shown = _quoted(line) + _parts(line.row.body)
    parts = [(*_words(words, made, inner), color) for words, made, color in shown]
    picture = _picture_size(line.row.body)
    wide = max([part[1] for part in parts] + [picture[0], 16.0])
    high = sum(part[2] + LINE_GAP for part in parts) - LINE_GAP * bool(parts) + picture[1]
    left = width - MARGIN - AVATAR - 8 - wide - 2 * INSET if line.mine else MARGIN + AVATAR + 8
    body_top = top + head_high + 4
    bubble.ground = QRectF(left, body_top, wide + 2 * INSET, high + 2 * INSET - 6)
    bubble.ground_color = _ground_color(line)
    bubble.private = line.row.private is not None
    bubble.avatar = QRectF(width - MARGIN - AVATAR if line.mine else MARGIN, body_top, AVATAR, AVATAR)
    head_left = bubble.ground.right() - head_wide if line.mine else left
    bubble.blocks.append(Block(head, QPointF(head_left, top), palette.quiet))
    if picture[1]:
        bubble.picture = QRectF(left + INSET, body_top + INSET - 3, *picture)
    _stack(bubble, parts, QPointF(left + INSET, body_top + INSET - 3 + picture[1]))
    if line.row.quote is not None:
        bubble.quote = QRectF(left + INSET - 7, body_top + INSET - 2 + picture[1], 3, parts[0][2])
    bottom = max(bubble.ground.bottom(), bubble.avatar.bottom())
    bubble.height = _mark(bubble, line, width, bottom) + 8
    return bubble


def _ground_color(line: Line) -> str:
    palette = colors()
    if line.row.private is not None:
        return palette.private_soft
    if line.mine:
        return palette.mine
    return palette.bot if line.row.side is Side.BOT else palette.surface


def _quoted(line: Line) -> list[tuple[str, QFont, str]]:
    """Return the line of the message that is answered."""
    return [(quote_text(line.row.quote), font(SIZE.small), colors().quiet)] if line.row.quote is not None else []


def _stack(bubble: Bubble, parts: list[tuple[QTextLayout, float, float, str]], at: QPointF) -> None:
    for layout, _, high, color in parts:
        bubble.blocks.append(Block(layout, QPointF(at), color))
        at += QPointF(0, high + LINE_GAP)


def _mark(bubble: Bubble, line: Line, width: float, bottom: float) -> float:
    """Delivery marks stand below the agent's own words; return where the row's content ends."""
    if line.mark is Mark.NONE:
        return bottom
    palette = colors()
    failed = line.mark is Mark.FAILED
    words = f"{line.mark}：{line.error}　双击重试" if failed else str(line.mark)
    layout, wide, high = _words(words, font(SIZE.small), width - 2 * MARGIN - AVATAR - 40)
    left = bubble.ground.right() - wide
    bubble.blocks.append(Block(layout, QPointF(left, bottom + 3), palette.danger if failed else palette.quiet))
    bubble.mark = QRectF(left - 18, bottom + 3 + (high - 14) / 2, 14, 14)
    return bottom + 3 + high


def _head(line: Line) -> str:
    time = time_text(line.row.at)
    if line.row.private is not None:
        return f"{speaker(line)} · {private_text(line.row.private)} · 仅座席可见  {time}"
    return time if line.mine else f"{speaker(line)}  {time}"


def _parts(body: Body) -> list[tuple[str, QFont, str]]:
    """Return the words of a body with their look, from top to bottom."""
    palette = colors()
    chat, small = font(SIZE.chat), font(SIZE.small)
    match body:
        case Image():
            return []
        case File(attachment=attachment):
            return [
                (f"　　{attachment.name}", chat, palette.text),
                (f"　　 {size_text(attachment.size)} · 双击保存", small, palette.quiet),
            ]
        case Answer():
            source = f"知识 {body.entry} · 修订 {short_revision(body.revision)}"
            return [
                (body.title, font(SIZE.chat, True), palette.bot_text),
                (body.text, chat, palette.text),
                (f"{source} · {body.source}" if body.source else source, small, palette.quiet),
            ]
        case Choices():
            options = [(f"· {option.title}", chat, palette.bot_text) for option in body.options]
            return [(body.text, chat, palette.text), *options]
        case Voice(seconds=seconds):
            return [(f"　　语音 {seconds:.0f} 秒 · 双击保存后播放", chat, palette.text)]
        case Recalled():
            return [(words_of(body), chat, palette.quiet)]
        case _:
            return [(body.text, chat, palette.text)]


def _picture_size(body: Body) -> tuple[float, float]:
    """Return the size a picture is shown at: it fits into PICTURE and is never made larger than it is."""
    if not isinstance(body, Image):
        return (0.0, 0.0)
    width, height = body.attachment.width, body.attachment.height
    if not width or not height:
        return UNKNOWN_PICTURE
    scale = min(1.0, PICTURE[0] / width, PICTURE[1] / height)
    return (max(24.0, width * scale), max(24.0, height * scale))


def _words(text: str, made: QFont, width: float) -> tuple[QTextLayout, float, float]:
    """Lay words out within `width`; return the layout, its natural width and its height."""
    layout = QTextLayout(text.replace("\n", "\u2028"), made)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    wide = high = 0.0
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, high))
        wide, high = max(wide, line.naturalTextWidth()), high + line.height() + 1
    layout.endLayout()
    return layout, wide, high
