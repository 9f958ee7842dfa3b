"""Records a scenario step by step: what was done, whether it worked, how long it took, and how it looked."""

import json
import re
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.e2e.desktops import Desktop


class Steps:
    """Writes `report.json` and numbered pictures of the desktops, side by side, into `folder`.

    The report is rewritten after every step, so that it also tells of a run that was cut short.
    """

    def __init__(self, folder: Path, desktops: Sequence[Desktop] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in [*folder.glob("[0-9][0-9]-*.png"), *folder.glob("failure.txt"), *folder.glob("report.json")]:
            old.unlink()
        self.folder = folder
        self.desktops = desktops
        self.steps: list[dict[str, Any]] = []
        self._pictures = 0

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step["ok"] for step in self.steps)

    @contextmanager
    def step(self, name: str, picture: str = "") -> Iterator[None]:
        """One step, pictured as `NN-picture.png` at its end; a failure is recorded, pictured and passed on."""
        started = time.monotonic()
        error: BaseException | None = None
        try:
            yield
        except BaseException as caught:
            error = caught
            raise
        finally:
            self._record(name, time.monotonic() - started, error)
            self.picture(picture or name)

    def picture(self, name: str) -> Path | None:
        """Pictures all desktops now, side by side; None without desktops."""
        if not self.desktops:
            return None
        self._pictures += 1
        slug = re.sub(r"\W+", "-", name).strip("-")
        target = self.folder / f"{self._pictures:02}-{slug}.png"
        side_by_side([desktop.grab() for desktop in self.desktops]).save(target)
        return target

    def exit_code(self, at_least: int = 1) -> int:
        """0 when at least so many steps were taken and all of them worked."""
        return 0 if self.ok and len(self.steps) >= at_least else 1

    def _record(self, name: str, seconds: float, error: BaseException | None) -> None:
        step: dict[str, Any] = {"name": name, "ok": error is None, "ms": round(seconds * 1000)}
        if error is not None:
            step["error"] = f"{type(error).__name__}: {error}"
            text = "".join(traceback.format_exception(error))
            (self.folder / "failure.txt").write_text(f"{name}\n\n{text}", encoding="utf-8")
        self.steps.append(step)
        report = json.dumps({"steps": self.steps}, ensure_ascii=False, indent=1)
        (self.folder / "report.json").write_text(report + "\n", encoding="utf-8")
        print(f"{'✓' if step['ok'] else '✗'} {len(self.steps):2}. {name}  {step['ms']} ms", flush=True)
        if error is not None:
            print(f"   {step['error']}\n   详情 details: {self.folder / 'failure.txt'}", flush=True)


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """One picture of all, left to right, as high as the highest."""
    joined = Image.new("RGB", (sum(p.width for p in pictures), max(p.height for p in pictures)))
    left = 0
    for picture in pictures:
        joined.paste(picture, (left, 0))
        left += picture.width
    return joined
