"""Role × route × object against a running relay with four levels of offices: nobody ever gets what is not theirs.

The routes come from the program itself: one that is not told of here fails the first test. The frames of links come
from the protocol, so a new one is tried by every outsider at once.
"""

import asyncio
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from starlette.routing import Route

from relay_protocol import messages
from relay_protocol.ids import ClientId, audit_stream, consultation_stream
from relay_protocol.messages import (
    ErrorReply,
    EventFrame,
    LoadHistory,
    Message,
    RecordsRead,
    Request,
    Resume,
    UnblockTaxpayer,
)
from relay_server import app
from relay_server.cli import main
from relay_server.config import load
from relay_server.gateways.openapi import ENDPOINTS
from relay_server.gateways.origins import Origins
from relay_server.services import accounts
from relay_server.store.events import events_after
from tests.contract.peer import Peer, fresh, link_to, socket_to
from tests.contract.peer import greet as say_hello
from tests.contract.tree import PEOPLE, REASON, Case, Tree, growing
from tests.relay_protocol.samples import sample

WITH_REASON = "auditor with a reason"
READERS = {
    "county": {"agent who serves", "lead of the county", "admin of the city", "manager", WITH_REASON},
    "far away": {"agent far away", "lead far away", "manager", WITH_REASON},
    "served from afar": {"agent far away", "lead far away", "manager", WITH_REASON},
    "hall": {"lead of the county", "admin of the city", "manager", WITH_REASON},
    "city": {"admin of the city", "manager", WITH_REASON},
    "nowhere": {"manager", WITH_REASON},
}
LISTERS = {
    **READERS,
    "hall": READERS["hall"] | {"agent of the hall", "agent who serves", "agent of the city"},
    "city": READERS["city"] | {"agent of the city"},
}
NO_WORKBENCH = ("inspector", "security admin", "system admin")

# What each route gives, so that the matrix can try it: `read`, `list`, `find` something of a consultation; `own` what
# belongs to the token; `open` nothing of anybody. `{0}` is the consultation, `{1}` the taxpayer, `{2}` the file, `{3}`
# what was said.
ROUTES: dict[tuple[str, str], tuple[str, str]] = {
    ("GET", "/api/consultations"): ("list", "/api/consultations?limit=200"),
    ("GET", "/api/consultations/{id}/timeline"): ("read", "/api/consultations/{0}/timeline"),
    ("GET", "/api/contacts/{taxpayer}/timeline"): ("read", "/api/contacts/{1}/timeline"),
    ("GET", "/api/files/{id}"): ("read", "/api/files/{2}"),
    ("GET", "/api/search"): ("find", "/api/search?q={3}"),
    ("GET", "/api/directory"): ("own", "/api/directory"),
    ("GET", "/api/catalogue"): ("own", "/api/catalogue"),
    ("GET", "/api/canned"): ("own", "/api/canned"),
    ("PUT", "/api/canned"): ("own", "/api/canned"),
    ("DELETE", "/api/canned"): ("own", "/api/canned"),
    ("POST", "/api/jobs"): ("own", "/api/jobs"),
    ("GET", "/api/jobs/{id}"): ("own", "/api/jobs/{0}"),
    ("POST", "/api/jobs/{id}/undo"): ("own", "/api/jobs/{0}/undo"),
    ("POST", "/api/uploads"): ("own", "/api/uploads"),
    ("POST", "/api/taxpayer/session"): ("open", ""),
    ("POST", "/api/taxpayer/logout"): ("own", ""),
    ("POST", "/api/agent/login"): ("open", ""),
    ("POST", "/api/agent/logout"): ("own", ""),
    ("POST", "/api/helper/redeem"): ("open", ""),
    ("GET", "/healthz"): ("open", "/healthz"),
    ("GET", "/readyz"): ("open", "/readyz"),
    ("GET", "/metrics"): ("open", "/metrics"),
    ("GET", "/api/openapi.json"): ("open", "/api/openapi.json"),
}
LINKS = {"/ws/taxpayer", "/ws/agent", "/ws/helper"}
PAGES = {"/w.js", "/widget", "/chat", "/assets/{path:path}"}

