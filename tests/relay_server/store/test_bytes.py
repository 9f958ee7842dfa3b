"""What is left of a person in the bytes of the database after an erasure: nothing."""

import random
from pathlib import Path

from relay_protocol.ids import ConsultationId, TaxpayerId
from relay_protocol.messages import Assurance, BusinessContext, ConsultationClosed, ConsultationOpened, TaxpayerCard
from relay_server.domain.consultation import Consultation
from relay_server.domain.decisions import move_context
from relay_server.services import erasure
from relay_server.store import events
from relay_server.store.accounts import TaxpayerRecord, put_taxpayer
from relay_server.store.base import Transaction
from relay_server.store.sqlite import SqliteStore
from tests.relay_server.store.people import KEYS, said

PEOPLE, ROUNDS = 60, 12


def card(number: int) -> TaxpayerCard:
    """One person with words of their own."""
    return TaxpayerCard(
        id=TaxpayerId(f"T{number:03}"),
        name=f"姓名{number:03}号",
        assurance=Assurance.VERIFIED,
        tax_number=f"NUM{number:03}",
    )


def arrive(number: int) -> Transaction[None]:
    one, id_ = card(number), ConsultationId(f"C{number:03}")
    yield from put_taxpayer(TaxpayerRecord(one.id, "etax", f"sub{number:03}", one))
    yield from events.append(id_, None, [ConsultationOpened(consultation=id_, taxpayer=one, channel="web")], 1.0)
    yield from events.put_note(id_, f"笔记{number:03}")


def go_on(number: int, turn: int, size: int) -> Transaction[Consultation]:
    """Say something and move on: the state grows and shrinks, so that pages of the database are split and joined."""
    id_ = ConsultationId(f"C{number:03}")
    now = yield from events.load(id_)
    assert now is not None
    text = f"话语{number:03} " * size
    context = BusinessContext(module="申报", page=f"{turn}", elements={"要素": f"要素{number:03}" * size})
    moved = yield from events.append(id_, now, [said(f"m{number}-{turn}", text)], 2.0, f"m{number}-{turn}")
    return (yield from events.append(id_, moved, move_context(moved, context), 2.0))


def close(number: int) -> Transaction[None]:
    id_ = ConsultationId(f"C{number:03}")
    now = yield from events.load(id_)
    yield from events.append(id_, now, [ConsultationClosed(reason="contained")], 3.0)


def words(number: int) -> list[bytes]:
    """All that tells of a person."""
    return [f"{kind}{number:03}".encode() for kind in ("姓名", "NUM", "sub", "笔记", "话语", "要素")]


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_no_word_of_an_erased_person_is_left_in_any_file(tmp_path: Path) -> None:
    """Much is written in between by others: pages split, overflow and move with words of many people on them."""
    chance = random.Random(3)
    store = SqliteStore(tmp_path / "relay.db", KEYS, lambda effects: None)
    for number in range(PEOPLE):
        await store.transact(arrive(number))
    for turn in range(ROUNDS):
        for number in chance.sample(range(PEOPLE), PEOPLE):
            await store.transact(go_on(number, turn, chance.choice((1, 3, 40, 200))))
    for number in range(PEOPLE):
        await store.transact(close(number))
    before = contents(tmp_path)
    assert all(word in before for word in words(7) if not word.startswith("话语".encode()))
    assert "话语".encode() not in before, "what was said was never there in plain words"
    erased = range(0, PEOPLE, 3)
    for number in erased:
        await erasure.erase(store, tmp_path, TaxpayerId(f"T{number:03}"), "申请", "cli", 9.0)
    after = contents(tmp_path)
    await store.close()
    left = {word.decode() for number in erased for word in words(number) if word in after}
    assert left == set()
    assert all(word in after for word in words(7) if not word.startswith("话语".encode()))
