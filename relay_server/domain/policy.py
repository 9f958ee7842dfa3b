"""What each role may do, as a table; `access` is what reads it."""

from collections.abc import Mapping
from enum import StrEnum

from relay_server.domain.records import Role


class Action(StrEnum):
    """What somebody wants to do: first with a consultation, then with an office."""

    LIST = "list"
    READ = "read"
    SEARCH = "search"
    POST = "post"
    STEER = "steer"
    ANSWER_OFFER = "answer_offer"
    SERVE = "serve"
    SIGNAL = "signal"
    TAKE_UP = "take_up"
    TRANSFER = "transfer"
    NOTE = "note"
    WHISPER = "whisper"
    WATCH = "watch"
    TAKE_OVER = "take_over"
    REASSIGN = "reassign"
    BLOCK = "block"
    EXPORT = "export"
    SUPERVISE = "supervise"
    MANAGE_REPLIES = "manage_replies"
    MANAGE_OFFICES = "manage_offices"
    MANAGE_QUEUES = "manage_queues"
    MANAGE_AGENTS = "manage_agents"
    MANAGE_LICENCES = "manage_licences"
    MANAGE_GRANTS = "manage_grants"
    MANAGE_PLATFORM = "manage_platform"
    READ_AUDIT = "read_audit"


class Scope(StrEnum):
    """How far: what one takes part in; also who waits in one's offices; all of one's offices; these for a reason."""

    NONE = "-"
    OWN = "own"
    QUEUE = "queue"
    TREE = "tree"
    WHY = "why"


_TABLE = """
                  agent  lead   admin  manager  inspector  auditor  system_admin  security_admin  client
list              queue  tree   tree   tree     -          why      -             -               tree
read              own    tree   tree   tree     -          why      -             -               tree
search            own    tree   tree   tree     -          why      -             -               tree
post              own    own    own    own      -          -        -             -               -
steer             -      -      -      -        -          -        -             -               -
answer_offer      own    own    -      -        -          -        -             -               -
serve             own    own    own    own      -          -        -             -               -
signal            own    own    own    own      -          -        -             -               -
take_up           queue  queue  queue  queue    -          -        -             -               -
transfer          own    tree   tree   tree     -          -        -             -               -
note              own    tree   tree   tree     -          -        -             -               -
whisper           own    tree   tree   tree     -          -        -             -               -
watch             -      tree   tree   tree     -          -        -             -               -
take_over         -      tree   tree   tree     -          -        -             -               -
reassign          -      tree   tree   tree     -          -        -             -               -
block             own    tree   tree   tree     -          -        -             -               -
export            -      -      -      tree     -          why      -             -               -
supervise         -      tree   tree   tree     -          -        -             -               -
manage_replies    -      tree   tree   tree     -          -        -             -               -
manage_offices    -      -      tree   tree     -          -        -             -               -
manage_queues     -      -      tree   tree     -          -        -             -               -
manage_agents     -      -      tree   tree     -          -        tree          -               -
manage_licences   -      -      tree   tree     -          -        -             -               -
manage_grants     -      -      -      -        -          -        -             tree            -
manage_platform   -      -      -      -        -          -        tree          -               -
read_audit        -      -      -      -        -          tree     -             -               -
"""
# Inspectors will see what was sampled for them; until there are samples, nothing. Leads and sub-centres ask for an
# export, the province approves; until there are requests, only those who need not ask may.


def _read(table: str) -> Mapping[Action, Mapping[Role, Scope]]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    roles = [Role(name) for name in head]
    return {Action(name): dict(zip(roles, (Scope(cell) for cell in cells), strict=True)) for name, *cells in rows}


POLICY: Mapping[Action, Mapping[Role, Scope]] = _read(_TABLE)
