"""What a chat message may hold: text, a picture, a file, a voice, and the bot's kinds of answer."""

from relay_protocol.ids import EntryId
from relay_protocol.messages.base import Fact, Message
from relay_protocol.messages.facts import Attachment

TEXT_LIMIT = 4000


class Text(Message, frozen=True, kw_only=True):
    """Plain words, at most `TEXT_LIMIT` characters. `entry` names the suggestion that was chosen, if one was."""

    text: str
    entry: EntryId | None = None


class Image(Message, frozen=True, kw_only=True):
    """A picture that was uploaded before."""

    attachment: Attachment


class File(Message, frozen=True, kw_only=True):
    """A file that was uploaded before."""

    attachment: Attachment


class Voice(Message, frozen=True, kw_only=True):
    """A voice message that was uploaded before and can be played everywhere (AAC in MP4). `seconds` is its length."""

    attachment: Attachment
    seconds: float


class Recalled(Message, frozen=True, kw_only=True):
    """What stands in the place of a message that its sender took back."""


class Notice(Message, frozen=True, kw_only=True):
    """A line of the system, such as 「正在为您转接人工」."""

    text: str


class Answer(Message, frozen=True, kw_only=True):
    """The bot's answer: one published entry, word for word, with the revision it came from."""

    entry: EntryId
    revision: str
    title: str
    text: str
    source: str = ""


class Option(Fact, frozen=True, kw_only=True):
    """One thing the taxpayer can choose. `why` says where it came from: page, profile, hot, search."""

    title: str
    entry: EntryId | None = None
    why: str = ""


class Choices(Message, frozen=True, kw_only=True):
    """The bot offers things to choose from: suggested questions, 「您是不是想问」, the choices of a dialogue slot.

    `purpose` is `suggest`, `clarify` or `slot`. `human` says that a person is offered beside them.
    """

    purpose: str
    text: str
    options: list[Option]
    human: bool = False


class NoAnswer(Message, frozen=True, kw_only=True):
    """The bot says that its knowledge does not hold this, and offers a person."""

    text: str


Body = Text | Image | File | Voice | Recalled | Notice | Answer | Choices | NoAnswer
PostableBody = Text | Image | File | Voice
