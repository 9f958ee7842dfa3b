"""拉黑: nobody serves a person for some days. It has a reason, an end, and a way to appeal; all of it is kept."""

from datetime import datetime

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import TaxpayerId, taxpayer_stream
from relay_protocol.messages import BlockTaxpayer, TaxpayerBlocked, TaxpayerUnblocked, UnblockTaxpayer
from relay_server.domain import teamwork
from relay_server.domain.access import Action, AgentActor, require, require_office
from relay_server.domain.decisions import check_text
from relay_server.domain.tickets import CHINA
from relay_server.services.steering import move
from relay_server.store import events
from relay_server.store.accounts import taxpayer_by_id
from relay_server.store.base import Store, Transaction

DAY = 24 * 3600.0
LONGEST = 365.0
TAIL = 20


async def block(store: Store, actor: AgentActor, request: BlockTaxpayer, now: float) -> int:
    """Block whose consultation this is, and end it; return the newest seq. Raise BAD_INPUT, NOT_FOUND."""
    if not 0 < request.days <= LONGEST:
        raise BanwenError(ErrorCode.BAD_INPUT, f"拉黑期限应在 1–{LONGEST:.0f} 天之内。")
    check_text(request.reason, 200)

    def script() -> Transaction[int]:
        before = require(actor, Action.BLOCK, (yield from events.load(request.consultation)))
        until, reason = now + request.days * DAY, request.reason.strip()
        blocked = TaxpayerBlocked(taxpayer=before.taxpayer.id, until=until, reason=reason, by=actor.card)
        yield from events.record(taxpayer_stream(before.taxpayer.id), [blocked], now)
        return (yield from move(before, teamwork.block(before), now)).last_seq

    return await store.transact(script())


async def unblock(store: Store, actor: AgentActor, request: UnblockTaxpayer, now: float) -> None:
    """Lift a block. Raise `BanwenError`: FORBIDDEN beyond the own offices, CONFLICT when there is none."""
    check_text(request.reason, 200)

    def script() -> Transaction[None]:
        known = yield from taxpayer_by_id(request.taxpayer)
        office = known.card.office.code if known is not None and known.card.office is not None else ""
        require_office(actor, Action.BLOCK, office)
        if (yield from block_of(request.taxpayer, now)) is None:
            raise BanwenError(ErrorCode.CONFLICT, "该纳税人没有被拉黑，或期限已过。")
        lifted = TaxpayerUnblocked(taxpayer=request.taxpayer, reason=request.reason.strip(), by=actor.card.number)
        yield from events.record(taxpayer_stream(request.taxpayer), [lifted], now)

    await store.transact(script())


def block_of(taxpayer: TaxpayerId, now: float) -> Transaction[TaxpayerBlocked | None]:
    """Return the block that holds for somebody now."""
    tail = yield from events.events_before(taxpayer_stream(taxpayer), 2**62, TAIL)
    for one in reversed(tail):
        match one.frame.event:
            case TaxpayerBlocked() as blocked:
                return blocked if blocked.until > now else None
            case TaxpayerUnblocked():
                return None
    return None


def require_welcome(taxpayer: TaxpayerId, now: float) -> Transaction[None]:
    """Raise `BanwenError(FORBIDDEN)` for somebody who is blocked: until when, and how to appeal."""
    blocked = yield from block_of(taxpayer, now)
    if blocked is not None:
        until = f"{datetime.fromtimestamp(blocked.until, CHINA):%Y年%m月%d日 %H:%M}"
        sentence = f"您的在线咨询已暂停至 {until}。如有异议，可拨打 12366 或到办税服务厅申诉。"
        raise BanwenError(ErrorCode.FORBIDDEN, sentence)
