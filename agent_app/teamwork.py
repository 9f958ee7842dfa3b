"""Carries out what agents wish of each other, of the queue and of the past. wiring.py gives it what it needs."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from agent_app.ports import Desk, Http, Relay
from agent_app.services import together
from agent_app.spawn import spawn
from agent_app.views import wishes
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import (
    AskTransfer,
    BlockTaxpayer,
    CancelTransfer,
    InviteColleague,
    LeaveConsultation,
    PutOnHold,
    Request,
    ResumeService,
)

if TYPE_CHECKING:
    from agent_app.views.window import MainWindow


T = TypeVar("T")


class Teamwork:
    """Wishes in, requests out; answers go to the windows that asked."""

    def __init__(self, desk: Desk, http: Http, window: "MainWindow") -> None:
        self._desk, self._http, self._window = desk, http, window

    def carry_out(self, wish: object, relay: Relay) -> bool:
        """Do it, and tell whether it was one of ours."""
        request = self._request(wish)
        if request is not None:
            spawn(self._ask(wish, request, relay), name=type(request).__name__)
            return True
        match wish:
            case wishes.AnswerAsk(id_, accept, words):
                spawn(self._answer(relay, id_, accept, words), name="answer")
            case wishes.AskDirectory():
                spawn(self._directory(), name="directory")
            case _:
                return False
        return True

    def _request(self, wish: object) -> Request | None:
        id_ = RequestId(self._desk.new_id())
        match wish:
            case wishes.Hold(one, reason):
                return PutOnHold(request_id=id_, consultation=one, reason=reason)
            case wishes.Resume(one):
                return ResumeService(request_id=id_, consultation=one)
            case wishes.Transfer(one, target, reason, summary):
                return AskTransfer(request_id=id_, consultation=one, target=target, reason=reason, summary=summary)
            case wishes.KeepIt(one):
                return CancelTransfer(request_id=id_, consultation=one)
            case wishes.Invite(one, agent, reason):
                return InviteColleague(request_id=id_, consultation=one, agent=agent, reason=reason)
            case wishes.Leave(one, colleague):
                return LeaveConsultation(request_id=id_, consultation=one, agent=colleague)
            case wishes.Block(one, days, reason):
                return BlockTaxpayer(request_id=id_, consultation=one, days=days, reason=reason)
            case _:
                return None

    async def _ask(self, wish: object, request: Request, relay: Relay) -> None:
        """A dialog that waits shows a refusal itself; else it is told."""
        refusal = await together.ask(self._desk, relay, request)
        if not self._window.settle(wish, refusal) and refusal:
            self._desk.tell(refusal)

    async def _answer(self, relay: Relay, id_: ConsultationId, accept: bool, words: str) -> None:
        if refusal := await together.answer(self._desk, relay, id_, accept, words):
            self._desk.tell(refusal)

    async def _directory(self) -> None:
        await self._fetch(lambda found: self._window.offer_directory(found), together.directory(self._http))

    async def _fetch(self, show: Callable[[T], object], found: Awaitable[T]) -> None:
        try:
            show(await found)
        except BanwenError as error:
            self._desk.tell(error.message)
