"""What a file is, by its content: the allowed comes through clean, the rest is refused whatever its name says."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.services import inspection

PIXELS = 1_000_000
GPS = 0x8825


def keep(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return path


def picture(kind: str, size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    target = io.BytesIO()
    Image.effect_noise(size, 50).convert("RGB").save(target, kind, **options)
    return target.getvalue()


def archive(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return target.getvalue()


@pytest.mark.req("A12")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_are_recognised_and_measured(tmp_path: Path, kind: str) -> None:
    finding = inspection.inspect(keep(tmp_path, picture(kind)), "假.txt", PIXELS)
    assert (finding.media_type, finding.width, finding.height) == (f"image/{kind.lower()}", 40, 20)


@pytest.mark.req("A12")
def test_a_photo_loses_its_metadata_but_not_its_orientation(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    exif.get_ifd(GPS)[1] = "N"
    exif[0x010E] = "taken at home"
    path = keep(tmp_path, picture("JPEG", exif=exif, comment=b"hidden words"))
    finding = inspection.inspect(path, "a.jpg", PIXELS)
    assert (finding.width, finding.height) == (20, 40)
    with Image.open(path) as clean:
        assert not dict(clean.getexif())
        assert "comment" not in clean.info
    assert b"taken at home" not in path.read_bytes()
    assert b"hidden words" not in path.read_bytes()


def test_what_hides_behind_a_picture_is_cut_off(tmp_path: Path) -> None:
    path = keep(tmp_path, picture("PNG") + archive("evil.exe"))
    inspection.inspect(path, "a.png", PIXELS)
    assert b"evil.exe" not in path.read_bytes()


def test_an_animation_stays_one(tmp_path: Path) -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=70)
    path = keep(tmp_path, target.getvalue())
    inspection.inspect(path, "a.gif", PIXELS)
    with Image.open(path) as clean:
        assert getattr(clean, "n_frames", 1) == 3
        assert clean.info["duration"] == 70


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("1", (4000, 4000)).save(target, "PNG")
    with pytest.raises(BanwenError) as caught:
        inspection.inspect(keep(tmp_path, target.getvalue()), "a.png", PIXELS)
    assert caught.value.code is ErrorCode.TOO_LARGE


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (b"%PDF-1.7\n...", "a.exe", inspection.PDF),
        (archive("[Content_Types].xml", "word/document.xml"), "a", inspection.WORD),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "a", inspection.SHEET),
        (archive("readme.txt"), "a.docx", inspection.ZIP),
        ("发票,金额\n1,2".encode("gb18030"), "a.csv", inspection.CSV),
        ("您好，发票勾选失败".encode(), "a.txt", inspection.TEXT),
        (b"", "empty.txt", inspection.TEXT),
    ],
)
def test_documents_are_recognised_by_content(tmp_path: Path, content: bytes, name: str, media_type: str) -> None:
    assert inspection.inspect(keep(tmp_path, content), name, PIXELS).media_type == media_type


FORBIDDEN: dict[str, Callable[[], bytes]] = {
    "a Windows program": lambda: b"MZ\x90\x00" + bytes(200),
    "a Linux program": lambda: b"\x7fELF" + bytes(200),
    "a web page": lambda: b"  <!doctype html><script>alert(1)</script>",
    "an SVG picture": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a script": lambda: b"#!/bin/sh\nrm -rf /\n",
    "a document with macros": lambda: archive("word/document.xml", "word/vbaProject.bin"),
    "a broken archive": lambda: b"PK\x03\x04" + bytes(100),
    "a picture cut short": lambda: picture("PNG", (400, 400))[:2000],
    "bytes of no kind": lambda: bytes(range(256)),
}


@pytest.mark.req("A12")
@pytest.mark.parametrize("make", FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_whatever_its_name_it_is_refused_if_it_is(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with pytest.raises(BanwenError) as caught:
        inspection.inspect(keep(tmp_path, make()), "照片.png", PIXELS)
    assert caught.value.code is ErrorCode.FORBIDDEN_TYPE
    assert "可以发送" in caught.value.message


def test_a_picture_that_cannot_be_written_anew_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(image: Image.Image, target: Path, kind: str) -> tuple[int, int]:
        target.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(inspection, "_save_still", full)
    path = keep(tmp_path, picture("PNG"))
    with pytest.raises(BanwenError):
        inspection.inspect(path, "x.png", PIXELS)
    assert list(tmp_path.iterdir()) == [path]
