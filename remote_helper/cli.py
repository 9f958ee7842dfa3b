"""`banwen-helper`: joins one remote assistance with a one-time code. It installs nothing and leaves nothing behind."""

import os
import runpy
import socket
import sys
from pathlib import Path

import click

NO_DISPLAY = 3
PART = "--part"
EPILOG = """\b
示例 Examples:
  banwen-helper --server https://relay.example                    在窗口里输入协助码 · asks for the code
  banwen-helper --server https://relay.example --code 7KQ2-M9XD   直接加入 · joins at once
"""


@click.command(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--server", required=True, metavar="URL", help="服务器地址，http 或 https · the relay's address")
@click.option("--code", default="", metavar="CODE", help="协助码，8 位；不填则在窗口里输入 · one-time invitation code")
@click.option("--debug", is_flag=True, help="向标准错误输出调试日志 · debug log on standard error")
def join(server: str, code: str, debug: bool) -> None:
    """办问协同远程协助（纳税人端）· the taxpayer's helper for remote assistance.

    座席的身份先经税务机关证书核验，再由您决定是否同意；随时可以停止（按两次 Esc）。
    Who asks is certified before you are asked; you can stop at any time (Esc twice).

    退出码 Exit codes: 0 正常 done, 2 用法错误 usage, 3 没有桌面 no display.
    """
    if not server.startswith(("http://", "https://")):
        raise click.BadParameter("服务器地址要以 http:// 或 https:// 开头。", param_hint="--server")
    if not has_display():
        click.echo(
            "连接不到桌面：请在您自己的电脑桌面上打开本程序，不要在远程终端里运行。No display to show.", err=True
        )
        sys.exit(NO_DISPLAY)
    if os.environ.get("XDG_SESSION_TYPE") == "wayland":
        click.echo(
            "本桌面使用 Wayland，暂不能共享屏幕：请注销，在登录界面选择 Xorg 后再打开本程序。Wayland cannot be shown.",
            err=True,
        )
        sys.exit(NO_DISPLAY)
    from remote_helper.app import open_helper
    from remote_helper.logs import configure

    configure(debug)
    sys.exit(open_helper(server.rstrip("/"), code))


def has_display() -> bool:
    """Tell whether there is a desktop to open a window on; Qt would abort without one."""
    if not sys.platform.startswith("linux"):
        return True
    host, _, number = os.environ.get("DISPLAY", "").partition(":")
    if not number or host:
        return bool(number)  # a display on another host is asked by Qt itself
    path = Path("/tmp/.X11-unix") / f"X{number.partition('.')[0]}"  # noqa: S108  # where X servers listen
    for address in (str(path), f"\0{path}"):
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(address) == 0:
                return True
    return False


def main() -> None:
    """Run one of the helper's own parts when the packed program starts itself; otherwise join."""
    if len(sys.argv) == 3 and sys.argv[1] == PART and sys.argv[2].startswith("remote_helper."):
        runpy.run_module(sys.argv[2], run_name="__main__")
        return
    join()


if __name__ == "__main__":
    main()
