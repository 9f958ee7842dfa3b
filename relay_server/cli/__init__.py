"""`banwen-relay`: set a relay up, run it, examine it, and look after its agents and consultations."""

import click

from relay_server.cli.agents import agents
from relay_server.cli.backup import backup, restore
from relay_server.cli.common import EXIT_CODES, Commands
from relay_server.cli.config import config
from relay_server.cli.consultations import consultations
from relay_server.cli.doctor import doctor
from relay_server.cli.drill import drill
from relay_server.cli.grants import grants
from relay_server.cli.init import init
from relay_server.cli.integration import clients, webhook_commands
from relay_server.cli.kb import kb
from relay_server.cli.organisation import COMMANDS
from relay_server.cli.rules import rules, why
from relay_server.cli.serve import serve
from relay_server.cli.taxpayers import taxpayers

HELP = f"""办问协同中继 · The Banwen relay.

\b
第一次使用 First steps:
  banwen-relay init ./relay --sample       建立示例中继，记下显示的密码
  banwen-relay doctor -c ./relay           检查是否一切就绪
  banwen-relay serve -c ./relay            运行；Ctrl+C 停止

\b
日常 Day to day:
  banwen-relay agents add 8005 -c ./relay --name 赵敏 --office 360103
  banwen-relay agents reset-password 8005 -c ./relay
  banwen-relay offices list -c ./relay              机构；queues、skills、calendars、licences、grants 同样
  banwen-relay rules simulate --log yesterday --rules 新规则.toml -c ./relay
  banwen-relay why A023 -c ./relay                  为什么在等，为什么派给了谁
  banwen-relay consultations list -c ./relay
  banwen-relay drill -c ./relay --taxpayers 200 --agents 20 --seconds 60   演练与压力测试
  banwen-relay consultations show 01JD… -c ./relay --json

{EXIT_CODES}
"""


@click.group(
    cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="banwen", prog_name="banwen-relay")
def main() -> None:
    """Start a command."""


for command in (
    init,
    serve,
    doctor,
    config,
    *COMMANDS,
    rules,
    agents,
    grants,
    kb,
    consultations,
    taxpayers,
    backup,
    restore,
    why,
    drill,
    clients,
    webhook_commands,
):
    main.add_command(command)
