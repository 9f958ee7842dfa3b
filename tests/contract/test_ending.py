"""How links end: what is withdrawn is cut off, and how many one person may have."""

import pytest

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ClientId
from relay_protocol.messages import ErrorReply, Hello
from tests.contract.peer import agent_token, link_to, post, socket_to, taxpayer_session
from tests.running import running_relay

QUICK = "[relay]\nheartbeat = 0.3"


async def test_an_open_workbench_is_cut_off_when_its_agent_is_disabled(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_relay(tmp_path_factory.mktemp("quick") / "relay", config=QUICK) as relay:
        async with link_to(relay, "/ws/agent", await agent_token(relay, "8002")) as agent:
            relay.command("agents", "disable", "8002", "-c", str(relay.folder))
            assert await agent.closed() == 4401
            last = agent.heard[-1]
            assert isinstance(last, ErrorReply)
            assert last.code is ErrorCode.UNAUTHENTICATED


async def test_a_page_is_cut_off_when_its_person_signs_out(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_relay(tmp_path_factory.mktemp("quick") / "relay", config=QUICK) as relay:
        token = (await taxpayer_session(relay))["token"]
        async with link_to(relay, "/ws/taxpayer", token) as page:
            await post(relay, "/api/taxpayer/logout", {}, Authorization=f"Bearer {token}")
            assert await page.closed() == 4401


async def test_one_person_may_open_only_so_many_windows(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("few") / "relay"
    with running_relay(folder, config="[limits]\nlinks_per_session = 2") as relay:
        token = (await taxpayer_session(relay))["token"]
        hello = Hello(oldest=1, newest=1, token=token, client=ClientId("w"))
        async with (
            link_to(relay, "/ws/taxpayer", token),
            link_to(relay, "/ws/taxpayer", token),
            socket_to(relay, "/ws/taxpayer") as third,
        ):
            await third.say(hello)
            assert (await third.hear_until(ErrorReply)).code is ErrorCode.RATE_LIMITED
            assert await third.closed() == 4429
        async with link_to(relay, "/ws/taxpayer", token):
            pass


async def test_a_relay_that_is_told_to_stop_ends_well(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_relay(tmp_path_factory.mktemp("stop") / "relay") as relay:
        token = (await taxpayer_session(relay))["token"]
        async with link_to(relay, "/ws/taxpayer", token) as page:
            assert relay.stop() == 0
            assert await page.closed() == 1012
        assert '"ERROR"' not in relay.log.read_text(encoding="utf-8")
