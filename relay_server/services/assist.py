"""Remote assistance as the relay has it: an invitation whose code works once, and what the helper reports.

The relay introduces the two ends and keeps the story; it judges nothing. Who may see or control what is decided by the
helper alone, on the taxpayer's machine (`relay_protocol.assist`, `relay_protocol.binding`).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId, ConsultationId
from relay_protocol.messages import (
    AskAssist,
    AssistBriefing,
    AssistInvitation,
    ReportAssist,
    SdpAnswer,
    SdpOffer,
)
from relay_server.bus.base import Bus, assist_topic
from relay_server.domain import decisions
from relay_server.domain.access import Action, Actor, AgentActor, HelperActor, TaxpayerActor, require
from relay_server.domain.consultation import Assistance, Consultation
from relay_server.services import fanout
from relay_server.store import events, invitations
from relay_server.store.base import Store, Transaction

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0 O 1 I L: codes are read from one screen and typed at another."""
CODE_LENGTH = 8
TOKEN_BYTES = 32
LONGEST_SDP = 64 * 1024


@dataclass(frozen=True)
class Redeemed:
    """What a code is exchanged for; the token is shown this once."""

    token: str
    assist: AssistId


async def ask(
    store: Store,
    bus: Bus,
    actor: AgentActor,
    request: AskAssist,
    lifetime: float,
    new_id: Callable[[], str],
    now: float,
) -> int:
    """Ask to see the screen; the taxpayer's page shows a code for `lifetime` seconds. Return the newest seq."""
    code, assist = _new_code(), AssistId(new_id())

    def script() -> Transaction[Consultation]:
        before = require(actor, Action.SERVE, (yield from events.load(request.consultation)))
        asked = decisions.ask_assist(before, assist, actor.card, request.scope)
        after = yield from events.append(before.id, before, asked, now)
        yield from invitations.put_invitation(_invitation(after.id, assist, code, now + lifetime))
        return after

    after = await store.transact(script())
    _invite(bus, after, code, now + lifetime)
    return after.last_seq


async def renew(store: Store, bus: Bus, actor: TaxpayerActor, assist: AssistId, lifetime: float, now: float) -> int:
    """Make a new code; the old one is dead. Raise GONE when the assistance is over, CONFLICT once a helper joined."""
    code = _new_code()

    def script() -> Transaction[Consultation]:
        found = yield from _of_assist(actor, Action.STEER, assist)
        if found.assist is not None and found.assist.joined:
            raise BanwenError(ErrorCode.CONFLICT, "协助程序已经连接，不需要新的协助码。")
        yield from invitations.put_invitation(_invitation(found.id, assist, code, now + lifetime))
        return found

    consultation = await store.transact(script())
    _invite(bus, consultation, code, now + lifetime)
    return consultation.last_seq


async def redeem(store: Store, code: str, lifetime: float, now: float) -> Redeemed:
    """Exchange a code for a token of `lifetime` seconds, once.

    Raise `BanwenError`: NOT_FOUND for a wrong code, GONE for one that expired, was used, or whose assistance is over.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    digest = _digest(normalise(code))

    def script() -> Transaction[AssistId]:
        found = yield from invitations.invitation_by_code(digest)
        if found is None:
            raise BanwenError(ErrorCode.NOT_FOUND, "协助码不正确，请核对网页上显示的 8 位协助码后重新输入。")
        if found.token_digest:
            raise BanwenError(ErrorCode.GONE, "这个协助码已经用过了，请在网页上点“换一个新的协助码”。")
        consultation = yield from events.load(found.consultation)
        running = consultation.assist if consultation is not None else None
        if found.expires_at <= now or running is None or running.id != found.assist:
            raise BanwenError(ErrorCode.GONE, "协助码已失效，请在网页上换一个新的协助码，或请座席重新发起。")
        used = replace(found, token_digest=_digest(token), token_expires_at=now + lifetime)
        yield from invitations.put_invitation(used)
        return found.assist

    return Redeemed(token, await store.transact(script()))


async def helper_of(store: Store, token: str, now: float) -> HelperActor:
    """Return whom a helper's token speaks for. Raise `BanwenError(UNAUTHENTICATED)`."""
    found = await store.read(invitations.invitation_by_token(_digest(token)))
    if found is None or found.token_expires_at <= now:
        raise BanwenError(ErrorCode.UNAUTHENTICATED, "本次远程协助已失效，请在网页上获取新的协助码。")
    return HelperActor(found.assist, found.consultation)


