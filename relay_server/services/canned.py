"""快捷回复: canned replies of one's own, of an office with all below it, and of the province.

A text may hold 纳税人, 座席, 机构, 排队号 in braces; the workbench fills them in, so that people see what they send.
"""

import msgspec

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.messages import TEXT_LIMIT
from relay_server.domain.access import Action, AgentActor, require_ever, require_office
from relay_server.domain.decisions import check_text
from relay_server.domain.directory import Directory
from relay_server.store.base import Store, Transaction
from relay_server.store.settings import find_setting, list_settings, put_setting

KIND = "canned"
PERSONAL, OFFICE, PROVINCE = "personal", "office", "province"
LONGEST_SHORTCUT, LONGEST_TITLE = 20, 60
VARIABLES = ("纳税人", "座席", "机构", "排队号")


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One canned reply. `office` is set for those of an office; `shortcut` is what follows the slash."""

    scope: str
    shortcut: str
    title: str
    text: str
    office: str = ""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A reply with its key, and whether the asker may change it."""

    key: str
    reply: Reply
    mine: bool


async def listed(store: Store, directory: Directory, actor: AgentActor) -> list[Listed]:
    """Return what an agent may use: their own first, then the nearest office's, then the province's."""
    require_ever(actor, Action.SERVE)
    above = [PROVINCE, *(f"{OFFICE}:{code}" for code in reversed(directory.paths.get(actor.card.office.code, ())))]
    order = {place: rank for rank, place in enumerate([*above, f"{PERSONAL}:{actor.id}"])}
    found = []
    for row in await store.read(list_settings(KIND)):
        place = row.key.rpartition("/")[0]
        if place in order and row.body is not None:
            reply = msgspec.json.decode(row.body, type=Reply)
            found.append((-order[place], Listed(key=row.key, reply=reply, mine=_may_change(actor, reply))))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].reply.shortcut))]


async def put(store: Store, directory: Directory, actor: AgentActor, reply: Reply, now: float) -> str:
    """Keep a reply in place of an earlier one with the same shortcut; return its key. Raise BAD_INPUT, FORBIDDEN."""
    check_text(reply.text, TEXT_LIMIT)
    check_text(reply.title, LONGEST_TITLE)
    check_text(reply.shortcut, LONGEST_SHORTCUT)
    if "/" in reply.shortcut or " " in reply.shortcut.strip():
        raise BanwenError(ErrorCode.BAD_INPUT, "快捷词不能含空格和斜杠，请换一个，如“问候”或“wh”。")
    _require_may_change(actor, reply)
    if reply.scope == OFFICE and reply.office not in directory.offices:
        raise BanwenError(ErrorCode.NOT_FOUND, "没有这个机构，请重新选择。")
    key = f"{_place(actor, reply)}/{reply.shortcut.strip()}"

    def script() -> Transaction[None]:
        yield from put_setting(KIND, key, msgspec.json.encode(reply), actor.card.number, now)

    await store.transact(script())
    return key


async def remove(store: Store, actor: AgentActor, key: str, now: float) -> None:
    """Remove a reply. Raise NOT_FOUND for what is not there or another's, FORBIDDEN."""

    def script() -> Transaction[None]:
        found = yield from find_setting(KIND, key)
        reply = msgspec.json.decode(found.body, type=Reply) if found is not None and found.body else None
        if reply is None or key.rpartition("/")[0] != _place(actor, reply):
            raise BanwenError(ErrorCode.NOT_FOUND, "没有找到这条快捷回复，请刷新列表。")
        _require_may_change(actor, reply)
        yield from put_setting(KIND, key, None, actor.card.number, now)

    await store.transact(script())


def _place(actor: AgentActor, reply: Reply) -> str:
    match reply.scope:
        case "personal":
            return f"{PERSONAL}:{actor.id}"
        case "office":
            return f"{OFFICE}:{reply.office}"
        case "province":
            return PROVINCE
    raise BanwenError(ErrorCode.BAD_INPUT, "快捷回复的范围应为 personal、office 或 province。")


def _require_may_change(actor: AgentActor, reply: Reply) -> None:
    if reply.scope == PERSONAL:
        require_ever(actor, Action.SERVE)
    else:
        require_office(actor, Action.MANAGE_REPLIES, reply.office if reply.scope == OFFICE else "")


def _may_change(actor: AgentActor, reply: Reply) -> bool:
    try:
        _require_may_change(actor, reply)
    except BanwenError:
        return False
    return True
