"""Every module says what it is for, stays small, and depends on nothing that depends on it."""

import ast
import graphlib
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("relay_protocol", "relay_client", "relay_server", "agent_app", "remote_helper", "kb_sync")
ROOMS = [room for name in (*PACKAGES, "bench", "examples", "tests") if (room := ROOT / name).is_dir()]
MODULES = sorted(path for room in ROOMS for path in room.rglob("*.py"))
LINES = 400

# Modules allowed to be longer, with the reason. This list only ever shrinks.
LONGER: dict[str, str] = {}

# Where real input is made; nothing else may reach for it, not even inside a function.
INPUT_APIS = ("pynput", "Xlib.ext.xtest", "Xlib.ext.xinput")
HANDS = ROOT / "remote_helper" / "control"


# Rooms with an interface in base.py: what stands behind it is named by the composition root alone.
BEHIND_INTERFACES = ("relay_server.store", "relay_server.bus", "relay_server.pbx", "agent_app.adapters")
INTERFACES = ("base", "events", "accounts")  # the last two hold the operations a store carries out, no adapter
ROOTS = ("relay_server.app", "agent_app.app", "remote_helper.app")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom among our packages; imports inside functions are in it too."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported_by(path: Path) -> set[str]:
    """Dotted names of all modules and members that the file imports, wherever in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({node.module} | {f"{node.module}.{alias.name}" for alias in node.names})
    return names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_begins_by_saying_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "the first line is a docstring"


def test_modules_stay_small_enough_to_read_at_one_sitting() -> None:
    sizes = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    too_long = {name: size for name, size in sizes.items() if size > LINES}
    assert set(too_long) <= set(LONGER), f"over {LINES} lines: {too_long}"
    assert set(LONGER) <= set(too_long), f"short enough again: {set(LONGER) - set(too_long)}"


def test_no_import_leads_back_to_where_it_came_from(graph: grimp.ImportGraph) -> None:
    order = graphlib.TopologicalSorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})
    try:
        order.prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"import cycle: {' -> '.join(error.args[1])}")


def test_only_the_helpers_control_room_makes_input() -> None:
    ours = [path for path in MODULES if name_of(path).split("/")[0] in PACKAGES and HANDS not in path.parents]
    reaching = {
        name_of(path): touched
        for path in ours
        if (touched := {name for name in imported_by(path) if name.startswith(INPUT_APIS)})
    }
    assert not reaching


def test_only_the_composition_root_names_what_stands_behind_an_interface(graph: grimp.ImportGraph) -> None:
    naming = {
        f"{importer} -> {module}"
        for room in BEHIND_INTERFACES
        for module in graph.modules
        if module.startswith(f"{room}.") and module.removeprefix(f"{room}.") not in INTERFACES
        for importer in graph.find_modules_that_directly_import(module)
        if importer not in ROOTS and not importer.startswith(room)
    }
    assert not naming
