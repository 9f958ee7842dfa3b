"""派单规则: how far to look for an agent after how long, who goes first, and what happens when nobody is found."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode

Seconds = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class Level(StrEnum):
    """How wide a step looks: within the hall, county, city or province of the taxpayer's office, or anywhere."""

    HALL = "hall"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    ANY = "any"


WIDTH = {level: width for width, level in enumerate(Level)}
NAMES = {
    Level.HALL: "本办税服务厅",
    Level.COUNTY: "本县区",
    Level.CITY: "全市",
    Level.PROVINCE: "全省",
    Level.ANY: "所有机构",
}


class Overflow(StrEnum):
    """What happens when nobody who could serve is at work anywhere within reach.

    The taxpayer just waits; is offered to leave a message or be called back, and keeps the place; or is sent back to
    the bot with that offer.
    """

    WAIT = "wait"
    OFFER = "offer"
    END = "end"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After `after` seconds of waiting also ask agents within `level`: with the ticket's skills, if `skilled`,
    of at least `min_level`. A step adds candidates; those of earlier steps stay and are preferred.
    """

    after: Seconds
    level: Level
    skilled: bool = True
    min_level: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a rule set; times in seconds.

    `priorities` gives each class a head start: within it others who came earlier are passed, beyond it never, so that
    nobody starves. `skip_empty` widens at once while a step has nobody at work who could come free.
    An offer runs out after `offer_timeout`; whoever lets `strikes` in a row run out is put on a break; whoever gave a
    consultation back is not asked for it again for `pause`. A taxpayer may be away for `away_limit`, is given up when
    the last link is gone for `abandon_after`.
    An agent silent for `unreachable_after` is offered nothing, after `lost_after` loses offers and consultations.
    `overflow` happens when nobody could serve for `overflow_after`.
    """

    name: str
    version: Count = 1
    steps: list[Step]
    priorities: dict[str, Seconds] = {}
    capacity: Count = 5
    skip_empty: bool = True
    offer_timeout: Positive = 30.0
    strikes: Count = 3
    pause: Seconds = 15.0
    away_limit: Positive = 600.0
    abandon_after: Positive = 120.0
    unreachable_after: Positive = 30.0
    lost_after: Positive = 90.0
    overflow: Overflow = Overflow.OFFER
    overflow_after: Seconds = 60.0

    def step_due(self, waited: float) -> int:
        """Return the index of the last step whose time has come."""
        return max((index for index, step in enumerate(self.steps) if step.after <= waited), default=0)

    def head_start(self, priority: str) -> float:
        """Return by how many seconds a class goes before others; a class nobody defined has none."""
        return self.priorities.get(priority, 0.0)


DEFAULT = RuleSet(
    name="default",
    steps=[
        Step(after=0, level=Level.COUNTY),
        Step(after=30, level=Level.COUNTY, skilled=False),
        Step(after=60, level=Level.CITY, skilled=False),
        Step(after=120, level=Level.PROVINCE, skilled=False),
        Step(after=180, level=Level.ANY, skilled=False),
    ],
    priorities={"normal": 0, "elderly": 180, "transferred": 300, "returned": 600},
)
"""The rules of a queue that names none."""


def parse(raw: bytes | Mapping[str, Any]) -> RuleSet:
    """Read a rule set from JSON or from parsed TOML. Raise BAD_INPUT with every mistake at once, in Chinese."""
    try:
        rules = msgspec.json.decode(raw, type=RuleSet) if isinstance(raw, bytes) else msgspec.convert(raw, RuleSet)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BanwenError(ErrorCode.BAD_INPUT, f"规则的格式不正确：{error}。") from error
    if problems := list(check(rules)):
        raise BanwenError(ErrorCode.BAD_INPUT, "\n".join(problems))
    return rules


def check(rules: RuleSet) -> Iterator[str]:
    """Name every contradiction in a rule set, in Chinese with the way out."""
    if not rules.name.strip():
        yield "规则要有名称（name）。"
    if not rules.steps:
        yield "规则至少要有一步（steps）：从第 0 秒起在哪个范围内找座席。"
        return
    if rules.steps[0].after != 0:
        yield "第 1 步应从第 0 秒开始（after = 0），否则刚进入排队的人无人可派。"
    for number, (before, step) in enumerate(zip(rules.steps, rules.steps[1:], strict=False), 2):
        if step.after <= before.after:
            yield f"第 {number} 步的 after（{step.after:g} 秒）应晚于上一步（{before.after:g} 秒）。"
        if WIDTH[step.level] < WIDTH[before.level]:
            yield f"第 {number} 步的范围“{NAMES[step.level]}”比上一步“{NAMES[before.level]}”窄；范围只能逐步扩大。"
    if rules.lost_after <= rules.unreachable_after:
        yield "lost_after 应大于 unreachable_after：先停止派单，再收回咨询。"


def sentence(step: Step) -> str:
    """Return a step in Chinese words."""
    needs = f"，需具备业务技能{f'（{step.min_level} 级以上）' if step.min_level else ''}" if step.skilled else ""
    return f"等待 {step.after:g} 秒起：{NAMES[step.level]}{needs}"
