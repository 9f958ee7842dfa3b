"""Films desktops side by side into one MP4 that any player shows."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.desktops import Desktop
from tests.e2e.processes import end

STOPPING = 30.0  # seconds ffmpeg gets to write the index


@contextmanager
def film(target: Path, desktops: Sequence[Desktop], frames_per_second: int = 8) -> Iterator[None]:
    """Films until the block is left. The fastest preset and low priority leave the cores to what is filmed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_suffix(".log").open("wb") as log:
        camera = subprocess.Popen(
            _command(target, desktops, frames_per_second),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        _stop(camera)


def _command(target: Path, desktops: Sequence[Desktop], frames_per_second: int) -> list[str]:
    inputs: list[str] = []
    for desktop in desktops:
        inputs += ["-thread_queue_size", "64", "-f", "x11grab", "-framerate", str(frames_per_second)]
        inputs += ["-video_size", str(desktop.size), "-i", desktop.display]
    joined = [] if len(desktops) == 1 else ["-filter_complex", f"hstack=inputs={len(desktops)}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-pix_fmt", "yuv420p", "-threads", "1"]
    return ["nice", "-n", "10", "ffmpeg", "-y", "-loglevel", "warning", *inputs, *joined, *coding,
            "-movflags", "+faststart", str(target)]  # fmt: skip


def _stop(camera: subprocess.Popen[bytes]) -> None:
    try:
        camera.communicate(b"q", timeout=STOPPING)  # ffmpeg's own key: it finishes the file
    except subprocess.TimeoutExpired:
        pass
    finally:
        end(camera)