refused: Counter[str] = Counter()
"""How many calls were refused, by kind."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tree]:
    """One relay for all of it."""
    with growing(tmp_path_factory.mktemp("tree") / "relay") as tree:
        yield tree


def people(tree: Tree) -> list[tuple[str, str, dict[str, str]]]:
    """Everybody as (name, token, headers); an auditor once without and once with a reason."""
    everybody: list[tuple[str, str, dict[str, str]]] = [(name, token, {}) for name, token in tree.tokens.items()]
    return [*everybody, (WITH_REASON, tree.tokens["auditor"], REASON), ("stranger", tree.stranger, {})]


@pytest.mark.req("S1")
async def test_every_route_of_the_program_is_in_the_matrix(tmp_path: Path) -> None:
    folder = tmp_path / "relay"
    done = await asyncio.to_thread(CliRunner().invoke, main, ["init", str(folder)])
    assert done.exit_code == 0, done.output
    built = app.build(load(folder / "relay.toml"), folder, Origins())
    async with built.http.router.lifespan_context(built.http):
        pass
    routes = {
        (method, route.path)
        for route in built.http.routes
        if isinstance(route, Route) and route.path.startswith(("/api", "/healthz", "/readyz", "/metrics"))
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routes == set(ROUTES)
    assert routes == {(one.method, one.path) for one in ENDPOINTS}, "every route is described"
    assert set(built.endpoints) == LINKS
    others = {getattr(route, "path", "") for route in built.http.routes} - {path for _, path in ROUTES}
    assert others == PAGES


@pytest.mark.req("S1", accepts=True)
@pytest.mark.parametrize("place", list(READERS))
async def test_http_gives_each_what_is_theirs_and_nothing_else(tree: Tree, place: str) -> None:
    case = tree.cases[place]
    await findable(tree, case)
    for (method, _), (kind, path) in ROUTES.items():
        if kind == "open" or method != "GET":
            continue
        allowed = {"list": LISTERS[place], "read": READERS[place], "find": READERS[place], "own": set()}[kind]
        for person, token, headers in people(tree):
            reply = await tree.call(method, path.format(case.id, case.taxpayer, case.file, case.secret), token, headers)
            told = tells_of(reply.text, case)
            assert told == (person in allowed), f"{person} {path}: {reply.status_code} {reply.text[:300]}"
            if not told:
                refused[f"http {kind}"] += 1
            if kind == "read" and not told:
                assert reply.status_code in (400, 401, 403, 404), f"{person} {path}"


async def findable(tree: Tree, case: Case) -> None:
    """Wait until the index has what was said."""
    async with asyncio.timeout(20):
        # the index of another process has no event for it
        while not (await tree.get(f"/api/search?q={case.secret}", "manager")).json()["hits"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def tells_of(text: str, case: Case) -> bool:
    """Tell whether a reply holds anything of a consultation."""
    return case.secret in text or f'"{case.id}"' in text


@pytest.mark.req("S1", accepts=True)
@pytest.mark.parametrize("person", ["agent of another county", "lead far away", "agent of the city", "auditor"])
async def test_no_frame_of_an_outsider_moves_or_shows_a_consultation(tree: Tree, person: str) -> None:
    case = tree.cases["county"]
    before = await length_of(tree, case)
    async with link_to(tree.relay, "/ws/agent", tree.tokens[person]) as peer:
        await try_all(peer, messages.AgentFrame, case)
    assert await length_of(tree, case) == before


@pytest.mark.req("S1")
async def test_no_frame_of_another_taxpayer_moves_or_shows_a_consultation(tree: Tree) -> None:
    for case in tree.cases.values():
        before = await length_of(tree, case)
        async with link_to(tree.relay, "/ws/taxpayer", tree.stranger) as peer:
            await try_all(peer, messages.TaxpayerFrame, case)
        assert await length_of(tree, case) == before


async def try_all(peer: Peer, frames: Any, case: Case) -> None:
    """Send every frame that names a consultation; each must be refused, and nothing of it may be heard."""
    for frame in aimed(frames, case):
        if isinstance(frame, Request):
            answer = await peer.ask(frame)
            assert isinstance(answer, ErrorReply), f"{type(frame).__name__} was accepted"
            refused["link request"] += 1
        else:
            await peer.say(frame)
            refused["link remark"] += 1
    await peer.refused(LoadHistory(request_id=fresh(), stream=consultation_stream(case.id), before=99, limit=50))
    heard = [one for one in peer.heard if isinstance(one, EventFrame) and one.stream == consultation_stream(case.id)]
    assert heard == []
    assert case.secret not in str(peer.heard)


def aimed(frames: Any, case: Case) -> Iterator[Message]:
    """Return a sample of every frame that is about a consultation or a taxpayer, aimed at this one."""
    for kind in typing.get_args(frames):
        if kind is UnblockTaxpayer:
            yield UnblockTaxpayer(request_id=fresh(), taxpayer=case.taxpayer, reason="试探")
        elif "consultation" in kind.__struct_fields__ and kind is not Resume:
            frame = msgspec.structs.replace(sample(kind), consultation=case.id)
            yield msgspec.structs.replace(frame, request_id=fresh()) if isinstance(frame, Request) else frame


async def length_of(tree: Tree, case: Case) -> int:
    """Return how many events the consultation has, as the manager sees it."""
    told = (await tree.get(f"/api/consultations/{case.id}/timeline", "manager")).json()
    return int(told["consultation"]["last_seq"])


@pytest.mark.req("S1")
@pytest.mark.parametrize("person", NO_WORKBENCH)
async def test_whoever_sees_no_consultations_has_no_workbench(tree: Tree, person: str) -> None:
    async with socket_to(tree.relay, "/ws/agent") as peer:
        await peer.say(messages.Hello(oldest=1, newest=99, token=tree.tokens[person], client=ClientId("c"), app=""))
        assert await peer.closed() == 4403
    refused["link hello"] += 1


async def test_a_resume_with_foreign_cursors_gives_only_what_is_ones_own(tree: Tree) -> None:
    cursors = {consultation_stream(case.id): 0 for case in tree.cases.values()}
    async with socket_to(tree.relay, "/ws/agent") as peer:
        welcome = await say_hello(peer, tree.tokens["agent of another county"])
        await peer.resume(welcome.epoch, cursors)
    assert not [one for one in peer.heard if isinstance(one, EventFrame)]


@pytest.mark.req("S1")
async def test_counts_roll_up_the_tree(tree: Tree) -> None:
    async def count(person: str, office: str = "") -> int:
        listed = (await tree.get(f"/api/consultations?office={office}", person)).json()["consultations"]
        return len(listed)

    assert await count("lead of the county") == 2
    assert await count("admin of the city") == 3
    assert await count("manager") == 6
    assert await count("lead far away") == 2
    assert await count("manager", "360103") == 2
    assert await count("manager", "360100,360702") == 4
    assert await count("admin of the city", "360702") == 0


async def test_a_list_comes_page_by_page_without_a_gap(tree: Tree) -> None:
    seen, cursor = [], ""
    while True:
        page = (await tree.get(f"/api/consultations?limit=2&cursor={cursor}", "manager")).json()
        seen += [one["consultation"] for one in page["consultations"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == sorted((case.id for case in tree.cases.values()), reverse=True)


@pytest.mark.parametrize("query", ["state=nonsense", "limit=x", "mood=good"])
async def test_a_query_that_makes_no_sense_is_refused_in_words(tree: Tree, query: str) -> None:
    reply = await tree.get(f"/api/consultations?{query}", "manager")
    assert reply.status_code == 400
    assert reply.json()["code"] == "bad_input"


@pytest.mark.req("S1")
async def test_seeing_and_handing_on_are_different_scopes(tree: Tree) -> None:
    directory = (await tree.get("/api/directory?offline=true", "agent of another county")).json()
    codes = {one["code"] for one in directory["offices"]}
    assert {"360702", "360103", "360000"} <= codes
    numbers = {one["agent"]["number"] for one in directory["colleagues"]}
    assert {"8001", "8003", "8101"} <= numbers
    assert not {"8002", "8105", "8106", "admin"} & numbers


@pytest.mark.req("S1")
async def test_what_an_auditor_looked_at_is_recorded_with_the_reason(tree: Tree) -> None:
    case = tree.cases["far away"]
    reply = await tree.get(f"/api/consultations/{case.id}/timeline", "auditor", REASON)
    assert reply.status_code == 200
    assert (case.id, "投诉核查") in await asyncio.to_thread(audited, tree)


def audited(tree: Tree) -> set[tuple[str, str]]:
    """Return what the auditor's own stream says was looked at, and why."""

    async def work(desk: app.Desk) -> set[tuple[str, str]]:
        auditor = await desk.store.read(accounts.existing(PEOPLE["auditor"]))
        found = await desk.store.read(events_after(audit_stream(auditor.id), 0, 1000))
        read = [one.frame.event for one in found]
        return {(one.key, one.reason) for one in read if isinstance(one, RecordsRead)}

    return app.at_desk(load(tree.relay.folder / "relay.toml"), tree.relay.folder, work)


@pytest.mark.req("S1", accepts=True)
def test_at_least_two_hundred_calls_were_refused_and_none_leaked() -> None:
    assert sum(refused.values()) >= 200, refused
