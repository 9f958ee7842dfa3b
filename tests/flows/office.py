"""A relay without its links: real store, bus, knowledge and roles, driven by a clock that only tests move."""

import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from kb_sync.candidates import Candidates, Hit, SearchContext, State
from kb_sync.suggest import Suggestion
from relay_protocol.ids import AgentId, ClientId, ConsultationId, RequestId, TaxpayerId, consultation_stream
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    AskHuman,
    Assurance,
    Body,
    BusinessContext,
    MessagePosted,
    Office,
    PostableBody,
    PostMessage,
    PresenceState,
    Side,
    TaxpayerCard,
    Text,
)
from relay_server.bus.local import LocalBus
from relay_server.domain.access import Actor, AgentActor, TaxpayerActor
from relay_server.domain.consultation import Consultation
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord
from relay_server.domain.rulebook import Rulebook
from relay_server.roles import Roles
from relay_server.services import consultations, dispatch, dispatch_positions, fanout, presence, tickets
from relay_server.services.directory import LiveDirectory
from relay_server.services.dispatch_memory import Memory
from relay_server.services.floor import Floor
from relay_server.services.knowledge import Knowledge
from relay_server.services.presence import Reach
from relay_server.services.rulebook import LiveRulebook
from relay_server.store import events
from relay_server.store.accounts import AgentAccount, put_agent
from relay_server.store.base import Transaction
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS

MORNING = 1_772_415_000.0
"""2 March 2026, 09:30 in China."""
OFFICES = {
    "360000": Office(code="360000", name="江西省税务局", level="province"),
    "360100": Office(code="360100", name="南昌市税务局", level="city"),
    "360103": Office(code="360103", name="南昌市西湖区税务局"),
    "360702": Office(code="360702", name="赣州市章贡区税务局"),
}
PARENTS = {"360000": "", "360100": "360000", "360103": "360100", "360702": "360000"}
KNOWN = Directory(
    offices={
        code: OfficeRecord(code=code, name=one.name, level=one.level, parent=PARENTS[code])
        for code, one in OFFICES.items()
    }
)
WANG = AgentActor(AgentCard(id=AgentId("A1"), number="8001", name="王芳", office=OFFICES["360103"]))
ZHAO = AgentActor(AgentCard(id=AgentId("A2"), number="8005", name="赵敏", office=OFFICES["360103"]))
CHEN = AgentActor(AgentCard(id=AgentId("A3"), number="8003", name="陈静", office=OFFICES["360702"]))
ZHANG = TaxpayerActor(
    TaxpayerCard(
        id=TaxpayerId("T1"),
        name="张三",
        assurance=Assurance.VERIFIED,
        taxpayer_type="小规模纳税人",
        office=OFFICES["360103"],
    ),
    "etax-demo",
    "u-1",
)
STRANGER = TaxpayerActor(
    TaxpayerCard(id=TaxpayerId("T2"), name="未验证用户", assurance=Assurance.ANONYMOUS), "etax-demo"
)


def citizen(number: int) -> TaxpayerActor:
    """Return one of many people of the same office."""
    card = TaxpayerCard(
        id=TaxpayerId(f"P{number}"), name=f"李{number}", assurance=Assurance.VERIFIED, office=OFFICES["360103"]
    )
    return TaxpayerActor(card, "etax-demo", f"p-{number}")


VAT = BusinessContext(module="vat_filing", page="增值税及附加税费申报表", verified=True)
INVOICE = BusinessContext(module="invoice_issue", page="蓝字发票开具", verified=True)


class BrokenKnowledge:
    """Knowledge whose index is damaged."""

    def candidates(self, query: str, context: SearchContext, state: State | None = None, top: int = 5) -> Candidates:
        """Fail."""
        raise RuntimeError("damaged")

    def suggest(self, context: SearchContext, error_code: str = "", hot: Sequence[str] = ()) -> tuple[Suggestion, ...]:
        """Fail."""
        raise RuntimeError("damaged")

    def search(self, query: str, context: SearchContext, top: int = 10) -> list[Hit]:
        """Fail."""
        raise RuntimeError("damaged")


class NoKnowledge:
    """Knowledge that holds nothing: the bot answers that it does not know."""

    def candidates(self, query: str, context: SearchContext, state: State | None = None, top: int = 5) -> Candidates:
        """Find nothing."""
        return Candidates()

    def suggest(self, context: SearchContext, error_code: str = "", hot: Sequence[str] = ()) -> tuple[Suggestion, ...]:
        """Suggest nothing."""
        return ()

    def search(self, query: str, context: SearchContext, top: int = 10) -> list[Hit]:
        """Find nothing."""
        return []


