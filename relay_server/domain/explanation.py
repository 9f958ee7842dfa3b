"""Decisions of dispatch in words: why somebody waits, why they went where they went, why others were passed over."""

from collections import Counter
from collections.abc import Sequence

from relay_server.domain.dispatch import Verdict
from relay_server.domain.rules import RuleSet, sentence

WHY = {
    "": "派给该座席",
    "presence_offline": "未上线",
    "presence_break": "小休",
    "presence_busy": "示忙",
    "unreachable": "暂时失去联系",
    "office_closed": "所在机构不在办公时间",
    "just_returned_it": "刚退回过这次咨询",
    "skill_missing": "没有所需技能",
    "level_too_low": "技能等级不够",
    "not_reached_yet": "所在机构还不在本步的派单范围内",
    "at_capacity": "接待数已满",
    "another_is_nearer_or_freer": "另有更近或更空闲的座席",
}


def why(code: str) -> str:
    """Return a reason in Chinese; a code nobody knows any more stands for itself."""
    return WHY.get(code, code)


def step_words(rules: RuleSet, step: int) -> str:
    """Return a step of the rules in Chinese."""
    known = rules.steps[min(step, len(rules.steps) - 1)]
    return f"第 {step + 1} 步（{sentence(known)}）"


def verdict_words(verdict: str, chosen: str, reasons: Sequence[str], others: int) -> str:
    """Return one sentence on a decision: `reasons` are the codes of those passed over, `others` were not looked at."""
    passed = "，".join(f"{why(code)} {count} 人" for code, count in Counter(filter(None, reasons)).most_common())
    rest = f"；另有 {others} 人更远，未逐一列出" if others else ""
    match verdict:
        case Verdict.CHOSEN:
            return f"派给 {chosen}" + (f"；其余：{passed}{rest}" if passed else "")
        case Verdict.BUSY:
            return f"可派的座席都在忙，继续等待：{passed or '没有候选座席'}{rest}"
        case Verdict.AWAY:
            return "纳税人暂时离开，保留位置，不派单"
    return f"没有座席能够接待：{passed or '没有任何座席'}{rest}"
