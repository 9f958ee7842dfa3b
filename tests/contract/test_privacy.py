"""What people say and who they are stays out of the relay's logs."""

import json
from uuid import uuid4

from relay_protocol.ids import ClientId
from relay_protocol.messages import PostMessage, Text
from tests.contract.peer import fresh, link_to, open_consultation, post, taxpayer_session
from tests.running import APP, RunningRelay


async def test_logs_hold_no_words_names_numbers_or_tokens(own_relay: RunningRelay) -> None:
    secret, name, password = uuid4().hex, f"李{uuid4().hex}", uuid4().hex
    identity = own_relay.identity(uuid4().hex, name=name, tax_number="91360103MA35ABCD12")
    token = (await taxpayer_session(own_relay, identity))["token"]
    async with link_to(own_relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        said = Text(text=secret)
        await peer.done(PostMessage(request_id=fresh(), consultation=consultation, client_id=ClientId("c"), body=said))
        await peer.refused(
            PostMessage(request_id=fresh(), consultation=consultation, client_id=ClientId("d"), body=Text(text=""))
        )
        await peer.say_raw(json.dumps({"type": "PostMessage", "request_id": "r", "consultation": [secret]}))
        await peer.say_raw(f'{{"type": "PostMessage", "{secret}": ')
    await post(own_relay, "/api/agent/login", {"username": name, "password": password}, status=401)
    await post(own_relay, "/api/taxpayer/session", {"app": APP, "identity": identity}, status=409)
    await post(own_relay, "/api/taxpayer/session", {"app": APP, "identity": identity[:-9] + "AAAAAAAAA"}, status=401)
    own_relay.stop()
    log = own_relay.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"message refused", "request refused"} <= {line["message"] for line in lines}
    for private in (secret, name, password, token, identity, "91360103", "MA35ABCD12"):
        assert private not in log
