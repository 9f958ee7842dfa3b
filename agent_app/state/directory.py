"""To whom something can be handed on: offices, queues and the colleagues at work, as `GET /api/directory` says."""

import msgspec

from relay_protocol.messages import AgentCard, PresenceState, TargetKind, TransferTarget

PRESENCE = {
    PresenceState.READY: "空闲",
    PresenceState.BUSY: "忙碌",
    PresenceState.BREAK: "小休",
    PresenceState.OFFLINE: "离线",
}


class OfficeLine(msgspec.Struct, frozen=True):
    """An office of the tree."""

    code: str
    name: str
    level: str = ""
    parent: str = ""


class QueueLine(msgspec.Struct, frozen=True):
    """A queue of an office."""

    code: str
    name: str
    office: str = ""


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who serves. `skills` are levels by code."""

    agent: AgentCard
    state: PresenceState
    reason: str = ""
    reachable: bool = True
    skills: dict[str, int] = {}


class Directory(msgspec.Struct, frozen=True):
    """All of it. `skills` names skills by code."""

    offices: list[OfficeLine] = []
    queues: list[QueueLine] = []
    skills: dict[str, str] = {}
    colleagues: list[Colleague] = []


class Target(msgspec.Struct, frozen=True):
    """A line of a picker: what is chosen, what it is called, and how it is at the moment."""

    target: TransferTarget
    name: str
    note: str
    ready: bool = True


def targets(directory: Directory, kind: TargetKind, words: str, but: str = "") -> list[Target]:
    """Return what of a kind holds all `words`, those who are free first; without the agent `but`."""
    found = {TargetKind.AGENT: _agents, TargetKind.QUEUE: _queues, TargetKind.OFFICE: _offices}[kind](directory)
    wanted = words.casefold().split()
    return [
        one
        for one in sorted(found, key=lambda one: not one.ready)
        if one.target.code != but and all(word in f"{one.name} {one.note}".casefold() for word in wanted)
    ]


def _agents(directory: Directory) -> list[Target]:
    return [_agent(directory, one) for one in directory.colleagues]


def _agent(directory: Directory, one: Colleague) -> Target:
    state = PRESENCE[one.state] if one.reachable else "暂时失联"
    skills = "、".join(directory.skills.get(code, code) for code in one.skills)
    note = " · ".join(part for part in (one.agent.office.name, state, skills) if part)
    target = TransferTarget(kind=TargetKind.AGENT, code=one.agent.id, name=one.agent.name)
    ready = one.state is PresenceState.READY and one.reachable
    return Target(target, f"{one.agent.name}（工号 {one.agent.number}）", note, ready)


def _queues(directory: Directory) -> list[Target]:
    names = {one.code: one.name for one in directory.offices}
    return [
        Target(TransferTarget(kind=TargetKind.QUEUE, code=one.code, name=one.name), one.name, names.get(one.office, ""))
        for one in directory.queues
    ]


def _offices(directory: Directory) -> list[Target]:
    names = {one.code: one.name for one in directory.offices}
    return [
        Target(
            TransferTarget(kind=TargetKind.OFFICE, code=one.code, name=one.name), one.name, names.get(one.parent, "")
        )
        for one in directory.offices
    ]
