"""Uploads: streamed to disk up to the limit, judged by content, kept under a random name."""

import asyncio
import logging
import re
import secrets
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_protocol.messages import Attachment
from relay_server.services.finding import Finding
from relay_server.services.inspection import inspect, thumbnail
from relay_server.store.accounts import StoredFile, find_file, put_file
from relay_server.store.base import Store, Transaction
from relay_server.store.files import bytes_held

log = logging.getLogger(__name__)

LONGEST_NAME = 120
SCAN_SECONDS = 60.0
WRITE_BYTES = 1024 * 1024
UNFIT = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]")  # also what reorders a name on screen

Value = TypeVar("Value")

_pool = ThreadPoolExecutor(2, thread_name_prefix="uploads")


class UploadLimits(msgspec.Struct, frozen=True):
    """`size` in bytes; `pixels` of a picture, all frames together; `seconds` of a recording.

    `held` is how many bytes all uploads of one consultation may have together. `scan` is a command that is given the
    file's path and ends with 0 for a harmless one, empty for none.
    """

    size: int
    pixels: int
    seconds: float = 60.0
    held: int = 500 * 1024 * 1024
    scan: tuple[str, ...] = ()


async def receive(
    store: Store,
    folder: Path,
    consultation: ConsultationId,
    name: str,
    chunks: AsyncIterator[bytes],
    limits: UploadLimits,
    new_id: Callable[[], str],
    now: float,
) -> Attachment:
    """Keep one file for a consultation the sender was already allowed to write in.

    Raise `BanwenError`: TOO_LARGE as soon as a limit is passed, FORBIDDEN_TYPE for what is not on the list.
    """
    arriving = folder / f"{secrets.token_hex(16)}.part"
    kept, small = arriving.with_suffix(""), arriving.with_suffix(".small")
    clean_name = safe_name(name)
    try:
        await _save(chunks, arriving, limits.size)
        await _scan(arriving, limits.scan)
        finding = await _in_thread(lambda: inspect(arriving, clean_name, limits.pixels, limits.seconds))
        shrunk = await _in_thread(lambda: thumbnail(arriving, small)) if finding.width else None
        arriving.rename(kept)
    finally:
        arriving.unlink(missing_ok=True)
    attachment = _attachment(AttachmentId(new_id()), clean_name, finding)
    preview = _attachment(AttachmentId(new_id()), clean_name, shrunk) if shrunk else None
    attachment = replace(attachment, thumbnail=preview.id if preview else None)

    def script() -> Transaction[None]:
        if (yield from bytes_held(consultation)) + finding.size > limits.held:
            raise too_much(limits.held)
        yield from put_file(StoredFile(attachment, consultation, kept.name, now))
        if preview is not None:
            yield from put_file(StoredFile(preview, consultation, small.name, now))

    try:
        await store.transact(script())
    except BaseException:
        kept.unlink(missing_ok=True)
        small.unlink(missing_ok=True)
        raise
    return attachment


async def find(store: Store, attachment: AttachmentId) -> StoredFile:
    """Return an upload; whether it may be read is its consultation's policy. Raise `BanwenError(NOT_FOUND)`."""
    file = await store.read(find_file(attachment))
    if file is None:
        raise missing()
    return file


def missing() -> BanwenError:
    """Return the refusal for a file that is not there, or not for this reader."""
    return BanwenError(ErrorCode.NOT_FOUND, "文件不存在或已过期，请让对方重新发送。")


def too_large(limit: int) -> BanwenError:
    """Return the refusal for a file of more than `limit` bytes."""
    megabytes = f"{limit / 1024**2:.0f} MB" if limit >= 1024**2 else f"{limit // 1024} KB"
    return BanwenError(ErrorCode.TOO_LARGE, f"文件超过 {megabytes}，请压缩或拆分后再发送。", limit=limit)


def too_much(limit: int) -> BanwenError:
    """Return the refusal for one more file in a consultation whose files have `limit` bytes already."""
    sentence = f"本次咨询的文件合计已达 {limit / 1024**2:.0f} MB 上限，请结束本次咨询后另行发起，或联系座席。"
    return BanwenError(ErrorCode.TOO_LARGE, sentence, limit=limit)


def safe_name(name: str) -> str:
    """Return the last part of a name, without what file systems, headers and screens cannot bear."""
    last = re.split(r"[/\\]", name)[-1]
    clean = UNFIT.sub("", last).strip(". ")
    stem, dot, suffix = clean.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: LONGEST_NAME - len(suffix) - 1]}.{suffix}" if stem else f"file.{suffix}"
    return clean[:LONGEST_NAME] or "file"


async def _save(chunks: AsyncIterator[bytes], path: Path, limit: int) -> None:
    file = await _in_thread(lambda: path.open("xb"))
    try:
        size, held = 0, bytearray()
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise too_large(limit)
            held += chunk
            if len(held) >= WRITE_BYTES:
                full, held = held, bytearray()
                await _in_thread(partial(file.write, full))
        await _in_thread(partial(file.write, held))
    finally:
        await _in_thread(file.close)


async def _scan(path: Path, command: Sequence[str]) -> None:
    """Ask the scanner. Raise `BanwenError`: FORBIDDEN_TYPE for what it refuses, UNREACHABLE when it does not answer."""
    if not command:
        return
    try:
        scanner = await asyncio.create_subprocess_exec(*command, str(path), stdout=DEVNULL, stderr=DEVNULL)
    except OSError as error:
        raise _unscanned() from error
    try:
        async with asyncio.timeout(SCAN_SECONDS):
            code = await scanner.wait()
    except TimeoutError as error:
        scanner.kill()
        await scanner.wait()
        raise _unscanned() from error
    if code:
        log.warning("file refused by the scanner", extra={"exit": code})
        raise BanwenError(ErrorCode.FORBIDDEN_TYPE, "文件没有通过病毒扫描，未保存。请检查您的电脑，或换一个文件发送。")


def _unscanned() -> BanwenError:
    log.critical("scanner does not answer", exc_info=True)
    return BanwenError(ErrorCode.UNREACHABLE, "文件暂时无法检查，未保存，请稍后再发送。")


async def _in_thread(job: Callable[[], Value]) -> Value:
    return await asyncio.get_running_loop().run_in_executor(_pool, job)


def _attachment(attachment: AttachmentId, name: str, finding: Finding) -> Attachment:
    return Attachment(
        id=attachment,
        name=name,
        media_type=finding.media_type,
        size=finding.size,
        width=finding.width,
        height=finding.height,
        seconds=finding.seconds,
    )
