"""Short stories of one consultation: every wish as a plain function, so that tests can try all of them in any order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    Office,
    Option,
    Privilege,
    ReportAssist,
    Resolution,
    Sender,
    Side,
    SubmitWrapUp,
    TaxpayerCard,
    Text,
)
from relay_server.domain import decisions
from relay_server.domain.consultation import Consultation, apply

ID = ConsultationId("01JD0000000000000000000001")
OFFICE = Office(code="360103", name="南昌市西湖区税务局")
TAXPAYER = TaxpayerCard(id=TaxpayerId("t1"), name="张三", assurance=Assurance.VERIFIED, office=OFFICE)
WANG = AgentCard(id=AgentId("a1"), number="8001", name="王芳", office=OFFICE)
LI = AgentCard(id=AgentId("a2"), number="8002", name="李强", office=OFFICE)
VIEW = [Privilege.VIEW]
BUSINESS, QUESTION_TYPES = ["vat"], ["policy"]
REQUEST = RequestId("r")

Wish = Callable[[Consultation], Sequence[AnyEvent]]


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
            return self.tell(WISHES[name](self.state))
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
    return [*asked, decisions.take_ticket("q", "A001", "2026-03-02", OFFICE)] if asked else []


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
    "ask_assist": lambda now: decisions.ask_assist(now, AssistId("s1"), WANG, VIEW),
    "join": _report("joined"),
    "grant": _report("granted"),
    "refuse": _report("refused"),
    "revoke": _report("revoked"),
    "end_assist": _report("ended"),
    "finish": lambda now: decisions.finish(now, "agent"),
    "end": lambda now: decisions.finish(now, "taxpayer"),
    "wrap_up": _wrap_up,
    "evaluate": lambda now: decisions.evaluate(now, Evaluate(request_id=REQUEST, consultation=ID, level=5)),
}
