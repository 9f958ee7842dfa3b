"""Search follows the log: what is said is found, by those who may, and nothing after it was taken back or erased."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import tantivy

from relay_protocol.errors import BanwenError
from relay_protocol.ids import (
    AgentId,
    ClientId,
    ConsultationId,
    OfferId,
    TaxpayerId,
    consultation_stream,
    taxpayer_stream,
)
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    Assurance,
    ConsultationOpened,
    MessageRecalled,
    OfferAccepted,
    Office,
    PrivateKind,
    PrivatePosted,
    Sender,
    Side,
    TaxpayerCard,
    TaxpayerErased,
)
from relay_server.domain.access import AgentActor, Held
from relay_server.domain.records import Role
from relay_server.domain.spoken import excerpt
from relay_server.search.tantivy import TantivyIndex
from relay_server.services import search
from relay_server.services.indexing import Indexing
from relay_server.store import events
from relay_server.store.base import Transaction
from relay_server.store.keys import Keyring, new_master
from relay_server.store.sqlite import SqliteStore
from relay_server.store.subjects import destroy_key
from tests.relay_server.store.people import said

XIHU = Office(code="360103", name="南昌市西湖区税务局")
ZHANGGONG = Office(code="360702", name="赣州市章贡区税务局")
WANG = AgentCard(id=AgentId("a1"), number="8001", name="王芳", office=XIHU)
LI = AgentCard(id=AgentId("a2"), number="8002", name="李强", office=ZHANGGONG)
NOW = 100.0


def actor(card: AgentCard, role: Role = Role.AGENT, *offices: str) -> AgentActor:
    """Return somebody who holds a role on these offices."""
    return AgentActor(card, (Held(role, frozenset(offices)),))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "relay.db", Keyring(new_master()), lambda effects: None)
    yield store
    await store.close()


@pytest.fixture
async def indexing(store: SqliteStore, tmp_path: Path) -> AsyncIterator[Indexing]:
    indexing = Indexing(store, tmp_path / "search", TantivyIndex)
    yield indexing
    indexing.close()


async def happen(store: SqliteStore, name: str, office: Office, *happened: AnyEvent) -> None:
    """Begin a consultation of the office, or go on with it."""
    id_ = ConsultationId(name)
    card = TaxpayerCard(id=TaxpayerId(f"of-{name}"), name="张三", assurance=Assurance.VERIFIED, office=office)

    def script() -> Transaction[None]:
        before = yield from events.load(id_)
        opened = [] if before else [ConsultationOpened(consultation=id_, taxpayer=card, channel="web")]
        yield from events.append(id_, before, [*opened, *happened], 10.0)

    await store.transact(script())


async def find(store: SqliteStore, indexing: Indexing, who: AgentActor, words: str) -> list[tuple[str, str]]:
    """Bring the index up to date and search it."""
    await indexing.follow()
    page = await search.search(store, indexing.index, who, search.Wish(q=words), NOW)
    return [(hit.consultation.consultation, hit.excerpt) for hit in page.hits]


@pytest.mark.req("S1")
async def test_who_leads_an_office_finds_its_words_and_no_others(store: SqliteStore, indexing: Indexing) -> None:
    await happen(store, "C1", XIHU, said("m", "怎么开红字发票"))
    await happen(store, "C2", ZHANGGONG, said("m", "红字发票怎么开"))
    lead = actor(WANG, Role.LEAD, "360103")
    assert await find(store, indexing, lead, "红字发票") == [("C1", "怎么开红字发票")]
    assert await find(store, indexing, actor(WANG), "红字发票") == [], "a plain agent took no part in either"


async def test_an_agent_finds_what_they_took_part_in_also_when_it_moved_on(
    store: SqliteStore, indexing: Indexing
) -> None:
    await happen(store, "C1", XIHU, said("m", "留抵退税"))
    assert await find(store, indexing, actor(LI), "留抵") == []
    await happen(store, "C1", XIHU, OfferAccepted(offer=OfferId("o"), agent=LI))
    assert [name for name, _ in await find(store, indexing, actor(LI), "留抵")] == ["C1"]
    lead = actor(LI, Role.LEAD, "360702")
    assert [name for name, _ in await find(store, indexing, lead, "留抵")] == ["C1"], "it is theirs as well now"


async def test_notes_are_found_and_words_taken_back_are_not(store: SqliteStore, indexing: Indexing) -> None:
    note = PrivatePosted(client_id=ClientId("n"), agent=WANG, kind=PrivateKind.NOTE, text="身份已核实")
    await happen(store, "C1", XIHU, said("m", "我的密码是甲乙丙"), note)
    lead = actor(WANG, Role.LEAD, "360103")
    assert len(await find(store, indexing, lead, "核实")) == 1
    assert len(await find(store, indexing, lead, "甲乙丙")) == 1
    await store.transact(events.recall(consultation_stream(ConsultationId("C1")), 2))
    await happen(store, "C1", XIHU, MessageRecalled(target=2, sender=Sender(side=Side.TAXPAYER)))
    assert await find(store, indexing, lead, "甲乙丙") == []


@pytest.mark.req("S1")
async def test_erasing_a_person_leaves_no_file_that_holds_their_words(
    store: SqliteStore, indexing: Indexing, tmp_path: Path
) -> None:
    await happen(store, "C1", XIHU, said("m", "ZQXJ9 的密码"))
    await happen(store, "C2", XIHU, said("m", "别人的问题"))
    lead = actor(WANG, Role.LEAD, "360103")
    assert len(await find(store, indexing, lead, "zqxj9")) == 1
    assert _terms(tmp_path / "search") == {"zqxj9"}, "the terms of an index can be read"

    def erase() -> Transaction[None]:
        yield from destroy_key(TaxpayerId("of-C1"), NOW)
        erased = TaxpayerErased(taxpayer=TaxpayerId("of-C1"), reason="本人要求", by="cli")
        yield from events.record(taxpayer_stream(TaxpayerId("of-C1")), [erased], NOW)

    await store.transact(erase())
    assert await find(store, indexing, lead, "zqxj9") == []
    assert len(await find(store, indexing, lead, "别人")) == 1
    assert _terms(tmp_path / "search") == set()


async def test_pages_follow_each_other_without_gaps(store: SqliteStore, indexing: Indexing) -> None:
    for number in range(25):
        await happen(store, f"C{number:02}", XIHU)

        def say(number: int = number) -> Transaction[None]:
            before = yield from events.load(ConsultationId(f"C{number:02}"))
            yield from events.append(ConsultationId(f"C{number:02}"), before, [said("m", "开票")], 20.0 + number)

        await store.transact(say())
    await indexing.follow()
    lead, seen, cursor = actor(WANG, Role.LEAD, "360103"), list[str](), 0.0
    while True:
        wish = search.Wish(q="开票", limit=10, cursor=cursor)
        page = await search.search(store, indexing.index, lead, wish, NOW)
        seen += [hit.consultation.consultation for hit in page.hits]
        cursor = page.next
        if not cursor:
            break
    assert seen == [f"C{number:02}" for number in range(24, -1, -1)]


async def test_a_query_without_words_is_refused_with_a_sentence(store: SqliteStore, indexing: Indexing) -> None:
    with pytest.raises(BanwenError, match="请输入"):
        await search.search(store, indexing.index, actor(WANG), search.Wish(q=" ？ "), NOW)


def test_an_excerpt_shows_what_stands_around_and_where() -> None:
    text = "您好，" + "请" * 60 + "红字发票怎么开具，红字发票要确认单吗"
    shown, marks = excerpt(text, "红字发票")
    assert shown.startswith("…")
    assert [shown[start:end] for start, end in marks] == ["红字发票", "红字发票"]


def _terms(folder: Path) -> set[str]:
    """Return the words that begin like the secret one, in whatever index lies there."""
    indexes = [tantivy.Index.open(str(path)) for path in folder.iterdir()]
    return {term for index in indexes for term, _ in index.searcher().terms_with_prefix("singles", "zqx")}
