"""`make demo`: plays the main job on virtual desktops and films it; with a display, opens it for a person to try."""

import random
import secrets
import sys
import tempfile
from pathlib import Path

from tests.e2e.scenario import play
from tests.e2e.stage import headless
from tests.e2e.world import world

OUT = Path("out/demo")
LEAST_STEPS = 12


def main() -> int:
    """Return the exit code: 0 only when every step worked."""
    if not headless():
        from tests.e2e.try_it import try_it

        return try_it()
    seed = secrets.randbelow(10**6)
    print(f"正在虚拟桌面上演示（种子 {seed}）…… Playing on virtual desktops (seed {seed})…", flush=True)
    with tempfile.TemporaryDirectory() as scratch, world(OUT, filmed=True) as scene:
        steps = scene.stage.steps
        try:
            play(scene, random.Random(seed), Path(scratch))
        except Exception:
            print("演示没有完成。The demo did not finish.", flush=True)
    print(f"录像、截图和报告 Film, pictures and report: {OUT.resolve()}", flush=True)
    return steps.exit_code(LEAST_STEPS)


if __name__ == "__main__":
    sys.exit(main())
