"""What of a message is repeated where somebody answers it."""

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import (
    Answer,
    Body,
    Choices,
    EventFrame,
    File,
    Image,
    MessagePosted,
    NoAnswer,
    Notice,
    Quote,
    Recalled,
    Text,
    Voice,
)

LONGEST = 80


def quote(target: EventFrame | None) -> Quote:
    """Return the quote of a message. Raise NOT_FOUND for what is none, or was taken back."""
    said = target.event if target is not None else None
    if target is None or not isinstance(said, MessagePosted) or isinstance(said.body, Recalled):
        raise BanwenError(ErrorCode.NOT_FOUND, "引用的消息不存在或已撤回，请去掉引用后重新发送。")
    return Quote(seq=target.seq, sender=said.sender, excerpt=excerpt(said.body))


def excerpt(body: Body) -> str:
    """Return how a message begins, on one line."""
    match body:
        case Text(text=text) | Notice(text=text) | NoAnswer(text=text) | Choices(text=text):
            return _short(text)
        case Answer(title=title):
            return _short(title)
        case Image():
            return "［图片］"
        case File(attachment=attachment):
            return _short(f"［文件］{attachment.name}")
        case Voice(seconds=seconds):
            return f"［语音 {seconds:.0f} 秒］"
        case Recalled():
            return "［消息已撤回］"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
