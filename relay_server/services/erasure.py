"""Erasing a person: their words become unreadable everywhere, the log keeps its places, times and digests."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import TaxpayerId, taxpayer_stream
from relay_protocol.messages import TaxpayerErased
from relay_server.domain.consultation import OVER, Consultation, State
from relay_server.domain.personal import without_person, without_words
from relay_server.store import events
from relay_server.store.accounts import (
    StoredFile,
    TaxpayerRecord,
    TokenKind,
    drop_tokens_of,
    put_taxpayer,
    taxpayer_by_id,
)
from relay_server.store.base import Committed, Store, Transaction
from relay_server.store.subjects import destroy_key, drop_files, rewrite

LONGEST_REASON = 200
LAST_DECISIONS = 100


@dataclass(frozen=True)
class Erasure:
    """What was erased: how many consultations, how many files."""

    taxpayer: TaxpayerId
    consultations: int
    files: int


class Person(msgspec.Struct, frozen=True):
    """What the relay knows of a person: who they are, their consultations, what was decided about them."""

    id: TaxpayerId
    name: str
    app: str
    assurance: str
    consultations: list[Consultation]
    decided: list[msgspec.Raw]


async def erase(store: Store, files: Path, taxpayer: TaxpayerId, reason: str, by: str, now: float) -> Erasure:
    """Erase a person. To repeat it does no harm and finishes what was cut off.

    Raise `BanwenError`: NOT_FOUND, BAD_INPUT without a reason, CONFLICT while a consultation is not over, UNREACHABLE
    when all is erased but the database's files could not be cleaned yet.
    """
    if not reason.strip():
        raise BanwenError(ErrorCode.BAD_INPUT, "请写明清除的依据，例如申请书编号。")
    event = TaxpayerErased(taxpayer=taxpayer, reason=reason.strip()[:LONGEST_REASON], by=by)
    count, dropped = await store.transact(_erase(taxpayer, event, now))
    await asyncio.to_thread(_remove, [files / one.file_name for one in dropped])
    await store.scrub()
    return Erasure(taxpayer, count, len(dropped))


async def show(store: Store, taxpayer: TaxpayerId) -> Person:
    """Return what is known of a person. Raise `BanwenError(NOT_FOUND)`."""
    record, consultations, decided = await store.read(_read(taxpayer))
    return Person(
        id=taxpayer,
        name=record.card.name,
        app=record.app,
        assurance=record.card.assurance,
        consultations=consultations,
        decided=[msgspec.Raw(one.data) for one in decided],
    )


def _erase(taxpayer: TaxpayerId, event: TaxpayerErased, now: float) -> Transaction[tuple[int, list[StoredFile]]]:
    record = yield from _record(taxpayer)
    consultations = yield from events.consultations(list(State), taxpayer=taxpayer)
    if any(one.state not in OVER for one in consultations):
        raise BanwenError(ErrorCode.CONFLICT, "该纳税人还有未办结的咨询（含待小结），请先办结再清除。")
    dropped: list[StoredFile] = []
    for one in consultations:
        yield from rewrite(without_words(one))
        yield from events.put_note(one.id, "")
        dropped += yield from drop_files(one.id)
    yield from put_taxpayer(TaxpayerRecord(taxpayer, record.app, "", without_person(record.card)))
    yield from drop_tokens_of(TokenKind.TAXPAYER, taxpayer)
    yield from destroy_key(taxpayer, now)
    yield from events.record(taxpayer_stream(taxpayer), [event], now)
    return len(consultations), dropped


def _read(taxpayer: TaxpayerId) -> Transaction[tuple[TaxpayerRecord, list[Consultation], list[Committed]]]:
    record = yield from _record(taxpayer)
    consultations = yield from events.consultations(list(State), taxpayer=taxpayer)
    decided = yield from events.events_before(taxpayer_stream(taxpayer), 2**62, LAST_DECISIONS)
    return record, consultations, decided


def _record(taxpayer: TaxpayerId) -> Transaction[TaxpayerRecord]:
    record = yield from taxpayer_by_id(taxpayer)
    if record is None:
        raise BanwenError(
            ErrorCode.NOT_FOUND, f"没有编号为 {taxpayer} 的纳税人；编号见 consultations show --json 的 taxpayer.id。"
        )
    return record


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
