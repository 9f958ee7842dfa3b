"""Erasing a person: their words are gone, everybody else's stay, the log is whole."""

import hashlib
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ClientId, ConsultationId, TaxpayerId, consultation_stream, taxpayer_stream
from relay_protocol.messages import (
    Assurance,
    Attachment,
    BusinessContext,
    ConsultationClosed,
    ConsultationOpened,
    ContextReceived,
    Erased,
    TaxpayerBlocked,
    TaxpayerCard,
    TaxpayerErased,
)
from relay_server.domain.personal import ERASED_NAME
from relay_server.services import erasure
from relay_server.store import events
from relay_server.store.accounts import (
    StoredFile,
    TaxpayerRecord,
    TokenKind,
    TokenRecord,
    find_file,
    find_token,
    put_file,
    put_taxpayer,
    put_token,
    taxpayer_by_id,
    taxpayer_by_subject,
)
from relay_server.store.base import Store, Transaction
from relay_server.store.replay import BEGINNING, read_log
from tests.relay_server.store.people import AGENT, said

LI, WANG = TaxpayerId("t-li"), TaxpayerId("t-wang")
CARD = TaxpayerCard(id=LI, name="李建国", assurance=Assurance.VERIFIED, tax_number="9136****1X")
OTHER = TaxpayerCard(id=WANG, name="王秀英", assurance=Assurance.VERIFIED)


def story(consultation: str, card: TaxpayerCard, *, closed: bool = True) -> Transaction[None]:
    """One consultation from its beginning to its end."""
    id_ = ConsultationId(consultation)
    context = BusinessContext(module="申报", page="附表一", elements={"金额": "一百二十三万"})
    opened = ConsultationOpened(consultation=id_, taxpayer=card, channel="web")
    now = yield from events.append(id_, None, [opened, ContextReceived(context=context)], 1.0)
    now = yield from events.append(id_, now, [said("m1", f"{card.name}的问题")], 2.0, "m1")
    if closed:
        yield from events.append(id_, now, [ConsultationClosed(reason="contained")], 3.0)


def person(card: TaxpayerCard) -> Transaction[None]:
    """What is kept of a person outside consultations."""
    yield from put_taxpayer(TaxpayerRecord(card.id, "etax", f"subject-{card.id}", card))
    yield from put_token(TokenRecord(card.id.encode(), TokenKind.TAXPAYER, card.id, "etax", 1e12), 0.0)


def upload(consultation: str, folder: Path) -> Transaction[None]:
    """A file that was sent in a consultation."""
    (folder / f"of-{consultation}").write_bytes(b"scan")
    attachment = Attachment(id=AttachmentId(f"F{consultation}"), name="身份证.png", media_type="image/png", size=4)
    yield from put_file(StoredFile(attachment, ConsultationId(consultation), f"of-{consultation}", 1.0))


@pytest.fixture
async def told(store: Store, tmp_path: Path) -> Path:
    """Two people with two consultations each; return the folder of their files."""
    for card in (CARD, OTHER):
        await store.transact(person(card))
        for number in (1, 2):
            await store.transact(story(f"{card.id}-{number}", card))
            await store.transact(upload(f"{card.id}-{number}", tmp_path))
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("of-*"))


async def erase(store: Store, files: Path) -> erasure.Erasure:
    return await erasure.erase(store, files, LI, "申请书 2026-017", "cli:root", 9.0)


async def test_the_words_of_an_erased_person_are_gone_and_the_log_is_whole(store: Store, told: Path) -> None:
    stream = consultation_stream(ConsultationId("t-li-1"))
    before = await store.read(events.events_after(stream, 0, 99))
    assert await erase(store, told) == erasure.Erasure(LI, 2, 2)
    after = await store.read(events.events_after(stream, 0, 99))
    assert [one.frame.seq for one in after] == [1, 2, 3, 4]
    assert [one.frame.at for one in after] == [one.frame.at for one in before]
    for old, new in zip(before[:3], after[:3], strict=True):
        digest = hashlib.sha256(old.data).hexdigest()
        assert new.frame.event == Erased(kind=type(old.frame.event).__name__, digest=digest)
    assert after[3].frame == before[3].frame, "what holds no words stays"
    log = b"".join(one.data for _, one in await store.read(read_log(BEGINNING, 999)))
    assert CARD.name.encode() not in log
    assert OTHER.name.encode() in log


