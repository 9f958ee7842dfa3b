"""Both ends of the direct path in one process: who answers is bound, what is sent arrives, garbage harms nobody."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from cryptography import x509

from relay_client.assist import AssistEvent, AssistPeer, Connected, Ended, PictureChanged
from relay_client.identity import Credentials, enrol, make_root
from relay_client.rtc import Peer
from relay_client.screen.encoder import Encoder
from relay_protocol import codec
from relay_protocol.binding import Expected, SignedStatement, check, fingerprint_of
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AssistId
from relay_protocol.messages import Privilege, SdpAnswer, SdpOffer
from relay_protocol.messages.base import Message
from relay_protocol.messages.channel import (
    WHEEL_LIMIT,
    AskKeyframe,
    AskScope,
    Button,
    KeepLease,
    Leave,
    MovePointer,
    PasteText,
    PressButton,
    ScopeGranted,
    ScopeRevoked,
    ShownUpTo,
    ToHelper,
    TurnWheel,
    helper_reader,
)
from relay_protocol.screen import chunks, sequence_of

NOW = 1_800_000_000.0
LI = CertifiedAgent("8001", "李敏", "西湖区税务局")
NONCE, ASSIST = "bm9uY2U=", AssistId("01ASSIST")
VIEW, CONTROL = Privilege.VIEW, Privilege.CONTROL
T = TypeVar("T")


@dataclass
class Ends:
    """A workbench's peer, and a bare helper's end that only takes notes."""

    root: x509.Certificate
    credentials: Credentials
    helper: Peer = field(default_factory=Peer)
    events: list[AssistEvent] = field(default_factory=list)
    heard: list[ToHelper] = field(default_factory=list)
    peer: AssistPeer | None = None

    def __post_init__(self) -> None:
        reader = helper_reader()
        self._changed = asyncio.Event()

        def hear(data: bytes | str) -> None:
            message = reader.read(data)
            if message is not None:
                self.heard.append(message)
                self._changed.set()

        self.helper.input.on_message = hear

    async def connect(self, scope: list[Privilege]) -> tuple[str, SdpAnswer]:
        sdp = await self.helper.offer()
        offer = SdpOffer(assist=ASSIST, nonce=NONCE, sdp=sdp)
        self.peer, answer = await AssistPeer.answer(
            offer, self.credentials, scope, on_event=self._event, clock=lambda: NOW
        )
        opened = asyncio.Event()
        self.helper.on_open = opened.set
        await self.helper.accept(answer.sdp)
        await self.wait(self.events, Connected)
        await opened.wait()
        return sdp, answer

    def say(self, message: Message) -> None:
        self.helper.input.send(codec.encode(message).decode())

    def show(self, packed: bytes) -> None:
        for chunk in chunks(packed, sequence_of(packed)):
            self.helper.screen.send(chunk)

    async def wait(self, heard: list[Any], kind: type[T]) -> T:
        async with asyncio.timeout(10):
            while True:
                for one in reversed(heard):
                    if isinstance(one, kind):
                        return one
                self._changed.clear()
                await self._changed.wait()

    def _event(self, event: AssistEvent) -> None:
        self.events.append(event)
        self._changed.set()


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    root = x509.load_pem_x509_certificate(make_root(tmp_path / "root", "测试根", NOW).read_bytes())
    both = Ends(root, enrol(tmp_path / "root", LI, NOW))
    yield both
    await both.helper.close()
    if both.peer is not None:
        await both.peer.end()


def expected(sdp: str, answer: SdpAnswer, ask: int) -> Expected:
    return Expected(ASSIST, NONCE, fingerprint_of(sdp), fingerprint_of(answer.sdp), ask)


@pytest.mark.req("A23")
async def test_the_answer_is_bound_to_both_ends_and_so_is_every_later_ask(ends: Ends) -> None:
    sdp, answer = await ends.connect([VIEW])
    signed = SignedStatement(answer.statement, answer.signature, tuple(answer.certificates))
    bound = check(signed, expected(sdp, answer, 1), ends.root, NOW)
    assert (bound.agent, bound.scope) == (LI, frozenset({VIEW}))
    assert ends.peer is not None
    ends.peer.ask([VIEW, CONTROL])
    ask = await ends.wait(ends.heard, AskScope)
    again = SignedStatement(ask.statement, ask.signature, tuple(ask.certificates))
    assert check(again, expected(sdp, answer, 2), ends.root, NOW).scope == {VIEW, CONTROL}


async def test_an_offer_without_a_fingerprint_is_not_answered(ends: Ends) -> None:
    offer = SdpOffer(assist=ASSIST, nonce=NONCE, sdp="v=0\r\n")
    with pytest.raises(BanwenError) as caught:
        await AssistPeer.answer(offer, ends.credentials, [VIEW], on_event=ends.events.append)
    assert caught.value.code is ErrorCode.UNBOUND


async def test_an_offer_that_is_no_sdp_is_refused_with_a_typed_error(ends: Ends) -> None:
    garbage = "a=fingerprint:sha-256 " + ":".join(["AA"] * 32) + "\r\nm=???\r\n"
    with pytest.raises(BanwenError) as caught:
        await AssistPeer.answer(
            SdpOffer(assist=ASSIST, nonce=NONCE, sdp=garbage), ends.credentials, [VIEW], on_event=ends.events.append
        )
    assert caught.value.code is ErrorCode.MALFORMED


async def test_pictures_arrive_exactly_and_are_acknowledged(ends: Ends) -> None:
    await ends.connect([VIEW])
    picture = np.random.default_rng(1).integers(0, 256, (300, 400, 4), np.uint8)
    picture[:, :, 3] = 255
    packed = Encoder().encode(picture)
    assert packed is not None
    ends.show(packed)
    shown = await ends.wait(ends.events, PictureChanged)
    assert np.array_equal(shown.picture, picture)
    assert (await ends.wait(ends.heard, ShownUpTo)).sequence == 1


async def test_a_broken_picture_asks_for_a_whole_one(ends: Ends) -> None:
    await ends.connect([VIEW])
    ends.helper.screen.send(b"\x01\x00\x00\x00\x00garbage")
    await ends.wait(ends.heard, AskKeyframe)


@pytest.mark.req("A23")
async def test_input_flows_only_under_a_grant_and_under_its_epoch(ends: Ends) -> None:
    await ends.connect([VIEW])
    peer = ends.peer
    assert peer is not None
    assert not peer.button(1, 2, Button.LEFT, down=True)
    ends.say(ScopeGranted(scope=[VIEW, CONTROL], epoch=7, expires_at=NOW + 60))
    await ends.wait(ends.events, ScopeGranted)
    peer.move(3, 4)
    peer.move(5, 6)
    assert peer.key(0x61, down=True)
    assert peer.button(5, 6, Button.LEFT, down=True)
    assert peer.paste("字" * 4001)
    assert peer.wheel(5, 6, down=99)
    assert (await ends.wait(ends.heard, TurnWheel)).down == WHEEL_LIMIT
    press = await ends.wait(ends.heard, PressButton)
    moves = [event for event in ends.heard if isinstance(event, MovePointer)]
    assert [(move.x, move.y) for move in moves] == [(5, 6)], "only the newest place"
    assert (press.epoch, press.sequence) == (7, 3)
    assert [len(event.text) for event in ends.heard if isinstance(event, PasteText)] == [4000, 1]
    ends.say(ScopeRevoked(scope=[VIEW], epoch=8, reason="button"))
    await ends.wait(ends.events, ScopeRevoked)
    assert not peer.key(0x61, down=True)


async def test_the_lease_is_kept_while_the_task_runs(ends: Ends) -> None:
    await ends.connect([VIEW])
    assert ends.peer is not None
    running = asyncio.get_running_loop().create_task(ends.peer.run())
    ends.say(ScopeGranted(scope=[VIEW, CONTROL], epoch=3, expires_at=NOW + 60))
    assert (await ends.wait(ends.heard, KeepLease)).epoch == 3
    await ends.peer.end()
    await running


async def test_both_ends_learn_that_it_is_over(ends: Ends) -> None:
    await ends.connect([VIEW])
    assert ends.peer is not None
    await ends.peer.end()
    await ends.wait(ends.heard, Leave)
    assert ends.events[-1] == Ended("agent")
    assert not ends.peer.scope
