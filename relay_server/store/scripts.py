"""What every writer does alike: a script with whoever waits for it, how its outcome is told, and refusals."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.store.base import Appended, Effects, Moved, Owed, Transaction

log = logging.getLogger(__name__)

Done = Callable[[Any], None]
Failed = Callable[[BaseException], None]


@dataclass(eq=False)
class Pending:
    """A script with what is called, on the loop, once it has happened or has not."""

    script: Transaction[Any]
    done: Done
    failed: Failed
    result: Any = None
    error: BaseException | None = None
    effects: Effects = field(default_factory=Effects)

    def note(self, answer: object) -> None:
        """Remember what others must hear of."""
        note(self.effects, answer)

    def fail(self, error: BaseException) -> None:
        """Nothing of it happened."""
        self.error = self.error or error
        self.effects = Effects()

    def report(self, on_commit: Callable[[Effects], None]) -> None:
        """Let others hear of it, then whoever waits. Mistakes of theirs change nothing and keep nobody waiting."""
        try:
            if self.effects.committed or self.effects.owed:
                on_commit(self.effects)
        except Exception:
            log.exception("effects not announced")
        try:
            if self.error is not None:
                self.failed(self.error)
            else:
                self.done(self.result)
        except Exception:
            log.exception("result not taken")


def note(effects: Effects, answer: object) -> None:
    """Add to a script's effects what the answer to one of its operations tells others."""
    if isinstance(answer, Appended):
        effects.committed.extend(answer.events)
    elif isinstance(answer, Owed):
        effects.owed.add(answer.kind)
    elif isinstance(answer, Moved):
        effects.moved.append(answer)


async def outcome(hand_in: Callable[[Done, Failed], None]) -> Any:
    """Hand a script in and wait for its result."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    hand_in(partial(_settle, future.set_result, future), partial(_settle, future.set_exception, future))
    return await future


def _settle(set_outcome: Callable[[Any], None], future: asyncio.Future[Any], outcome: Any) -> None:
    """Give a future its outcome, unless whoever waited has given up."""
    if not future.done():
        set_outcome(outcome)


def closed() -> BanwenError:
    """Return the refusal for whoever comes while the relay stops."""
    return BanwenError(ErrorCode.UNREACHABLE, "服务器正在停止，请稍后重试。")


def not_stored(error: BaseException) -> BanwenError:
    """Return the refusal for whoever could not be served because of the database."""
    sentence = "服务器暂时无法保存，您的内容还没有送出，请稍后重试。"
    return BanwenError(ErrorCode.UNREACHABLE, sentence, why=f"{type(error).__name__}: {error}")


def clash(error: BaseException) -> BanwenError:
    """Return the refusal for whoever came second."""
    return BanwenError(ErrorCode.CONFLICT, "刚才的操作与另一处同时进行的操作冲突，请刷新后重试。", why=str(error))
