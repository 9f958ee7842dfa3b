"""Which step of the schema this program speaks, known without loading what migrates; see `migrations`."""

from pathlib import Path

from relay_protocol.errors import BanwenError, ErrorCode

STEPS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """Return the number of the newest step, such as `0001`."""
    return max(step.name[1:5] for step in STEPS.glob("r[0-9]*_*.py"))


def is_newest(reached: str) -> bool:
    """Tell whether a database stands at the newest step. Raise `BanwenError(VERSION)` if it is beyond it."""
    if reached > newest():
        sentence = "数据库由更新版本的程序建立，请升级 banwen-relay 后再启动。"
        raise BanwenError(ErrorCode.VERSION, sentence, version=reached)
    return reached == newest()
