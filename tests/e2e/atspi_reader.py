"""Reads accessible widgets for eyes.py: the system's Python runs this, since the AT-SPI bindings live there.

Each line on standard input is a JSON request, each line on standard output its JSON answer:
{"do": "find", "role": ..., "name": ..., "regex": false, "window": ..., "inside": ...} → {"widgets": [...]};
{"do": "tree"} → {"tree": text}; what vanished while it was looked at → {"error": text}.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

DEEPEST = 40
LISTS = ("list", "tree", "table")
Matches = Callable[[str], bool]


def applications() -> Iterator[Any]:
    Atspi.get_desktop(0).clear_cache()
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        application = desktop.get_child_at_index(index)
        if application is not None:
            application.clear_cache()  # what is cached may be older than what is on the screen
            yield application


def showing(node: Any) -> Iterator[Any]:
    """The children a person can see; what vanishes meanwhile is passed over.

    A list scrolled to its end can have hundreds of rows above: those showing are one run, after which nothing is left
    to look for.
    """
    is_list, seen = node.get_role_name() in LISTS, False
    for index in range(node.get_child_count()):
        try:
            child = node.get_child_at_index(index)
            shows = child is not None and child.get_state_set().contains(Atspi.StateType.SHOWING)
        except GLib.Error:
            continue
        if shows:
            seen = True
            yield child
        elif seen and is_list:
            return


def walk(node: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """All showing widgets from `node` down, with their depth, in reading order."""
    yield depth, node
    if depth < DEEPEST:
        for child in showing(node):
            yield from walk(child, depth + 1)


def text_of(node: Any) -> str:
    if node.get_text_iface() is None:
        return ""
    return str(Atspi.Text.get_text(node, 0, Atspi.Text.get_character_count(node)))


def describe(node: Any) -> dict[str, Any]:
    box = node.get_extents(Atspi.CoordType.SCREEN) if node.get_component_iface() is not None else None
    return {
        "role": node.get_role_name(),
        "name": node.get_name() or "",
        "description": node.get_description() or "",
        "text": text_of(node),
        "states": sorted(state.value_nick for state in node.get_state_set().get_states()),
        "box": [box.x, box.y, box.width, box.height] if box is not None else [0, 0, 0, 0],
    }


def matcher(wanted: str | None, regex: bool) -> Matches:
    if wanted is None:
        return lambda name: True
    if regex:
        return lambda name: re.search(wanted, name) is not None
    return lambda name: wanted in name


def windows(wanted: str | None) -> Iterator[Any]:
    """The showing windows of all applications whose title contains `wanted`; one that is ending has none."""
    for application in applications():
        try:
            yield from [
                window for window in showing(application) if wanted is None or wanted in (window.get_name() or "")
            ]
        except GLib.Error:
            continue


def find(
    role: str | None = None,
    name: str | None = None,
    regex: bool = False,
    window: str | None = None,
    inside: str | None = None,
) -> list[dict[str, Any]]:
    """Showing widgets that match; `window` and `inside` name (in part) a window and a container to look in."""
    matches = matcher(name, regex)
    places = (place for top in windows(window) for place in containers(top, inside))
    return [
        describe(node)
        for place in places
        for _, node in walk(place)
        if (role is None or node.get_role_name() == role) and matches(node.get_name() or "")
    ]


def containers(top: Any, inside: str | None) -> Iterator[Any]:
    if inside is None:
        yield top
    else:
        yield from (node for _, node in walk(top) if node.get_child_count() and inside in (node.get_name() or ""))


def tree() -> str:
    lines = []
    for window in windows(None):
        for depth, node in walk(window):
            seen = describe(node)
            lines.append(f"{'  ' * depth}{seen['role']} 「{seen['name']}」 {seen['text'][:60]!r} {seen['box']}")
    return "\n".join(lines)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    what = request.pop("do")
    return {"tree": tree()} if what == "tree" else {"widgets": find(**request)}


def main() -> None:
    Atspi.set_timeout(2000, 5000)  # ms for a call, and for an application that is just starting
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line))
        except (GLib.Error, re.error, AttributeError) as error:  # a widget may vanish between two questions
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
