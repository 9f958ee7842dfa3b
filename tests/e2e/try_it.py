"""`make demo` with a display: opens the workbench and the taxpayer's page for a person to try, and prints how."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.browser import CHROMIUM
from tests.e2e.processes import running
from tests.e2e.world import AGENT_NUMBER, enrol, free_port, program, sample_site
from tests.running import RunningRelay

HOW = """
办问协同已在本机运行，按 Ctrl+C 结束。Banwen runs on this machine; Ctrl+C ends it.

  纳税人 taxpayer   浏览器窗口里的示例电子税务局，点右下角「在线咨询」   {site}
  座席 agent        工作台窗口：工号 {number}，密码 {password}；登录后按 F9 置为空闲
  远程协助 assist   座席点「远程协助」后，在另一个终端运行并输入网页上的协助码：
                    {helper} --server {relay}
  全过程 timeline   {command} consultations list -c {folder}
"""


def try_it() -> int:
    """Run everything on the person's own display until they end it; nothing is kept. Return the exit code."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="banwen-demo-")))
        env = {**os.environ, "XDG_DATA_HOME": str(scratch / "data"), "XDG_CONFIG_HOME": str(scratch / "config")}
        port = free_port()
        relay = RunningRelay(scratch / "relay", origins=[f"http://127.0.0.1:{port}"])
        relay.set_up()
        stack.callback(relay.stop)
        relay.start()
        site = stack.enter_context(sample_site(relay, port, scratch / "site.log"))
        enrol(env, relay)
        stack.enter_context(running(_browser(site, scratch / "browser"), env, scratch / "browser.log"))
        workbench: list[str | Path] = [program("banwen-agent"), "--server", relay.url]
        window = stack.enter_context(running(workbench, env, scratch / "workbench.log"))
        print(_how(relay, site), flush=True)
        try:
            window.wait()
        except KeyboardInterrupt:
            print()
    return 0


def _browser(site: str, profile: Path) -> list[str | Path]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # root cannot have one
    return [CHROMIUM, f"--user-data-dir={profile}", "--no-first-run", "--disable-sync", *sandbox, f"{site}/vat"]


def _how(relay: RunningRelay, site: str) -> str:
    return HOW.format(
        site=site,
        number=AGENT_NUMBER,
        password=relay.passwords[AGENT_NUMBER],
        helper=program("banwen-helper"),
        command=program("banwen-relay"),
        relay=relay.url,
        folder=relay.folder,
    )
