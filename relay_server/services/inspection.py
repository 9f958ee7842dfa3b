"""What an uploaded file really is, found in its content; pictures and recordings come out bare. For a worker thread."""

import zipfile
from pathlib import Path

import puremagic
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.services.finding import Finding
from relay_server.services.voice import is_recording, transcode

IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF, ZIP, TEXT, CSV = "application/pdf", "application/zip", "text/plain", "text/csv"
ALLOWED = frozenset({*IMAGES.values(), WORD, SHEET, PDF, ZIP, TEXT, CSV})

ZIP_ENTRIES = 10_000
JPEG_QUALITY = 90
THUMBNAIL, THUMBNAIL_QUALITY = 320, 80
CONTROL_CHARACTERS = frozenset(map(chr, range(32))) - set("\t\n\r\f")


def inspect(path: Path, name: str, max_pixels: int, max_seconds: float = 60.0) -> Finding:
    """Find out what the file at `path` is, and rewrite it in place if it is a picture or a recording.

    The name only tells CSV from other text. `max_pixels` counts all frames of an animation (decompression bombs).
    Raise `BanwenError`: FORBIDDEN_TYPE for what is not on the list, TOO_LARGE for too many pixels.
    """
    with path.open("rb") as file:
        head = file.read(12)
    if is_recording(head) and head[8:12] != b"WEBP":
        return transcode(path, max_seconds)
    try:
        with Image.open(path, formats=list(IMAGES)) as image:
            return _cleaned(image, path, max_pixels)
    except UnidentifiedImageError:
        media_type = _document_type(path, name)
        return Finding(media_type, path.stat().st_size)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise _forbidden(type(error).__name__) from error


def thumbnail(path: Path, target: Path) -> Finding | None:
    """Write a small picture of the picture at `path` to `target`; None if it is small itself."""
    with Image.open(path, formats=list(IMAGES)) as image:
        if max(image.size) <= THUMBNAIL:
            return None
        small = image.convert("RGBA" if image.format in ("PNG", "GIF", "WEBP") else "RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        small.info = {}
        small.save(target, "WEBP", quality=THUMBNAIL_QUALITY)
    return Finding(IMAGES["WEBP"], target.stat().st_size, small.width, small.height)


def _cleaned(image: Image.Image, path: Path, max_pixels: int) -> Finding:
    """Decode all of it and write it anew: whatever hid in metadata or behind the picture stays out."""
    frames = getattr(image, "n_frames", 1)
    if image.width * image.height * frames > max_pixels:
        raise _too_many_pixels()
    kind = image.format or ""
    clean = path.with_suffix(".clean")
    try:
        save = _save_animation if frames > 1 else _save_still
        width, height = save(image, clean, kind)
        clean.replace(path)
    finally:
        clean.unlink(missing_ok=True)
    return Finding(IMAGES[kind], path.stat().st_size, width, height)


def _save_still(image: Image.Image, target: Path, kind: str) -> tuple[int, int]:
    upright = ImageOps.exif_transpose(image)
    bare = upright.copy()
    bare.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    if kind == "JPEG":
        if bare.mode not in ("L", "RGB", "CMYK"):
            bare = bare.convert("RGB")
        bare.save(target, kind, quality=JPEG_QUALITY)
    else:
        bare.save(target, kind)
    return bare.size


def _save_animation(image: Image.Image, target: Path, kind: str) -> tuple[int, int]:
    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    duration, loop = image.info.get("duration", 100), image.info.get("loop", 0)
    for frame in frames:
        frame.info = {}
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], duration=duration, loop=loop)
    return image.size


def _document_type(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive_type(path)
    return _text_type(path, name)


def _archive_type(path: Path) -> str:
    """Office files are archives; what carries macros is refused."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise _forbidden("broken archive") from error
    if len(names) > ZIP_ENTRIES or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _forbidden("macros or too many entries")
    if "word/document.xml" in names:
        return WORD
    return SHEET if "xl/workbook.xml" in names else ZIP


def _text_type(path: Path, name: str) -> str:
    """Plain words in UTF-8 or GB 18030. Markup and scripts are recognised by their beginnings and refused."""
    content = path.read_bytes()
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"#!", b"{\\rtf")) or _known_format(content):
        raise _forbidden("markup, script or a known binary format")
    if CONTROL_CHARACTERS & set(_decoded(content)):
        raise _forbidden("binary")
    return CSV if name.lower().endswith(".csv") else TEXT


def _known_format(content: bytes) -> bool:
    """Whether a signature of four bytes or more says that this is some other format."""
    try:
        matches = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return False
    return any(len(match.byte_match) >= 4 and not match.mime_type.startswith("text/") for match in matches)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _forbidden("neither UTF-8 nor GB 18030")


def _too_many_pixels() -> BanwenError:
    return BanwenError(ErrorCode.TOO_LARGE, "图片的尺寸太大，请缩小后再发送。")


def _forbidden(why: str) -> BanwenError:
    return BanwenError(
        ErrorCode.FORBIDDEN_TYPE,
        "不支持这种文件。可以发送图片（PNG、JPEG、GIF、WebP）、PDF、Word、Excel、TXT、CSV、ZIP 文件或录音。",
        why=why,
    )
