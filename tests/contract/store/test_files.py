"""Uploads as a whole: a consultation holds so much, what nobody posts goes, what was posted stays."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId
from relay_protocol.messages import Attachment
from relay_server.services import leftovers, uploads
from relay_server.store.accounts import StoredFile, find_file, put_file
from relay_server.store.base import Store
from relay_server.store.files import bytes_held, drop_unposted, known_files, mark_posted

ONE, TWO = ConsultationId("C1"), ConsultationId("C2")
DAY = leftovers.UNPOSTED_SECONDS


def upload(name: str, consultation: ConsultationId = ONE, at: float = 0.0, size: int = 10) -> StoredFile:
    attachment = Attachment(id=AttachmentId(f"F{name}"), name="a.txt", media_type="text/plain", size=size)
    return StoredFile(attachment, consultation, name, at)


async def test_what_a_consultation_holds_is_added_up(store: Store) -> None:
    for file in (upload("a", size=10), upload("b", size=7), upload("c", TWO, size=100)):
        await store.transact(put_file(file))
    assert await store.read(bytes_held(ONE)) == 17
    assert await store.read(bytes_held(ConsultationId("none"))) == 0


async def test_only_what_was_never_posted_is_dropped_and_only_when_it_is_old(store: Store) -> None:
    files = {name: upload(name, at=at) for name, at in (("old", 1.0), ("posted", 1.0), ("new", 50.0))}
    for file in files.values():
        await store.transact(put_file(file))
    await store.transact(mark_posted(files["posted"].attachment, 2.0))
    assert await store.transact(drop_unposted(50.0, 10)) == [files["old"]]
    assert await store.transact(drop_unposted(50.0, 10)) == []
    assert await store.read(known_files(["old", "posted", "new", "other"])) == {"posted", "new"}


async def test_the_thumbnail_of_a_posted_picture_stays_with_it(store: Store) -> None:
    small = upload("small", at=1.0)
    picture = Attachment(
        id=AttachmentId("P"), name="a.png", media_type="image/png", size=9, thumbnail=small.attachment.id
    )
    await store.transact(put_file(small))
    await store.transact(put_file(StoredFile(picture, ONE, "big", 1.0)))
    await store.transact(mark_posted(picture, 2.0))
    assert await store.transact(drop_unposted(99.0, 10)) == []
    assert await store.read(find_file(small.attachment.id)) == small


def lay(folder: Path, name: str, at: float) -> None:
    (folder / name).write_bytes(b"content")
    os.utime(folder / name, (at, at))


def there(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


async def test_a_sweep_removes_unposted_broken_and_unknown_files_and_nothing_else(store: Store, tmp_path: Path) -> None:
    folder, now = tmp_path / "files", 2 * DAY
    folder.mkdir()
    for name, at in (("kept", 0.0), ("unposted", 0.0), ("fresh", now - 60)):
        await store.transact(put_file(upload(name, at=at)))
        lay(folder, name, at)
    await store.transact(mark_posted(upload("kept").attachment, 1.0))
    for name, at in (("broken.part", 0.0), ("arriving.part", now - 60), ("unknown", 0.0)):
        lay(folder, name, at)
    assert await leftovers.sweep(store, folder, now) == 3
    assert there(folder) == {"kept", "fresh", "arriving.part"}
    assert await leftovers.sweep(store, folder, now) == 0


async def chunks(size: int) -> AsyncIterator[bytes]:
    yield b"a" * size


async def test_one_file_too_many_for_a_consultation_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    limits = uploads.UploadLimits(size=1000, pixels=1, held=1000)
    ids = iter(f"A{number}" for number in range(20))

    async def receive(size: int, consultation: ConsultationId = ONE) -> Attachment:
        return await uploads.receive(store, folder, consultation, "a.txt", chunks(size), limits, lambda: next(ids), 1.0)

    await receive(600)
    with pytest.raises(BanwenError) as caught:
        await receive(401)
    assert caught.value.code is ErrorCode.TOO_LARGE
    assert len(there(folder)) == 1
    await receive(400)
    await receive(600, TWO)
    assert await store.read(bytes_held(ONE)) == 1000