async def brief(store: Store, actor: HelperActor) -> AssistBriefing:
    """Return what a helper shows while it waits. Raise `BanwenError(GONE)` when the assistance is over."""
    consultation, running = _running(await store.read(events.load(actor.consultation)), actor.assist)
    return AssistBriefing(assist=actor.assist, consultation=consultation.id, agent=running.agent, scope=running.scope)


async def report(store: Store, actor: HelperActor, request: ReportAssist, now: float) -> int:
    """Record what the helper's person decided; return the newest seq."""

    def script() -> Transaction[Consultation]:
        found = yield from events.load(actor.consultation)
        before, _ = _running(found, actor.assist)
        return (yield from events.append(before.id, before, decisions.report_assist(before, request), now))

    if request.assist != actor.assist:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这次远程协助。")
    return (await store.transact(script())).last_seq


async def end(store: Store, actor: AgentActor | TaxpayerActor, assist: AssistId, now: float) -> int:
    """End it: the agent by choice, the taxpayer by declining on the page. The helper is told."""
    by_agent = isinstance(actor, AgentActor)
    action = Action.SERVE if by_agent else Action.STEER

    def script() -> Transaction[Consultation]:
        found = yield from _of_assist(actor, action, assist)
        reason = "agent" if by_agent else "declined"
        return (yield from events.append(found.id, found, decisions.end_assist(found, reason), now))

    return (await store.transact(script())).last_seq


async def pass_offer(store: Store, bus: Bus, actor: HelperActor, offer: SdpOffer) -> None:
    """Pass the helper's half of the connection to the agent, unread."""
    _check_sdp(offer.sdp)
    consultation, _ = _running(await store.read(events.load(actor.consultation)), actor.assist)
    if offer.assist != actor.assist:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这次远程协助。")
    fanout.tell_owner(bus, consultation, offer)


async def pass_answer(store: Store, bus: Bus, actor: AgentActor, answer: SdpAnswer) -> None:
    """Pass the agent's half and its signature to the helper, unread."""
    _check_sdp(answer.sdp)
    await store.read(_of_assist(actor, Action.SIGNAL, answer.assist))
    bus.publish(assist_topic(answer.assist), answer)


def normalise(code: str) -> str:
    """Return a code as it is compared: no spaces or hyphens, capital letters."""
    return "".join(char for char in code.upper() if char.isalnum())[:64]


def _of_assist(actor: Actor, action: Action, assist: AssistId) -> Transaction[Consultation]:
    invitation = yield from invitations.invitation_of(assist)
    found = (yield from events.load(invitation.consultation)) if invitation is not None else None
    consultation, _ = _running(require(actor, action, found), assist)
    return consultation


def _running(consultation: Consultation | None, assist: AssistId) -> tuple[Consultation, Assistance]:
    if consultation is None or consultation.assist is None or consultation.assist.id != assist:
        raise BanwenError(ErrorCode.GONE, "本次远程协助已结束。")
    return consultation, consultation.assist


def _invite(bus: Bus, consultation: Consultation, code: str, expires_at: float) -> None:
    running = consultation.assist
    if running is None:
        return
    invitation = AssistInvitation(
        consultation=consultation.id,
        assist=running.id,
        code=code,
        expires_at=expires_at,
        agent=running.agent,
        scope=running.scope,
    )
    fanout.tell_taxpayer(bus, consultation, invitation)


def _invitation(consultation: ConsultationId, assist: AssistId, code: str, expires_at: float) -> invitations.Invitation:
    return invitations.Invitation(assist, consultation, _digest(code), expires_at)


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _check_sdp(sdp: str) -> None:
    if len(sdp) > LONGEST_SDP:
        raise BanwenError(ErrorCode.TOO_LARGE, "连接信息过大，请重新发起远程协助。")
