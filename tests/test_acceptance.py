"""The acceptance report says 通过 only when that is true."""

import pytest

from tests.acceptance import Evidence, Requirement, load_requirements, render, verdict

DONE = Requirement("取号")
OPEN = Requirement("取号", missing="跨零点")


def test_passes_only_when_an_accepting_test_passed_and_nothing_is_missing() -> None:
    evidence = Evidence({"tests/e2e/a": "passed"}, {"tests/e2e/a"})
    assert verdict(DONE, evidence) == "通过"
    assert verdict(OPEN, evidence) == "部分：跨零点"


@pytest.mark.parametrize("outcomes", [{}, {"tests/e2e/a": "skipped"}, {"tests/unit": "passed"}])
def test_is_partial_while_no_accepting_test_has_passed(outcomes: dict[str, str]) -> None:
    evidence = Evidence(dict(outcomes), {"tests/e2e/a"})  # type: ignore[arg-type]  # parametrize widens the literal
    assert verdict(OPEN, evidence) == "部分：没有执行过验收用例；跨零点"


def test_one_failing_test_fails_the_requirement() -> None:
    evidence = Evidence({"tests/e2e/a": "passed", "tests/unit": "failed"}, {"tests/e2e/a"})
    assert verdict(DONE, evidence) == "未通过：`tests/unit`"


def test_every_requirement_has_a_row_even_without_tests() -> None:
    requirements = load_requirements()
    report = render(requirements, {})
    assert all(f"| {key} | {row.about} | 无 | 部分：" in report for key, row in requirements.items())