class TestOffice:
    """The relay in `folder`. `now` is its clock, in Unix seconds."""

    __test__ = False

    def __init__(self, folder: Path, knowledge: Knowledge) -> None:
        self.now = MORNING
        self.bus = LocalBus()
        self._knowledge, self.folder, self._crashes = knowledge, folder, count(1)
        self._ids = count(1)
        self._working: list[AgentActor] = []
        self._open(folder / "0")

    def _open(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._database = folder / "relay.db"
        self.store = SqliteStore(self._database, KEYS, lambda effects: fanout.announce(self.bus, effects))
        self.reach = Reach(self.now)
        self.roles = Roles(
            store=self.store,
            bus=self.bus,
            knowledge=self._knowledge,
            reach=self.reach,
            rulebook=LiveRulebook(LiveDirectory(KNOWN), default_office="360000"),
            now=lambda: self.now,
            new_id=self.new_id,
        )

    def new_id(self) -> str:
        """Return an identifier; later ones sort later."""
        return f"{next(self._ids):026}"

    def request_id(self) -> RequestId:
        """Return the number of a new request."""
        return RequestId(self.new_id())

    async def crash(self) -> None:
        """Go on from what is on disk at this moment: the files are copied under the open store, and opened again."""
        folder = self.folder / str(next(self._crashes))
        folder.mkdir()
        for file in self._database.parent.iterdir():
            if not file.name.endswith("-shm"):  # shared memory does not survive a crash
                shutil.copy(file, folder / file.name)
        await self.close()
        self._open(folder)
        for agent in self._working:
            self.reach.joined(agent.id, self.now)

    async def close(self) -> None:
        """Let go of the database."""
        await self.store.close()

    async def react(self) -> None:
        """Let the relay do all it owes by now, a second later."""
        self.now += 1.0
        for agent in self._working:
            self.reach.heard(agent.id, self.now)
        await self.roles.answer_owed()
        await self.roles.run_round()

    def break_knowledge(self) -> None:
        """Let every search fail from now on."""
        self.roles.knowledge = BrokenKnowledge()

    async def employ(self, agent: AgentActor) -> None:
        """Give an agent an account, a workbench that is connected, and let them be ready."""
        card = agent.card
        account = AgentAccount(card.id, card.number, card.name, card.office.code, "", created_at=self.now)
        await self.store.transact(put_agent(account))
        self._working.append(agent)
        self.reach.joined(agent.id, self.now)
        await presence.set_presence(self.store, agent, PresenceState.READY, "", self.now)

    def use_bus(self, bus: LocalBus) -> None:
        """Announce over another bus from now on."""
        self.bus = self.roles.bus = bus

    def leave(self, agent: AgentActor) -> None:
        """The agent's workbench is gone after the next crash, and does not come back."""
        self._working.remove(agent)

    def change_rules(self, **changes: Any) -> None:
        """Let other rules hold from now on for queues that name none."""
        self.roles.rulebook.fallback = msgspec.structs.replace(self.roles.rulebook.fallback, **changes)

    def ask_for_locality(self) -> None:
        """Let no office be the default from now on."""
        self.roles.rulebook = LiveRulebook(self.roles.rulebook.directory, self.roles.rulebook.fallback)

    @property
    def rulebook(self) -> Rulebook:
        """Return the rules, hours and offices as they are now."""
        return self.roles.rulebook.current

    @property
    def floor(self) -> Floor:
        """Return what tells whether an agent can be given one more."""
        return Floor(self.reach, self.roles.rulebook)

    async def places(self) -> dict[str, int]:
        """Return how many stand before each number."""
        done = await dispatch.run_round(self.store, self.reach, self.rulebook, Memory(), self.new_id, self.now)
        if done is None:
            raise AssertionError("a dispatcher without memory always has a round")
        shown = dispatch_positions.places(done, self.rulebook, [])
        return {place.number: place.ahead for _, place in shown.values()}

    def lengthen_offers(self) -> None:
        """Let offers run for an hour, so that only silence takes them back."""
        self.change_rules(offer_timeout=3600.0)

    async def open(self, who: TaxpayerActor) -> ConsultationId:
        """Open the window."""
        opened = await consultations.open_or_continue(self.store, who, "web", self.new_id, self.now)
        return opened.id

    async def say(self, who: Actor, consultation: ConsultationId, said: str | PostableBody, client_id: str = "") -> int:
        """Post a message; return its seq."""
        request = PostMessage(
            request_id=self.request_id(),
            consultation=consultation,
            client_id=ClientId(client_id or self.new_id()),
            body=Text(text=said) if isinstance(said, str) else said,
        )
        return await consultations.post_message(self.store, self.floor, who, request, self.now)

    async def stand(self, who: TaxpayerActor, consultation: ConsultationId, where: BusinessContext) -> int:
        """The site said where the taxpayer is."""

        def accepted() -> Transaction[BusinessContext]:
            yield from ()  # no operations: the check of the token is another test's
            return where

        return await consultations.send_context(self.store, who, consultation, accepted(), self.now)

    async def ask_human(self, who: TaxpayerActor, consultation: ConsultationId) -> int:
        """「转人工」."""
        request = AskHuman(request_id=self.request_id(), consultation=consultation)
        return await tickets.ask_human(self.store, who, request, self.rulebook, self.now)

    async def state(self, consultation: ConsultationId) -> Consultation:
        """Return where a consultation stands."""
        found = await self.store.read(events.load(consultation))
        if found is None:
            raise AssertionError("no such consultation")
        return found

    async def log(self, consultation: ConsultationId) -> Sequence[AnyEvent]:
        """Return all events of a consultation."""
        found = await self.store.read(events.events_after(consultation_stream(consultation), 0, 10_000))
        return [one.frame.event for one in found]

    async def bot_said(self, consultation: ConsultationId) -> list[Body]:
        """Return what the bot has said."""
        posted = [event for event in await self.log(consultation) if isinstance(event, MessagePosted)]
        return [event.body for event in posted if event.sender.side is Side.BOT]
