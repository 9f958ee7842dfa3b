"""Short stories of one consultation: every wish as a plain function, so that tests can try all of them in any order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from relay_protocol.errors import BanwenError
from relay_protocol.ids import (
    AgentId,
    AssistId,
    ClientId,
    ConsultationId,
    EntryId,
    OfferId,
    RequestId,
    TaxpayerId,
    TransferId,
    consultation_stream,
)
from relay_protocol.messages import (
    AgentCard,
    Answer,
    AnyEvent,
    Assurance,
    BusinessContext,
    Choices,
    ConsultationOpened,
    Evaluate,
    EventFrame,
    MessagePosted,
    Office,
    Option,
    PrivateKind,
    Privilege,
    ReportAssist,
    Resolution,
    Sender,
    Side,
    SubmitWrapUp,
    TargetKind,
    TaxpayerCard,
    Text,
    TransferTarget,
)
from relay_server.domain import decisions, teamwork, waiting
from relay_server.domain.consultation import WAITING, WITH_AGENT, WITH_BOT, Consultation
from relay_server.domain.fold import apply

ID = ConsultationId("01JD0000000000000000000001")
OFFICE = Office(code="360103", name="南昌市西湖区税务局")
TAXPAYER = TaxpayerCard(id=TaxpayerId("t1"), name="张三", assurance=Assurance.VERIFIED, office=OFFICE)
WANG = AgentCard(id=AgentId("a1"), number="8001", name="王芳", office=OFFICE)
LI = AgentCard(id=AgentId("a2"), number="8002", name="李强", office=OFFICE)
ZHAO = AgentCard(id=AgentId("a3"), number="8003", name="赵敏", office=OFFICE)
BOSS = AgentCard(id=AgentId("a4"), number="8100", name="陈静", office=OFFICE)
TRANSFER = TransferId("x1")
TO_LI = TransferTarget(kind=TargetKind.AGENT, code=LI.id, name=LI.name)
TO_QUEUE = (TRANSFER, WANG, TransferTarget(kind=TargetKind.QUEUE, code="q2", name="发票"), "专业问题", "已核对")
TICKET = waiting.take_ticket("q2", "B001", "2026-03-02", OFFICE, priority=waiting.TRANSFERRED)
VIEW = [Privilege.VIEW]
BUSINESS, QUESTION_TYPES = ["vat"], ["policy"]
REQUEST = RequestId("r")

Wish = Callable[[Consultation], Sequence[AnyEvent] | Literal[False]]


@dataclass(frozen=True)
class Story:
    """A consultation and all that happened in it."""

    state: Consultation
    frames: tuple[EventFrame, ...]

    def tell(self, events: Sequence[AnyEvent]) -> "Story":
        """Return the story with these events appended, a second apart."""
        state, frames = self.state, list(self.frames)
        for event in events:
            frame = framed(event, state.last_seq + 1)
            state = apply(state, frame)
            frames.append(frame)
        return Story(state, tuple(frames))

    def wish(self, name: str) -> "Story | None":
        """Return the story after a wish, or None where it is refused."""
        try:
            return self.tell(WISHES[name](self.state) or [])
        except BanwenError:
            return None


def framed(event: AnyEvent, seq: int) -> EventFrame:
    """Return an event at its place; its time is its number."""
    return EventFrame(stream=consultation_stream(ID), seq=seq, at=float(seq), event=event)


def begin() -> Story:
    """Return a story of one sentence: a taxpayer has opened the window."""
    opened = framed(ConsultationOpened(consultation=ID, taxpayer=TAXPAYER, channel="web"), 1)
    return Story(apply(None, opened), (opened,))


def told(*names: str) -> Story:
    """Return the story of these wishes, each of which must be granted."""
    story = begin()
    for name in names:
        after = story.wish(name)
        if after is None:
            raise AssertionError(f"{name} was refused in {story.state.state}")
        story = after
    return story


def _ticket(now: Consultation) -> Sequence[AnyEvent]:
    asked = decisions.hand_over(now, "asked")
    return [*asked, waiting.take_ticket("q", "A001", "2026-03-02", OFFICE)] if asked else []


def _report(change: str) -> Wish:
    def report(now: Consultation) -> Sequence[AnyEvent]:
        wish = ReportAssist(
            request_id=REQUEST, assist=AssistId("s1"), change=change, scope=VIEW if change == "granted" else []
        )
        return decisions.report_assist(now, wish)

    return report


def _wrap_up(now: Consultation) -> Sequence[AnyEvent]:
    request = SubmitWrapUp(
        request_id=REQUEST,
        consultation=ID,
        business="vat",
        question_type="policy",
        resolution=Resolution.RESOLVED,
        text="已解答",
    )
    return decisions.wrap_up(now, WANG, request, BUSINESS, QUESTION_TYPES)


def _say(side: Side, client_id: str) -> Wish:
    return lambda now: decisions.post(now, Sender(side=side), ClientId(client_id), Text(text="您好"))


def _bot(now: Consultation) -> Sequence[AnyEvent]:
    body = Answer(entry=EntryId("e"), revision="r", title="t", text="答")
    return decisions.post(now, Sender(side=Side.BOT), ClientId("b"), body)


def _suggest(now: Consultation) -> Sequence[AnyEvent]:
    body = Choices(purpose="suggest", text="猜您想问", options=[Option(title="怎么申报")])
    return decisions.post(now, Sender(side=Side.BOT), ClientId("g"), body)


def _said(now: Consultation) -> EventFrame:
    body = Text(text="您好")
    return framed(MessagePosted(client_id=ClientId("c"), sender=Sender(side=Side.TAXPAYER), body=body), now.last_seq)


def _agent() -> Sender:
    return Sender(side=Side.AGENT, name=WANG.name, agent=WANG.id)


def _serves(now: Consultation) -> bool:
    return now.state in WITH_AGENT


def _no_agent(now: Consultation) -> bool:
    return now.state in WITH_BOT or now.state in WAITING


def _resume_number(now: Consultation) -> Sequence[AnyEvent]:
    ticket = waiting.resumable(now, now.lapsed_at + 1.0) if now.state in WITH_BOT else None
    return [] if ticket is None else [*decisions.hand_over(now, "asked"), ticket]


WISHES: dict[str, Wish] = {
    "say": _say(Side.TAXPAYER, "c"),
    "answer": _bot,
    "suggest": _suggest,
    "move": lambda now: decisions.move_context(now, BusinessContext(module="vat_filing", page="申报表")),
    "ask_human": _ticket,
    "leave": decisions.leave_queue,
    "offer": lambda now: decisions.offer(now, OfferId("o1"), WANG, 60.0),
    "offer_other": lambda now: decisions.offer(now, OfferId("o2"), LI, 60.0),
    "accept": lambda now: decisions.accept(now, OfferId("o1"), WANG),
    "decline": lambda now: decisions.decline(now, OfferId("o1"), "declined"),
    "expire": lambda now: decisions.give_back(now, "expired"),
    "ask_assist": lambda now: now.owner == WANG.id and decisions.ask_assist(now, AssistId("s1"), WANG, VIEW),
    "join": _report("joined"),
    "grant": _report("granted"),
    "refuse": _report("refused"),
    "revoke": _report("revoked"),
    "end_assist": _report("ended"),
    "finish": lambda now: decisions.finish(now, "agent"),
    "end": lambda now: decisions.finish(now, "taxpayer"),
    "wrap_up": _wrap_up,
    "recall": lambda now: decisions.recall(now, _said(now), Sender(side=Side.TAXPAYER), now.changed_at),
    "reply": lambda now: _serves(now) and decisions.post(now, _agent(), ClientId("a"), Text(text="您好")),
    "ask_locality": lambda now: waiting.ask_locality(now, [OFFICE]),
    "close_office": lambda now: _no_agent(now) and waiting.unavailable(now, "closed", OFFICE, 9.0),
    "widen": lambda now: waiting.widen(now, 1, "city", "南昌市税务局"),
    "step_away": lambda now: waiting.go_away(now, 600.0, "asked"),
    "come_back": waiting.come_back,
    "abandon": lambda now: waiting.abandon(now, 601.0),
    "resume_number": _resume_number,
    "leave_message": lambda now: waiting.leave_message(now, "请回复", "", OFFICE, 99.0),
    "book_callback": lambda now: waiting.book_callback(now, "0791-12345678", 5.0, "", OFFICE, 99.0),
    "take_up": lambda now: waiting.take_up(now, WANG),
    "lose_agent": lambda now: waiting.release(now, "lost", TICKET),
    "hold": lambda now: teamwork.hold(now, "等待资料"),
    "resume": lambda now: teamwork.resume(now, "agent"),
    "silence": lambda now: teamwork.idle(now, now.changed_at + 1000.0, 120.0, 300.0),
    "transfer": lambda now: teamwork.ask_transfer(now, TRANSFER, WANG, TO_LI, "专业问题", "已核对", LI, 60.0),
    "transfer_to_queue": lambda now: teamwork.queue_transfer(now, teamwork.ask_transfer(now, *TO_QUEUE), TICKET),
    "take_transfer": lambda now: teamwork.answer_transfer(now, TRANSFER, LI, True, ""),
    "refuse_transfer": lambda now: teamwork.answer_transfer(now, TRANSFER, LI, False, "正忙"),
    "miss_transfer": lambda now: teamwork.expire_transfer(now, 1e9, frozenset()),
    "invite": lambda now: teamwork.invite(now, WANG, ZHAO, "一起看"),
    "join_in": lambda now: teamwork.answer_invitation(now, ZHAO, True),
    "part": lambda now: teamwork.part(now, ZHAO, "left"),
    "watch": lambda now: teamwork.watch(now, BOSS, "抽查"),
    "look_away": lambda now: teamwork.part(now, BOSS, "left"),
    "take_over": lambda now: teamwork.take_over(now, BOSS, None, "升级处理"),
    "whisper": lambda now: teamwork.note(now, WANG, ClientId("w"), PrivateKind.WHISPER, "先核实身份"),
    "reopen": lambda now: teamwork.reopen(now, now.agent, TICKET),
    "reopen_in_queue": lambda now: teamwork.reopen(now, None, TICKET),
    "block": teamwork.block,
    "evaluate": lambda now: decisions.evaluate(now, Evaluate(request_id=REQUEST, consultation=ID, level=5)),
}
