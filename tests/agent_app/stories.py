"""Consultations told as events, for tests and for the gallery of screens."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_app.state.workbench import Workbench, apply
from relay_protocol.ids import (
    AgentId,
    AssistId,
    AttachmentId,
    ClientId,
    ConsultationId,
    EntryId,
    OfferId,
    TaxpayerId,
    consultation_stream,
    ulid,
)
from relay_protocol.messages import (
    AgentCard,
    Answer,
    AnyEvent,
    Assurance,
    Attachment,
    Body,
    BusinessContext,
    Choices,
    ConsultationOpened,
    ContextReceived,
    EventFrame,
    HandOverRequested,
    Image,
    Message,
    MessagePosted,
    NoAnswer,
    OfferAccepted,
    Offered,
    Office,
    Option,
    PresenceState,
    Quote,
    Sender,
    Side,
    TaxpayerCard,
    Text,
    TicketTaken,
    WorkbenchSnapshot,
)

NOON = 1_800_000_000.0
GANZHOU = Office(code="360700", name="赣州市税务局", level="city")
ME = AgentCard(id=AgentId("agent-8023"), number="8023", name="李敏", office=GANZHOU)
COLLEAGUE = AgentCard(id=AgentId("agent-8001"), number="8001", name="陈志远", office=GANZHOU)
LEAD = AgentCard(id=AgentId("agent-8100"), number="8100", name="周岚", office=GANZHOU)
ASSIST = AssistId("01HZZZZZZZZZZZZZZZZZASSIST")


def consultation_id(number: int) -> ConsultationId:
    """Return the id of the n-th consultation of a story."""
    return ConsultationId(ulid(NOON, number.to_bytes(10, "big")))


def card(name: str, assurance: Assurance = Assurance.VERIFIED) -> TaxpayerCard:
    """Return a taxpayer."""
    return TaxpayerCard(
        id=TaxpayerId(f"taxpayer-{name}"),
        name=name,
        assurance=assurance,
        tax_number="9136070*********8K",
        taxpayer_type="小规模纳税人 · 季报",
        role="办税员",
        office=Office(code="360702", name="赣州市章贡区税务局"),
    )


CONTEXT = BusinessContext(
    module="增值税",
    function="申报",
    page="增值税及附加税费申报",
    form="小规模纳税人申报表",
    period="2026-07 至 2026-09",
    error="申报比对不通过（01060211）",
    elements={"本期销售额": "286,500.00", "第10栏": "（空）"},
    at=NOON + 30,
    verified=True,
)


@dataclass
class Story:
    """One consultation being told; every method adds an event `after` seconds later and returns the story."""

    number: int = 1
    name: str = "赣州宏达商贸有限公司"
    at: float = NOON
    frames: list[EventFrame] = field(default_factory=list)

    @property
    def id(self) -> ConsultationId:
        return consultation_id(self.number)

    def tell(self, event: AnyEvent, after: float = 5.0) -> "Story":
        self.at += after
        stream = consultation_stream(self.id)
        self.frames.append(EventFrame(stream=stream, seq=len(self.frames) + 1, at=self.at, event=event))
        return self

    def opened(self, assurance: Assurance = Assurance.VERIFIED) -> "Story":
        return self.tell(ConsultationOpened(consultation=self.id, taxpayer=card(self.name, assurance), channel="web"))

    def context(self, context: BusinessContext = CONTEXT) -> "Story":
        return self.tell(ContextReceived(context=context), 1.0)

    def says(
        self, side: Side, body: Body | str, after: float = 20.0, client_id: str = "", quote: int | None = None
    ) -> "Story":
        sender = {
            Side.TAXPAYER: Sender(side=side, name=self.name),
            Side.AGENT: Sender(side=side, name=ME.name, agent=ME.id),
            Side.BOT: Sender(side=side, name="智能客服"),
        }[side]
        said = Text(text=body) if isinstance(body, str) else body
        name = ClientId(client_id or f"{self.number}-{len(self.frames)}")
        answered = self.quote(quote) if quote is not None else None
        return self.tell(MessagePosted(client_id=name, sender=sender, body=said, quote=answered), after)

    def quote(self, seq: int) -> Quote:
        """What the relay says of an earlier message that is answered."""
        event = self.frames[seq - 1].event
        if not isinstance(event, MessagePosted):
            raise AssertionError("only messages are quoted")
        words = event.body.text if isinstance(event.body, Text) else "[图片]"
        return Quote(seq=seq, sender=event.sender, excerpt=words[:60])

    def bot_part(self) -> "Story":
        """What happens before a person is needed."""
        suggested = Choices(
            purpose="suggest",
            text="您好，您正在「增值税及附加税费申报」页面。您是不是想问：",
            options=[
                Option(title="小规模纳税人免税销售额填在哪一栏", why="page"),
                Option(title="申报比对不通过怎么办"),
            ],
        )
        answer = Answer(
            entry=EntryId("vat-0012"),
            revision="9f3c1a7e55d04b21",
            title="小规模纳税人免税销售额填报",
            text="季度销售额未超过 30 万元的，免税销售额填写第 10 栏；个体工商户填写第 11 栏「未达起征点销售额」。",
            source="财政部 税务总局公告 2023 年第 19 号",
        )
        self.says(Side.BOT, suggested, 1).says(Side.TAXPAYER, "小规模纳税人免税销售额应填在哪一栏？")
        self.says(Side.BOT, answer, 1).says(
            Side.TAXPAYER, "填了还是提示申报比对不通过，开票金额与申报金额不一致怎么办？"
        )
        return self.says(Side.BOT, NoAnswer(text="这个问题我没有找到可靠的答案，可以为您转接人工座席。"), 1)

    def queued(self, number: str = "A001") -> "Story":
        self.tell(HandOverRequested(reason="asked"))
        return self.tell(TicketTaken(queue="ganzhou", number=number, day="2026-11-24", office=GANZHOU), 0.1)

    def offered(self, agent: AgentCard = ME, seconds: float = 30.0) -> "Story":
        offer = OfferId(f"offer-{self.number}-{len(self.frames)}")
        return self.tell(Offered(offer=offer, agent=agent, expires_at=self.at + 2 + seconds), 2.0)

    def accepted(self, agent: AgentCard = ME) -> "Story":
        offer = OfferId(f"offer-{self.number}-{len(self.frames) - 1}")
        return self.tell(OfferAccepted(offer=offer, agent=agent), 4.0)

    def waiting(self) -> "Story":
        """From the first word to an offer."""
        return self.opened().context().bot_part().queued().offered()

    def served(self) -> "Story":
        """From the first word until the agent has taken it."""
        return self.waiting().accepted()


def picture(name: str = "截图.png", width: int = 1280, height: int = 720, id_: str = "picture-1") -> Image:
    """Return the body of a picture message."""
    attachment = Attachment(
        id=AttachmentId(id_), name=name, media_type="image/png", size=183_000, width=width, height=height
    )
    return Image(attachment=attachment)


def start(capacity: int = 8, presence: PresenceState = PresenceState.READY) -> Workbench:
    """Return a workbench whose agent has just come to work."""
    snapshot = WorkbenchSnapshot(me=ME, presence=presence, reason="", capacity=capacity, consultations=[])
    return apply(Workbench(me=ME), snapshot, NOON)[0]


def play(
    state: Workbench, messages: list[EventFrame] | list[Message] | Iterator[Message], now: float = 0.0
) -> Workbench:
    """Apply messages one after the other."""
    for message in messages:
        state = apply(state, message, now or getattr(message, "at", NOON))[0]
    return state
