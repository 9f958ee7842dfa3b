"""Why: every decision about a ticket is kept as a row and told again as people read it."""

from collections.abc import Sequence

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ConsultationId, RequestId
from relay_protocol.messages import Candidate, DecisionLine, ExplainWait, Explanation
from relay_server.domain.access import Action, AgentActor, require
from relay_server.domain.consultation import WAITING, Consultation, State
from relay_server.domain.dispatch import Decision, Waiting, Why
from relay_server.domain.explanation import step_words, verdict_words, why
from relay_server.domain.rulebook import Rulebook
from relay_server.store import events
from relay_server.store.base import Store, Transaction
from relay_server.store.decisions import DecisionRow, decisions_by_number, read_decisions


class Considered(msgspec.Struct, frozen=True):
    """One agent of a decision as it is kept; `why` is a code."""

    id: AgentId
    number: str
    name: str
    office: str
    why: str


class Kept(msgspec.Struct, frozen=True):
    """What a row's `candidates` hold."""

    verdict: str
    considered: list[Considered]
    others: int


_reader = msgspec.json.Decoder(Kept)

STANDS = {
    State.NEW: "机器人服务中，尚未转人工",
    State.BOT: "机器人服务中，没有排队",
    State.OFFERED: "正在等待座席应答",
    State.ACTIVE: "人工服务中",
    State.ON_HOLD: "已挂起，等待纳税人操作",
    State.MESSAGE_LEFT: "已留言，等待处理",
    State.CALLBACK_BOOKED: "已预约回电，等待处理",
    State.WRAP_UP: "服务已结束，待小结",
    State.CLOSED: "已关闭",
    State.EVALUATED: "已评价",
}


async def explain(store: Store, actor: AgentActor, rulebook: Rulebook, request: ExplainWait) -> Explanation:
    """Answer a colleague who may know of the consultation. Raise `BanwenError(NOT_FOUND)` for anybody else."""

    def script() -> Transaction[Explanation]:
        found = require(actor, Action.LIST, (yield from events.load(request.consultation)))
        return (yield from tell(found, rulebook, request.request_id))

    return await store.read(script())


def row_of(decision: Decision, ticket: Waiting, candidates: Sequence[Why], others: int, now: float) -> DecisionRow:
    """Return what is kept of a decision."""
    considered = [
        Considered(one.agent.id, one.agent.number, one.agent.name, one.agent.office.name, one.reason)
        for one in candidates
    ]
    return DecisionRow(
        consultation=decision.consultation,
        number=ticket.number,
        at=now,
        step=decision.step,
        rules_version=f"{ticket.rules.name} v{ticket.rules.version}",
        chosen=decision.chosen.id if decision.chosen else "",
        candidates=msgspec.json.encode(Kept(decision.verdict, considered, others)).decode(),
    )


def tell(consultation: Consultation, rulebook: Rulebook, request: RequestId) -> Transaction[Explanation]:
    """Return why a consultation waits, or went where it went."""
    rows = yield from read_decisions(consultation.id)
    lines = [_line(row, consultation, rulebook) for row in rows]
    return Explanation(
        request_id=request, consultation=consultation.id, summary=_summary(consultation, lines), decisions=lines
    )


def find(named: str) -> Transaction[Consultation]:
    """Return the consultation with this id, or the latest whose ticket bears this number. Raise NOT_FOUND."""
    found = yield from events.load(ConsultationId(named))
    if found is None:
        rows = yield from decisions_by_number(named.upper())
        found = (yield from events.load(rows[-1].consultation)) if rows else None
    if found is None:
        raise BanwenError(ErrorCode.NOT_FOUND, f"没有排队号或咨询 {named}；用 banwen-relay consultations list 查看。")
    return found


def _line(row: DecisionRow, consultation: Consultation, rulebook: Rulebook) -> DecisionLine:
    kept = _reader.decode(row.candidates)
    chosen = next((f"{one.number} {one.name}（{one.office}）" for one in kept.considered if one.id == row.chosen), "")
    queue = consultation.ticket.queue if consultation.ticket else ""
    codes = [one.why for one in kept.considered]
    return DecisionLine(
        at=row.at,
        step=step_words(rulebook.rules(queue), row.step),
        rules=row.rules_version,
        chosen=chosen,
        sentence=verdict_words(kept.verdict, chosen, codes, kept.others),
        candidates=[
            Candidate(number=one.number, name=one.name, office=one.office, why=why(one.why) if one.why else "")
            for one in kept.considered
        ],
    )


def _summary(consultation: Consultation, lines: Sequence[DecisionLine]) -> str:
    ticket = consultation.ticket
    number = f"{ticket.number}（{ticket.office.name}）" if ticket else "未取号"
    if consultation.state in WAITING and consultation.offer is None and lines:
        return f"{number}：{lines[-1].sentence}"
    served = consultation.agent or (consultation.offer.agent if consultation.offer else None)
    by = f"，座席 {served.number} {served.name}" if served else ""
    return f"{number}：{STANDS.get(consultation.state, '等待派单')}{by}"
