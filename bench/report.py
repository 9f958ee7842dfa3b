"""What every measurement prints: the machine, the rows, and a check for each promise."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from operator import eq, ge, le
from pathlib import Path
from typing import Any

OPERATORS: dict[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "==": eq}
Row = dict[str, str | float | int]


@dataclass(frozen=True)
class Check:
    """One promise: `value op goal`. A missed goal stays visible as `ok: false`."""

    name: str
    value: float
    op: str
    goal: float

    @property
    def ok(self) -> bool:
        """Whether the promise holds."""
        return OPERATORS[self.op](self.value, self.goal)


@dataclass
class Report:
    """The result of one benchmark; `packages` are those whose versions matter for it."""

    bench: str
    packages: Sequence[str] = ()
    rows: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the whole as one JSON object."""
        checks = [{**asdict(check), "ok": check.ok} for check in self.checks]
        return {"bench": self.bench, "env": environment(self.packages), "rows": self.rows, "checks": checks}

    def as_table(self) -> str:
        """Return the rows and checks for a person."""
        machine = environment(self.packages)
        lines = [
            f"{self.bench}  ({machine['cpu']}, {machine['cores']} cores, load {machine['load']})",
            *_table(self.rows),
        ]
        return "\n".join([*lines, *(_verdict(check) for check in self.checks)])


def environment(packages: Sequence[str]) -> dict[str, Any]:
    """Return what the figures depend on: processor, cores, load average of the last minute, versions."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }


def arguments(description: str, **options: str) -> argparse.Namespace:
    """Read the options every benchmark knows, `json` and `quick`, and its own: name = what it is, empty by default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print exactly one JSON object")
    parser.add_argument("--quick", action="store_true", help="a smoke run: the figures mean nothing")
    for name, text in options.items():
        parser.add_argument(f"--{name}", default="", help=text)
    return parser.parse_args()


def publish(report: Report, as_json: bool) -> None:
    """Print the report on standard output."""
    text = json.dumps(report.as_json(), ensure_ascii=False) if as_json else report.as_table()
    sys.stdout.write(text + "\n")


def median(values: Sequence[float]) -> float:
    """Return the median, rounded to what a noisy machine can tell."""
    return round(statistics.median(values), 3)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie."""
    ranked = sorted(values)
    return round(ranked[min(len(ranked) - 1, int(len(ranked) * share))], 3)


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process that is its own: the proportional set size, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024, 1)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _table(rows: Sequence[Row]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *([str(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _verdict(check: Check) -> str:
    return f"{'ok  ' if check.ok else 'MISS'} {check.name}: {check.value} {check.op} {check.goal}"
