"""The people of a drill: each one link, with a script of its own, speaking the public protocol."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from relay_client.link import RelayLink, new_request_id, websocket_url
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AgentId, ClientId, ConsultationId, consultation_of, is_consultation
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AcceptOffer,
    AskHuman,
    Done,
    EndConsultation,
    EventFrame,
    Message,
    MessagePosted,
    OfferAccepted,
    Offered,
    OpenConsultation,
    PostMessage,
    PresenceState,
    Request,
    Resolution,
    ServiceFinished,
    SetPresence,
    Side,
    SubmitWrapUp,
    Text,
    TicketTaken,
    WorkbenchSnapshot,
)
from relay_server.drill.ledger import Ledger

QUESTIONS = (
    "申报表提交时提示比对不通过，怎么处理？",
    "开具红字发票需要先做什么？",
    "小规模纳税人这个季度要交多少？",
    "登录时提示密码错误次数过多怎么办？",
    "社保费怎样更正申报？",
    "好的，我看到了，谢谢。",
)
REPLIES = ("您好，请稍等，我看一下。", "请打开申报表第二页核对销售额。", "已经为您查到，按提示操作即可。")
AGAIN_SECONDS = 0.5


@dataclass(eq=False)
class Link:
    """One link to the relay. `on_event` gets events of consultations, `on_snapshot` what a workbench starts from."""

    server: str
    path: str
    token: str
    ledger: Ledger
    on_event: Callable[[ConsultationId, EventFrame], None]
    on_snapshot: Callable[[WorkbenchSnapshot], None] = lambda snapshot: None
    live: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.link = RelayLink(
            websocket_url(self.server, self.path),
            self.token,
            ClientId(new_request_id()),
            app="",
            on_message=self._message,
            on_state=self._state,
            on_restart=lambda: None,
        )

    async def ask(self, request: Request) -> Done:
        """Send a request, again while the relay cannot save anything, and return its `Done`.

        Raise `BanwenError` if it is refused.
        """
        answer = None
        while answer is None:
            try:
                answer = await self.link.request(request)
            except BanwenError as error:
                if error.code is not ErrorCode.UNREACHABLE:
                    raise
                self.ledger.repeated()
                await asyncio.sleep(AGAIN_SECONDS)
        if not isinstance(answer, Done):
            raise TypeError(type(answer).__name__)
        return answer

    async def say(self, consultation: ConsultationId, text: str) -> None:
        """Post a text and keep book of it."""
        message = ClientId(new_request_id())
        self.ledger.sent(message, time.monotonic())
        await self.ask(
            PostMessage(request_id=new_request_id(), consultation=consultation, client_id=message, body=Text(text=text))
        )
        self.ledger.acknowledged(message, time.monotonic())

    def _state(self, state: LinkState, error: BanwenError | None) -> None:
        if state is LinkState.LIVE:
            self.live.set()
            self.ledger.back(self, time.monotonic())
        elif self.live.is_set():
            self.ledger.broken(self, time.monotonic())

    def _message(self, message: Message) -> None:
        match message:
            case EventFrame() if is_consultation(message.stream):
                self.on_event(consultation_of(message.stream), message)
            case WorkbenchSnapshot():
                self.on_snapshot(message)


class Taxpayer:
    """Comes, takes a number, waits, asks a few questions, thanks and goes; then comes again until `until`."""

    def __init__(self, server: str, token: str, ledger: Ledger, chance: Random, pause: float) -> None:
        self._ledger, self._chance, self._pause = ledger, chance, pause
        self._served = asyncio.Event()
        self._answered = asyncio.Event()
        self._reader = f"taxpayer {token[:6]}"
        self.link = Link(server, "/ws/taxpayer", token, ledger, self._event)

    async def live(self, until: float) -> None:
        """Play the script until the clock says `until` (monotonic seconds); what began is finished."""
        await self.link.live.wait()
        while time.monotonic() < until:
            await self._visit()

    async def _visit(self) -> None:
        self._served.clear()
        opened = await self.link.ask(OpenConsultation(request_id=new_request_id()))
        consultation = opened.consultation
        if consultation is None:
            raise TypeError("no consultation was opened")
        await self.link.ask(AskHuman(request_id=new_request_id(), consultation=consultation))
        await self._served.wait()
        for _ in range(self._chance.randint(2, 4)):
            self._answered.clear()
            await self.link.say(consultation, self._chance.choice(QUESTIONS))
            await self._answered.wait()
            await asyncio.sleep(self._chance.uniform(0.2, 1.8) * self._pause)
        await self.link.ask(EndConsultation(request_id=new_request_id(), consultation=consultation))
        self._ledger.finished()

    def _event(self, consultation: ConsultationId, frame: EventFrame) -> None:
        match frame.event:
            case TicketTaken(queue=queue, day=day, number=number):
                self._ledger.entered(consultation, (queue, day, number), time.monotonic())
            case OfferAccepted():
                self._served.set()
            case MessagePosted(sender=sender, client_id=message) if sender.side is Side.AGENT:
                self._ledger.delivered(self._reader, consultation, frame.seq, message)
                self._answered.set()


class Agent:
    """Accepts what is offered, answers, and writes the wrap-up. `codes` are a business and a question type."""

    def __init__(
        self, server: str, token: str, ledger: Ledger, chance: Random, pause: float, codes: tuple[str, str]
    ) -> None:
        self._ledger, self._chance, self._pause, self._codes = ledger, chance, pause, codes
        self._me = AgentId("")
        self._capacity = 0
        self._todo: asyncio.Queue[tuple[ConsultationId, EventFrame]] = asyncio.Queue()
        self.link = Link(server, "/ws/agent", token, ledger, self._event, self._snapshot)

    async def live(self) -> None:
        """Be ready and do what comes, several things at once."""
        await self.link.live.wait()
        await self.link.ask(SetPresence(request_id=new_request_id(), state=PresenceState.READY))
        async with asyncio.TaskGroup() as group:
            while True:
                consultation, frame = await self._todo.get()
                group.create_task(self._do(consultation, frame))

    async def _do(self, consultation: ConsultationId, frame: EventFrame) -> None:
        try:
            match frame.event:
                case Offered(offer=offer):
                    await self.link.ask(
                        AcceptOffer(request_id=new_request_id(), consultation=consultation, offer=offer)
                    )
                case MessagePosted():
                    await asyncio.sleep(self._chance.uniform(0.1, 0.9) * self._pause)
                    await self.link.say(consultation, self._chance.choice(REPLIES))
                case ServiceFinished():
                    await self._wrap_up(consultation)
        except BanwenError:  # the taxpayer was quicker, or the offer went elsewhere
            self._ledger.refused()

    async def _wrap_up(self, consultation: ConsultationId) -> None:
        business, question_type = self._codes
        await self.link.ask(
            SubmitWrapUp(
                request_id=new_request_id(),
                consultation=consultation,
                business=business,
                question_type=question_type,
                resolution=Resolution.RESOLVED,
                text="演练",
            )
        )
        self._ledger.freed(consultation, self._me)

    def _snapshot(self, snapshot: WorkbenchSnapshot) -> None:
        self._me, self._capacity = snapshot.me.id, snapshot.capacity

    def _event(self, consultation: ConsultationId, frame: EventFrame) -> None:
        match frame.event:
            case Offered(agent=agent) if agent.id == self._me:
                self._todo.put_nowait((consultation, frame))
            case OfferAccepted(agent=agent) if agent.id == self._me:
                self._ledger.served(consultation, agent.id, self._capacity, time.monotonic())
            case MessagePosted(sender=sender, client_id=message) if sender.side is Side.TAXPAYER:
                self._ledger.delivered(f"agent {self._me}", consultation, frame.seq, message)
                self._todo.put_nowait((consultation, frame))
            case ServiceFinished():
                self._todo.put_nowait((consultation, frame))
