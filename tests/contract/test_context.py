"""Where the taxpayer stands, over the link: what the site signed is believed once; nothing else is."""

import asyncio
import time
from uuid import uuid4

import pytest

from relay_protocol.errors import ErrorCode
from relay_protocol.ids import ConsultationId
from relay_protocol.messages import ContextReceived, Done, SendContext
from tests.contract.peer import Peer, fresh, link_to, open_consultation, taxpayer_session
from tests.running import RunningRelay


def wish(consultation: ConsultationId, token: str) -> SendContext:
    return SendContext(request_id=fresh(), consultation=consultation, token=token)


@pytest.mark.req("I2")
async def test_a_signed_place_is_on_the_timeline_within_a_second_filtered_and_masked(relay: RunningRelay) -> None:
    subject = uuid4().hex
    token = (await taxpayer_session(relay, relay.identity(subject)))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        elements = {"amount": "100.00", "bank_account": "6222020200112233445", "password": "secret"}
        place = relay.context(subject, {"module": "social_insurance", "page": "缴费", "elements": elements})
        before = time.monotonic()
        await peer.done(wish(consultation, place))
        context = (await peer.event(ContextReceived)).context
        assert time.monotonic() - before < 1
        assert context.verified
        assert context.module == "social_insurance"
        assert context.elements == {"amount": "100.00", "bank_account": "6222***********3445"}


@pytest.mark.req("I2")
async def test_a_forged_expired_foreign_or_replayed_place_is_refused_and_leaves_no_trace(relay: RunningRelay) -> None:
    subject = uuid4().hex
    token = (await taxpayer_session(relay, relay.identity(subject)))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        good = relay.context(subject)
        head, body, signature = good.split(".")
        old = time.time() - 200
        refused = [
            f"{head}.{body}.{signature[::-1]}",
            relay.context(subject, iat=old, exp=old + 100),
            relay.context(subject, exp=time.time() + 600),
            relay.context(uuid4().hex),
            relay.identity(subject),
            "",
            "x" * 20_000,
        ]
        for one in refused:
            assert (await peer.refused(wish(consultation, one))).code is ErrorCode.UNAUTHENTICATED
        assert not _places(peer)
        await peer.done(wish(consultation, good))
        assert (await peer.refused(wish(consultation, good))).code is ErrorCode.CONFLICT
        assert len(_places(peer)) == 1


@pytest.mark.req("I2")
async def test_a_place_sent_again_because_its_answer_was_lost_is_no_replay(relay: RunningRelay) -> None:
    subject = uuid4().hex
    token = (await taxpayer_session(relay, relay.identity(subject)))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        same = wish(consultation, relay.context(subject))
        await peer.done(same)
    async with link_to(relay, "/ws/taxpayer", token) as later:
        assert isinstance(await later.ask(same), Done)


async def test_a_place_used_twice_at_once_counts_once(relay: RunningRelay) -> None:
    subject = uuid4().hex
    token = (await taxpayer_session(relay, relay.identity(subject)))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as one, link_to(relay, "/ws/taxpayer", token) as two:
        consultation = await open_consultation(one)
        place = relay.context(subject)
        answers = await asyncio.gather(one.ask(wish(consultation, place)), two.ask(wish(consultation, place)))
        assert sum(isinstance(answer, Done) for answer in answers) == 1


async def test_somebody_without_a_name_stands_nowhere(relay: RunningRelay) -> None:
    token = (await taxpayer_session(relay))["token"]
    async with link_to(relay, "/ws/taxpayer", token) as peer:
        consultation = await open_consultation(peer)
        refusal = await peer.refused(wish(consultation, relay.context("u-1001")))
        assert refusal.code is ErrorCode.UNAUTHENTICATED


def _places(peer: Peer) -> list[ContextReceived]:
    events = [getattr(message, "event", None) for message in peer.heard]
    return [event for event in events if isinstance(event, ContextReceived)]
