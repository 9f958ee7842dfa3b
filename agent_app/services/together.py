"""Working together: ask the relay for it; who is to blame, and what to do, is said in its own words."""

from typing import TypeVar

import msgspec

from agent_app.ports import Desk, Http, Relay
from agent_app.state.directory import Directory
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import (
    AnswerInvitation,
    AnswerTransfer,
    LookAt,
    Request,
)

T = TypeVar("T")


async def ask(desk: Desk, relay: Relay, request: Request) -> str:
    """Ask for something; return why it was refused, empty when it was done."""
    try:
        await relay.request(request)
    except BanwenError as error:
        return error.message
    return ""


async def answer(desk: Desk, relay: Relay, consultation: ConsultationId, accept: bool, words: str) -> str:
    """Answer a colleague's transfer, else their invitation; return why that was refused."""
    one = desk.state.consultations.get(consultation)
    if one is None:
        return "对方已撤回请求，无需答复。"
    request_id = RequestId(desk.new_id())
    if desk.state.is_transferred_here(one) and one.transfer is not None:
        return await ask(
            desk,
            relay,
            AnswerTransfer(
                request_id=request_id,
                consultation=consultation,
                transfer=one.transfer.id,
                accept=accept,
                reason=words,
            ),
        )
    invited = AnswerInvitation(request_id=request_id, consultation=consultation, accept=accept, reason=words)
    return await ask(desk, relay, invited)


def look_at(desk: Desk, relay: Relay, typing: bool = False) -> None:
    """Let colleagues see what this window shows."""
    relay.say(LookAt(consultation=desk.state.selected, typing=typing))


async def directory(http: Http) -> Directory:
    """Return to whom something can be handed on. Raise BanwenError."""
    return _read(await http.get("/api/directory"), Directory)


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        raise BanwenError(ErrorCode.MALFORMED, "服务器的答复无法识别，请更新程序后重试。", why=str(error)) from error
