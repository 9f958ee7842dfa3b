"""Chinese search over a million messages: how long a question takes within each kind of scope.

`python -m bench.search --json`; `--messages N` for another size. No peer is run: the figures are those of the index
itself, without the reading of the excerpts, which is at most twenty rows of the log.
"""

import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.report import Check, Report
from relay_protocol.ids import AgentId, ConsultationId, TaxpayerId
from relay_server.search.base import Reach, Said, Wanted
from relay_server.search.tantivy import TantivyIndex
from relay_server.store.replay import Position

MESSAGES, QUICK = 1_000_000, 20_000
BATCH = 5000
OFFICES = [f"36{number:04}" for number in range(1, 131)]
AGENTS = 2000
TURNS = 20
# fmt: off
WORDS = [
    "增值税", "企业", "所得税", "申报", "发票", "专用", "开具", "红字", "抵扣", "留抵", "退税", "个税", "汇算",
    "清缴", "社保", "登记", "变更", "注销", "电子", "税务局", "登录", "密码", "报错", "系统", "提示", "无法",
    "提交", "请问", "怎么", "办理", "资料", "需要", "上传", "截图", "您好", "已经", "处理", "谢谢", "稍等", "帮您",
    "查询", "小规模", "纳税人", "一般", "季度", "月度", "财务", "报表", "更正", "逾期", "罚款", "滞纳金",
]
# fmt: on
REACHES = {
    "province": Reach(everything=True),
    "city of 12 offices": Reach(offices=frozenset(OFFICES[:12])),
    "one office": Reach(offices=frozenset(OFFICES[:1])),
    "one agent": Reach(agent="A5"),
}


def main() -> None:
    """Measure and print."""
    options = report.arguments(__doc__ or "", messages="how many messages")
    count = QUICK if options.quick else int(options.messages or MESSAGES)
    chance = random.Random(20260302)
    result = Report("search", ["tantivy"])
    with tempfile.TemporaryDirectory() as folder:
        index = TantivyIndex(Path(folder) / "index")
        began = time.perf_counter()
        fill(index, count, chance)
        seconds = time.perf_counter() - began
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        built: report.Row = {
            "scope": "(build)",
            "messages": count,
            "messages/s": round(count / seconds),
            "MB": round(size / 1e6),
        }
        result.rows.append(built)
        asked = questions(chance, 20 if options.quick else 200)
        for name, reach in REACHES.items():
            times = measure(index, asked, reach)
            p95 = times[int(len(times) * 0.95)]
            row = {"p50 ms": times[len(times) // 2], "p95 ms": p95, "worst ms": times[-1]}
            result.rows.append({"scope": name, "messages": count, **{key: round(one, 2) for key, one in row.items()}})
            result.checks.append(Check(f"p95 of a search within {name}, ms", p95, "<=", 50.0))
        index.close()
    report.publish(result, options.json)


def fill(index: TantivyIndex, count: int, chance: random.Random) -> None:
    """Put `count` messages in, as so many consultations of twenty."""
    for start in range(0, count, BATCH):
        index.add([message(number, chance) for number in range(start, min(count, start + BATCH))])
    index.commit(Position(str(count)))


def message(number: int, chance: random.Random) -> Said:
    """Return one message of 3 to 14 words."""
    which = number // TURNS
    return Said(
        consultation=ConsultationId(f"C{which:08}"),
        seq=number % TURNS + 1,
        at=1.7e9 + 3 * number,
        text="".join(chance.choices(WORDS, k=chance.randint(3, 14))),
        taxpayer=TaxpayerId(f"T{which // 2}"),
        offices=frozenset([OFFICES[which % len(OFFICES)]]),
        people=frozenset([AgentId(f"A{which % AGENTS}")]),
    )


def questions(chance: random.Random, count: int) -> list[str]:
    """Return questions of one to three words that follow each other, and the widest of all: one character."""
    return ["税", "发票 抵扣", *("".join(chance.choices(WORDS, k=chance.randint(1, 3))) for _ in range(count))]


def measure(index: TantivyIndex, asked: Sequence[str], reach: Reach) -> list[float]:
    """Return how long each question took, in ms, sorted."""
    times = []
    for words in asked:
        began = time.perf_counter()
        index.search(Wanted(words), reach, 20)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times)


if __name__ == "__main__":
    main()