async def test_projections_records_tokens_and_files_are_taken_along(store: Store, told: Path) -> None:
    await erase(store, told)
    for number in (1, 2):
        left = await store.read(events.load(ConsultationId(f"t-li-{number}")))
        assert left is not None
        assert (left.taxpayer.name, left.taxpayer.tax_number, left.context) == (ERASED_NAME, "", None)
        assert (left.last_seq, left.closed_at) == (4, 3.0), "statistics can still be counted"
        assert await store.read(find_file(AttachmentId(f"Ft-li-{number}"))) is None
    record = await store.read(taxpayer_by_id(LI))
    assert record is not None
    assert (record.subject, record.card.name) == ("", ERASED_NAME)
    assert await store.read(taxpayer_by_subject("etax", "subject-t-li")) is None
    assert await store.read(find_token(LI.encode())) is None
    assert names(told) == ["of-t-wang-1", "of-t-wang-2"]


async def test_nobody_else_loses_anything(store: Store, told: Path) -> None:
    before = await erasure.show(store, WANG)
    await erase(store, told)
    assert await erasure.show(store, WANG) == before
    log = await store.read(events.events_after(consultation_stream(ConsultationId("t-wang-1")), 0, 99))
    assert not any(isinstance(one.frame.event, Erased) for one in log)
    assert await store.read(find_token(WANG.encode())) is not None


async def test_the_erasure_itself_is_on_record(store: Store, told: Path) -> None:
    blocked = TaxpayerBlocked(taxpayer=LI, until=5.0, reason="辱骂李某", by=AGENT)
    await store.transact(events.record(taxpayer_stream(LI), [blocked], 4.0))
    await erase(store, told)
    first, second = await store.read(events.events_after(taxpayer_stream(LI), 0, 9))
    assert isinstance(first.frame.event, Erased), "what was written about the person went too"
    assert second.frame.event == TaxpayerErased(taxpayer=LI, reason="申请书 2026-017", by="cli:root")


async def test_to_erase_twice_does_no_harm(store: Store, told: Path) -> None:
    await erase(store, told)
    before = await store.read(events.events_after(consultation_stream(ConsultationId("t-li-1")), 0, 99))
    assert (await erase(store, told)).files == 0
    assert await store.read(events.events_after(consultation_stream(ConsultationId("t-li-1")), 0, 99)) == before


async def test_nothing_is_said_for_an_erased_person_any_more(store: Store, told: Path) -> None:
    await erase(store, told)
    state = await store.read(events.load(ConsultationId("t-li-1")))
    with pytest.raises(BanwenError) as caught:
        await store.transact(events.append(ConsultationId("t-li-1"), state, [said("m9")], 10.0))
    assert caught.value.code is ErrorCode.GONE


async def test_who_is_being_served_unknown_or_without_reason_is_not_erased(store: Store, told: Path) -> None:
    for taxpayer, reason, code in (
        (LI, "  ", ErrorCode.BAD_INPUT),
        (TaxpayerId("nobody"), "x", ErrorCode.NOT_FOUND),
    ):
        with pytest.raises(BanwenError) as caught:
            await erasure.erase(store, told, taxpayer, reason, "cli", 9.0)
        assert caught.value.code is code
    await store.transact(story("t-li-3", CARD, closed=False))
    with pytest.raises(BanwenError) as caught:
        await erase(store, told)
    assert caught.value.code is ErrorCode.CONFLICT
    log = await store.read(events.events_after(consultation_stream(ConsultationId("t-li-1")), 0, 9))
    assert log[2].frame.event == said("m1", "李建国的问题"), "nothing was half erased"


async def test_a_name_given_to_an_erased_message_is_forgotten(store: Store, told: Path) -> None:
    await erase(store, told)
    for number, found in (("t-li-1", None), ("t-wang-1", 3)):
        assert await store.read(events.posted(consultation_stream(ConsultationId(number)), ClientId("m1"))) == found
