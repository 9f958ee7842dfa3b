"""`make demo-cluster`: a relay on several machines, all on the loopback, is struck while people talk; what was lost?"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.many.blows import BLOWS
from tests.many.cluster import Machines, running_machines
from tests.many.play import Outcome, play

LINES = (
    ("consultations", "完成的咨询 consultations"),
    ("sent", "发出的消息 messages sent"),
    ("lost", "丢失 lost"),
    ("duplicated", "重复 duplicated"),
    ("misordered", "次序错误 misordered"),
    ("over_cap", "超过座席上限 over capacity"),
    ("repeated_numbers", "重号 numbers given twice"),
    ("unserved", "未得到服务 unserved"),
    ("reconnected", "断线后重连 links that came back"),
    ("back_p50", "重连用时 p50（秒）back after, p50 (s)"),
    ("back_longest", "重连最长（秒）longest (s)"),
    ("ack_p50", "确认用时 p50（秒）acknowledged after, p50 (s)"),
    ("ack_p99", "确认用时 p99（秒）p99 (s)"),
    ("wait_longest", "最长等待（秒）longest wait (s)"),
)


def main() -> int:
    """Run the demonstration; 0 if nothing went wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--taxpayers", type=int, default=40)
    arguments.add_argument("--agents", type=int, default=10)
    arguments.add_argument("--pause", type=float, default=5.0, help="seconds between two blows")
    wanted = arguments.parse_args()
    print(
        "正在启动 PostgreSQL、NATS、haproxy、2 个接入、3 个派单和 1 个其他进程…… Starting nine processes…", flush=True
    )
    with tempfile.TemporaryDirectory(prefix="banwen-many-") as folder, running_machines(Path(folder)) as machines:
        print(
            f"{wanted.taxpayers} 个纳税人与 {wanted.agents} 个座席对话，同时发生故障…… People talk while blows fall…",
            flush=True,
        )
        outcome = play(machines, wanted.taxpayers, wanted.agents, BLOWS, wanted.pause)
        if not outcome.found["good"]:
            _show_errors(machines)
    _show(outcome)
    return 0 if outcome.found["good"] else 1


def _show(outcome: Outcome) -> None:
    for name, seconds in outcome.lasted.items():
        print(f"  {name}：{seconds} s")
    for key, label in LINES:
        print(f"  {label}\t{outcome.found[key]}")
    print("没有差错。Nothing went wrong." if outcome.found["good"] else "有差错。Something went wrong.")


def _show_errors(machines: Machines) -> None:
    """Print what the processes complained of."""
    for log in sorted(machines.relay.folder.parent.glob("*.log")):
        for line in log.read_text(encoding="utf-8").splitlines():
            if '"ERROR"' in line or '"CRITICAL"' in line:
                print(f"{log.stem}: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
