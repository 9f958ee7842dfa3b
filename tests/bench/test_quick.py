"""Every benchmark runs: a smoke run prints exactly one JSON object of the agreed shape."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.report import OPERATORS

BENCH = Path(__file__).parents[2] / "bench"
NAMES = sorted(path.stem for path in BENCH.glob("*.py") if "report.arguments(" in path.read_text("utf-8"))


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
def test_a_quick_run_prints_one_json_object(name: str) -> None:
    command = [sys.executable, "-m", f"bench.{name}", "--quick", "--json"]
    done = subprocess.run(command, cwd=BENCH.parent, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    printed = json.loads(done.stdout)
    assert printed.keys() == {"bench", "env", "rows", "checks"}
    assert printed["bench"] == name
    assert {"cpu", "cores", "load", "versions"} <= printed["env"].keys()
    assert printed["rows"]
    for check in printed["checks"]:
        assert check.keys() == {"name", "value", "op", "goal", "ok"}
        assert check["ok"] is OPERATORS[check["op"]](check["value"], check["goal"])


def test_the_promised_benchmarks_exist() -> None:
    assert {"dispatch", "startup", "relay", "screen"} <= set(NAMES)
