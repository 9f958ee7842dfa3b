"""One visit of a taxpayer, step by step, from opening the window to the five levels."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from relay_protocol.ids import AssistId, ConsultationId
from relay_protocol.messages import (
    AcceptOffer,
    AskAssist,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRevoked,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Evaluate,
    Evaluated,
    HandOverRequested,
    MessagePosted,
    OfferAccepted,
    Offered,
    Privilege,
    ReportAssist,
    Resolution,
    ServiceFinished,
    SubmitWrapUp,
    TicketTaken,
    WrappedUp,
)
from relay_server.domain.access import HelperActor
from relay_server.services import assist, consultations, dispatch
from tests.flows.office import VAT, WANG, ZHANG, TestOffice

BUSINESS, QUESTION_TYPES = ["vat"], ["operation"]
NO_CONSULTATION, NO_ASSIST = ConsultationId(""), AssistId("")
KNOWN, OUTSIDE = "企业首次使用新电子税务局如何登录", "今天晚上吃什么好呢"


@dataclass
class Visit:
    """One consultation under way. Every step may be the last before a crash."""

    office: TestOffice
    id: ConsultationId = NO_CONSULTATION
    assist: AssistId = NO_ASSIST
    helper: HelperActor | None = None

    async def begin(self) -> None:
        self.id = await self.office.open(ZHANG)

    async def arrive(self) -> None:
        await self.office.stand(ZHANG, self.id, VAT)

    async def ask_known(self) -> None:
        await self.office.say(ZHANG, self.id, KNOWN)

    async def ask_unknown(self) -> None:
        await self.office.say(ZHANG, self.id, OUTSIDE)

    async def ask_human(self) -> None:
        await self.office.ask_human(ZHANG, self.id)

    async def be_ready(self) -> None:
        await self.office.employ(WANG)

    async def accept(self) -> None:
        offer = (await self.office.state(self.id)).offer
        assert offer is not None
        request = AcceptOffer(request_id=self.office.request_id(), consultation=self.id, offer=offer.id)
        await dispatch.accept(self.office.store, WANG, request, self.office.now)

    async def greet(self) -> None:
        await self.office.say(WANG, self.id, "您好，我是王芳，请讲。")

    async def explain(self) -> None:
        await self.office.say(ZHANG, self.id, "申报表提示比对不通过。")

    async def ask_assist(self) -> None:
        request = AskAssist(request_id=self.office.request_id(), consultation=self.id, scope=[Privilege.VIEW])
        office = self.office
        await assist.ask(office.store, office.bus, WANG, request, 600.0, office.new_id, office.now)
        running = (await office.state(self.id)).assist
        assert running is not None
        self.assist = running.id

    async def join(self) -> None:
        self.helper = HelperActor(self.assist, self.id)
        await self._report("joined", [])

    async def grant(self) -> None:
        await self._report("granted", [Privilege.VIEW])

    async def revoke(self) -> None:
        await self._report("revoked", [])

    async def end_assist(self) -> None:
        await assist.end(self.office.store, WANG, self.assist, self.office.now)

    async def finish(self) -> None:
        await consultations.finish(self.office.store, WANG, self.id, self.office.now)

    async def wrap_up(self) -> None:
        await consultations.submit_wrap_up(
            self.office.store, WANG, wrapped(self.office, self.id), BUSINESS, QUESTION_TYPES, self.office.now
        )

    async def evaluate(self) -> None:
        request = Evaluate(request_id=self.office.request_id(), consultation=self.id, level=5, reasons=["解答清楚"])
        await consultations.evaluate(self.office.store, ZHANG, request, self.office.now)

    async def _report(self, change: str, scope: list[Privilege]) -> None:
        assert self.helper is not None
        office = self.office
        request = ReportAssist(
            request_id=office.request_id(), assist=self.assist, change=change, scope=scope, reason="button"
        )
        await assist.report(office.store, self.helper, request, office.now)


def wrapped(office: TestOffice, consultation: ConsultationId) -> SubmitWrapUp:
    return SubmitWrapUp(
        request_id=office.request_id(),
        consultation=consultation,
        business="vat",
        question_type="operation",
        resolution=Resolution.RESOLVED,
        text="指导纳税人更正申报表。",
    )


STEPS: list[Callable[[Visit], Awaitable[None]]] = [
    Visit.begin,
    Visit.arrive,
    Visit.ask_known,
    Visit.ask_unknown,
    Visit.ask_human,
    Visit.be_ready,
    Visit.accept,
    Visit.greet,
    Visit.explain,
    Visit.ask_assist,
    Visit.join,
    Visit.grant,
    Visit.revoke,
    Visit.end_assist,
    Visit.finish,
    Visit.wrap_up,
    Visit.evaluate,
]
WHOLE_STORY: list[type] = [
    ConsultationOpened,
    ContextReceived,
    MessagePosted,  # the bot greets
    MessagePosted,
    MessagePosted,  # the bot answers
    MessagePosted,
    MessagePosted,  # the bot does not know
    HandOverRequested,
    TicketTaken,
    Offered,
    OfferAccepted,
    MessagePosted,
    MessagePosted,
    AssistAsked,
    AssistJoined,
    AssistGranted,
    AssistRevoked,
    AssistEnded,
    ServiceFinished,
    WrappedUp,
    ConsultationClosed,
    Evaluated,
]


async def reacting(step: Callable[[Visit], Awaitable[None]], visit: Visit) -> None:
    """Take a step and let the relay react; the page's first word comes before the greeting is due."""
    await step(visit)
    if step is not Visit.begin:
        await visit.office.react()


async def served(office: TestOffice) -> Visit:
    """Return a visit that an agent serves."""
    visit = Visit(office)
    for step in (Visit.begin, Visit.ask_human, Visit.be_ready, Visit.accept):
        await reacting(step, visit)
    return visit
