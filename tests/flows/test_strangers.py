"""Whoever has no business in a consultation: it looks like none, and nothing happens."""

from collections.abc import Awaitable, Callable

import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import ConsultationId, consultation_stream
from relay_protocol.messages import (
    AskAssist,
    ConsultationClosed,
    Evaluate,
    MarkSeen,
    Privilege,
    Redacted,
)
from relay_server.domain.access import Action
from relay_server.services import assist, consultations
from tests.flows.office import CHEN, STRANGER, VAT, ZHANG, TestOffice
from tests.flows.visit import (
    BUSINESS,
    QUESTION_TYPES,
    served,
    wrapped,
)

Deed = Callable[[TestOffice, ConsultationId], Awaitable[object]]
DEEDS_OF_A_STRANGER: dict[str, Deed] = {
    "read": lambda office, id_: consultations.replay_after(office.store, STRANGER, consultation_stream(id_), 0),
    "page": lambda office, id_: consultations.history(office.store, STRANGER, consultation_stream(id_), 99, 9),
    "post": lambda office, id_: office.say(STRANGER, id_, "我也来说一句"),
    "ask": lambda office, id_: office.ask_human(STRANGER, id_),
    "leave": lambda office, id_: consultations.leave_queue(office.store, STRANGER, id_, office.now),
    "move": lambda office, id_: office.stand(STRANGER, id_, VAT),
    "end": lambda office, id_: consultations.end(office.store, STRANGER, id_, office.now),
    "rate": lambda office, id_: consultations.evaluate(
        office.store, STRANGER, Evaluate(request_id=office.request_id(), consultation=id_, level=1), office.now
    ),
    "see": lambda office, id_: consultations.mark_seen(
        office.store, office.bus, STRANGER, MarkSeen(consultation=id_, delivered=1)
    ),
    "upload": lambda office, id_: consultations.find(office.store, STRANGER, Action.POST, id_),
    "agent reads": lambda office, id_: consultations.replay_after(office.store, CHEN, consultation_stream(id_), 0),
    "agent posts": lambda office, id_: office.say(CHEN, id_, "我来回答"),
    "agent finishes": lambda office, id_: consultations.finish(office.store, CHEN, id_, office.now),
    "agent wraps up": lambda office, id_: consultations.submit_wrap_up(
        office.store, CHEN, wrapped(office, id_), BUSINESS, QUESTION_TYPES, office.now
    ),
    "agent asks to see": lambda office, id_: assist.ask(
        office.store,
        office.bus,
        CHEN,
        AskAssist(request_id=office.request_id(), consultation=id_, scope=[Privilege.VIEW]),
        600.0,
        office.new_id,
        office.now,
    ),
}


@pytest.mark.req("N3")
@pytest.mark.parametrize("deed", DEEDS_OF_A_STRANGER.values(), ids=DEEDS_OF_A_STRANGER.keys())
async def test_somebody_elses_consultation_looks_like_none_and_nothing_happens(office: TestOffice, deed: Deed) -> None:
    visit = await served(office)
    before = await office.log(visit.id)
    with pytest.raises(BanwenError) as real:
        await deed(office, visit.id)
    with pytest.raises(BanwenError) as made_up:
        await deed(office, ConsultationId("0" * 26))
    assert real.value.code is made_up.value.code is ErrorCode.NOT_FOUND
    assert real.value.message == made_up.value.message
    assert await office.log(visit.id) == before


async def test_the_taxpayer_never_reads_the_wrap_up(office: TestOffice) -> None:
    visit = await served(office)
    await visit.finish()
    await visit.wrap_up()
    frames = await consultations.replay_after(office.store, ZHANG, consultation_stream(visit.id), 0)
    assert [frame.seq for frame in frames] == list(range(1, len(frames) + 1))
    assert [type(frame.event) for frame in frames[-2:]] == [Redacted, ConsultationClosed]
    assert "更正申报表" not in str(frames)
