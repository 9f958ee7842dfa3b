"""What each channel can carry, as one table: it drives composers, and the relay refuses what is not in it."""

from collections.abc import Mapping

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import TEXT_LIMIT, Body, File, Image, Side, Text, Voice

MEGABYTE = 1024 * 1024
VOICE_TYPE = "audio/mp4"
WORDS = {"text": "文字", "image": "图片", "file": "文件", "voice": "语音"}


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """One channel. `sizes` are the kinds of message it carries with the most bytes of each, 0 for no files of its own.

    `characters` is the longest text; `files` are the media types of files, empty for all that are allowed at all;
    `seconds` the longest voice message.
    """

    name: str
    sizes: dict[str, int]
    characters: int = TEXT_LIMIT
    files: list[str] = []
    seconds: float = 60.0
    quote: bool = True
    recall: bool = True
    typing: bool = True
    read: bool = True


CHANNELS: Mapping[str, Channel] = {
    "web": Channel(
        name="网页",
        sizes={"text": 0, "image": 20 * MEGABYTE, "file": 100 * MEGABYTE, "voice": 10 * MEGABYTE},
    ),
    "wechat": Channel(
        name="微信公众号",
        sizes={"text": 0, "image": 10 * MEGABYTE, "voice": 2 * MEGABYTE},
        characters=600,
        quote=False,
        recall=False,
        typing=False,
        read=False,
    ),
    "sms": Channel(
        name="短信", sizes={"text": 0}, characters=500, seconds=0, quote=False, recall=False, typing=False, read=False
    ),
}
"""Of 微信公众号 and 短信 only the limits are here yet."""


def channel_of(name: str) -> Channel:
    """Return a channel; one that nobody knows carries what the web does."""
    return CHANNELS.get(name, CHANNELS["web"])


def check_sent(name: str, side: Side, body: Body) -> None:
    """Raise `BanwenError(BAD_INPUT)` for what an agent cannot send over a channel. What arrived from it has arrived."""
    if side is not Side.AGENT:
        return
    channel = channel_of(name)
    if isinstance(body, Text) and len(body.text) > channel.characters:
        raise BanwenError(ErrorCode.BAD_INPUT, f"{channel.name}渠道的文字最多 {channel.characters} 字，请分几条发送。")
    kind = kind_of(body)
    if kind not in channel.sizes:
        able = "、".join(WORDS[one] for one in channel.sizes)
        raise BanwenError(ErrorCode.BAD_INPUT, f"{channel.name}渠道不能发送{WORDS[kind]}；可以发送{able}。")
    if isinstance(body, Image | File | Voice):
        check_kept(channel, kind, body.attachment.media_type, body.attachment.size)


def check_kept(channel: Channel, kind: str, media_type: str, size: int) -> None:
    """Raise `BanwenError`: TOO_LARGE, FORBIDDEN_TYPE for a file this channel does not carry."""
    most = channel.sizes.get(kind, 0)
    if size > most:
        sentence = f"{channel.name}渠道的{WORDS[kind]}不能超过 {most // MEGABYTE} MB，请压缩后再发送。"
        raise BanwenError(ErrorCode.TOO_LARGE, sentence)
    if kind == "file" and channel.files and media_type not in channel.files:
        raise BanwenError(ErrorCode.FORBIDDEN_TYPE, f"{channel.name}渠道不能发送这种文件。")


def kind_of(body: Body) -> str:
    """Return what of the table a body is."""
    match body:
        case Image():
            return "image"
        case File():
            return "file"
        case Voice():
            return "voice"
    return "text"
