"""Writes the acceptance report: which requirement is tested by what, and what its acceptance still lacks.

A test says what it exercises with `@pytest.mark.req("A8")`. One that performs the acceptance text itself, end to
end or as a contract over real parts, says `@pytest.mark.req("A8", accepts=True)` and lives in tests/e2e or
tests/contract.
"""

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

Outcome = Literal["passed", "failed", "skipped"]
REQUIREMENTS = Path(__file__).with_name("requirements.toml")
PERFORMERS = ("tests/e2e/", "tests/contract/", "tests/web/test_with_relay.py")


@dataclass(frozen=True)
class Requirement:
    """One line of requirements.toml; `missing` is empty when nothing is left to do."""

    about: str
    missing: str = ""


@dataclass
class Evidence:
    """How the tests of one requirement ended, by test id, and which of them perform its acceptance."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    accepting: set[str] = field(default_factory=set)


def load_requirements(path: Path = REQUIREMENTS) -> dict[str, Requirement]:
    return {key: Requirement(**row) for key, row in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def verdict(requirement: Requirement, evidence: Evidence) -> str:
    """通过, 未通过 with the tests that failed, or 部分 with what is missing."""
    failed = sorted(test for test, outcome in evidence.outcomes.items() if outcome == "failed")
    if failed:
        return "未通过：" + "、".join(f"`{test}`" for test in failed)
    performed = any(evidence.outcomes.get(test) == "passed" for test in evidence.accepting)
    gaps = [] if performed else ["没有执行过验收用例"]
    gaps += [requirement.missing] if requirement.missing else []
    return "部分：" + "；".join(gaps) if gaps else "通过"


def render(requirements: dict[str, Requirement], evidence: dict[str, Evidence]) -> str:
    """The report as a Markdown table, one row per requirement in the order of requirements.toml."""
    rows = [
        "# 验收情况",
        "",
        "由 `make test` 生成。★ 为执行验收内容的用例。",
        "",
        "| 编号 | 内容 | 用例 | 结论 |",
    ]
    rows.append("|---|---|---|---|")
    for key, requirement in requirements.items():
        mine = evidence.get(key, Evidence())
        tests = [
            f"{'★ ' if test in mine.accepting else ''}`{test}` {outcome}"
            for test, outcome in sorted(mine.outcomes.items())
        ]
        rows.append(f"| {key} | {requirement.about} | {'<br>'.join(tests) or '无'} | {verdict(requirement, mine)} |")
    return "\n".join(rows) + "\n"


class AcceptanceReport:
    """The pytest plug-in that gathers the evidence of a run and writes the report at its end."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.requirements = load_requirements()
        self.evidence: dict[str, Evidence] = defaultdict(Evidence)
        self.marked: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("req"):
                self._note(item.nodeid, mark)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.outcome == "passed":
            return
        for key in self.marked.get(report.nodeid, ()):
            outcomes = self.evidence[key].outcomes
            if outcomes.get(report.nodeid) != "failed":  # a failing teardown may not be outshone by the call
                outcomes[report.nodeid] = report.outcome

    def pytest_sessionfinish(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.target.write_text(render(self.requirements, self.evidence), encoding="utf-8")

    def _note(self, test: str, mark: pytest.Mark) -> None:
        for key in mark.args:
            if key not in self.requirements:
                raise pytest.UsageError(f"{test}: requirement {key} is not in {REQUIREMENTS.name}")
            self.marked.setdefault(test, []).append(key)
            if mark.kwargs.get("accepts"):
                if not test.startswith(PERFORMERS):
                    raise pytest.UsageError(f"{test}: accepts=True belongs in {' or '.join(PERFORMERS)}")
                self.evidence[key].accepting.add(test)
