"""Voice messages: what a browser or telephone recorded comes out as AAC in MP4, mono, which plays everywhere.

For a worker thread: decoding one minute takes a few hundredths of a second.
"""

from pathlib import Path

import av
from av.audio.resampler import AudioResampler

from relay_protocol.errors import BanwenError, ErrorCode
from relay_server.domain.channels import VOICE_TYPE
from relay_server.services.finding import Finding

RATE = 24_000
BITS_PER_SECOND = 32_000
SHORTEST = 0.3
HEADS = (b"\x1aE\xdf\xa3", b"OggS", b"RIFF", b"ID3", b"\xff\xfb", b"\xff\xf1", b"#!AMR")


def is_recording(head: bytes) -> bool:
    """Tell from the first twelve bytes whether this may be a recording; `transcode` finds out."""
    return head.startswith(HEADS) or head[4:8] == b"ftyp"


def transcode(path: Path, most_seconds: float) -> Finding:
    """Write the recording at `path` anew in place and return what it is.

    Raise `BanwenError`: FORBIDDEN_TYPE for what holds no sound, or a moving picture; TOO_LARGE for more than
    `most_seconds`; BAD_INPUT for nearly nothing.
    """
    clean = path.with_suffix(".clean")
    try:
        seconds = _encode(path, clean, most_seconds)
        if seconds < SHORTEST:
            raise BanwenError(ErrorCode.BAD_INPUT, "录音太短，请按住说完后再松开。")
        clean.replace(path)
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise _unreadable(type(error).__name__) from error
    finally:
        clean.unlink(missing_ok=True)
    return Finding(VOICE_TYPE, path.stat().st_size, seconds=round(seconds, 1))


def _encode(source: Path, target: Path, most_seconds: float) -> float:
    """Return the length in seconds of what was written."""
    samples = 0
    with av.open(str(source)) as recorded, av.open(str(target), "w", format="mp4") as written:
        if recorded.streams.video or not recorded.streams.audio:
            raise _unreadable("no sound alone")
        stream = written.add_stream("aac", rate=RATE, layout="mono", bit_rate=BITS_PER_SECOND)
        resampler = AudioResampler(format="fltp", layout="mono", rate=RATE)
        for frame in recorded.decode(audio=0):
            for one in resampler.resample(frame):
                samples += one.samples
                if samples > most_seconds * RATE:
                    raise BanwenError(ErrorCode.TOO_LARGE, f"语音最长 {most_seconds:.0f} 秒，请分几条发送。")
                one.pts = None
                written.mux(stream.encode(one))
        for one in resampler.resample(None):
            samples += one.samples
            one.pts = None
            written.mux(stream.encode(one))
        written.mux(stream.encode(None))
    return samples / RATE


def _unreadable(why: str) -> BanwenError:
    return BanwenError(ErrorCode.FORBIDDEN_TYPE, "这段录音无法识别，请重新录制后发送。不支持发送视频。", why=why)
