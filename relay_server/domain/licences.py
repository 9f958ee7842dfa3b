"""Rented seats (许可): which licence a person needs, and whether it still has a seat. Without any, use is unlimited."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec

from relay_protocol.ids import AgentId


class LicenceKind(StrEnum):
    """在线账号 serves in text, 云呼账号 by telephone."""

    ONLINE = "online"
    CALL = "call"


KIND_NAMES: Mapping[LicenceKind, str] = {LicenceKind.ONLINE: "在线账号", LicenceKind.CALL: "云呼账号"}


class Licence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`seats` people below an office may be logged in at once, on the days from `since` to `until`, both included.

    An empty office is the whole tree.
    """

    code: str
    kind: LicenceKind
    seats: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    since: date
    until: date
    office: str = ""

    def holds(self, day: date) -> bool:
        """Tell whether it is valid on this day."""
        return self.since <= day <= self.until


def nearest(licences: Iterable[Licence], kind: LicenceKind, path: Sequence[str]) -> list[Licence]:
    """Return the licences of a kind at the nearest office of `path` (nearest first) that has some, valid or not."""
    of_kind = [one for one in licences if one.kind is kind]
    for office in (*path, ""):
        if found := [one for one in of_kind if one.office == office]:
            return found
    return []


def refusal(
    licences: Collection[Licence],
    kind: LicenceKind,
    agent: AgentId,
    paths: Mapping[AgentId, Sequence[str]],
    present: Iterable[AgentId],
    day: date,
) -> str:
    """Return in Chinese why `agent` may not take a seat, empty if they may.

    `paths` has everybody's offices, nearest first; `present` are those who hold a seat now, of whatever licence.
    """
    if not any(one.kind is kind for one in licences):
        return ""
    name, mine = KIND_NAMES[kind], nearest(licences, kind, paths.get(agent, ()))
    if not mine:
        return f"您所在的机构没有{name}许可，请联系管理员。"
    valid = [one for one in mine if one.holds(day)]
    if not valid:
        return _out_of_date(name, mine, day)
    seats = sum(one.seats for one in valid)
    taken = {one for one in present if one != agent and nearest(licences, kind, paths.get(one, ())) == mine}
    if len(taken) < seats:
        return ""
    return f"{name}的 {seats} 个席位已全部占用，请等其他座席退出后再登录，或联系管理员增加席位。"


def _out_of_date(name: str, mine: Sequence[Licence], day: date) -> str:
    coming = [one.since for one in mine if one.since > day]
    if coming:
        return f"{name}许可自 {min(coming).isoformat()} 起生效，目前不能登录，请联系管理员。"
    return f"{name}许可已于 {max(one.until for one in mine).isoformat()} 到期，请联系管理员续期。"
