"""How much history a page holds, and what is known of a file that is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ConsultationId, consultation_stream
from relay_protocol.messages import Attachment, File, Image, MessagePosted
from relay_server.services import consultations
from relay_server.store.accounts import StoredFile, put_file
from tests.flows.office import STRANGER, ZHANG, NoKnowledge, TestOffice


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[TestOffice]:
    office = TestOffice(tmp_path, NoKnowledge())
    yield office
    await office.close()


async def test_history_is_paged_backwards_and_a_page_is_bounded(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    stream = consultation_stream(consultation)
    for number in range(consultations.REPLAY_LIMIT + 20):
        await office.say(ZHANG, consultation, f"第 {number} 句")
    newest = await consultations.history(office.store, ZHANG, stream, 10_000, 10_000)
    assert len(newest) == consultations.REPLAY_LIMIT
    older = await consultations.history(office.store, ZHANG, stream, newest[0].seq, 10)
    assert [frame.seq for frame in older] == list(range(newest[0].seq - 10, newest[0].seq))
    assert len(await consultations.replay_after(office.store, ZHANG, stream, 0)) == consultations.REPLAY_LIMIT
    for odd in (-5, 0):
        assert len(await consultations.history(office.store, ZHANG, stream, 50, odd)) == 1
        assert (await consultations.replay_after(office.store, ZHANG, stream, odd))[0].seq == 1


async def test_a_file_is_what_the_upload_found_it_to_be_not_what_its_sender_says(office: TestOffice) -> None:
    consultation = await office.open(ZHANG)
    real = Attachment(id=AttachmentId("F1"), name="证明.pdf", media_type="application/pdf", size=9)
    await office.store.transact(put_file(StoredFile(real, consultation, "f1", office.now)))
    claimed = msgspec.structs.replace(real, media_type="image/png", name="图.png", size=1)
    await office.say(ZHANG, consultation, Image(attachment=claimed))
    posted = (await office.log(consultation))[-1]
    assert isinstance(posted, MessagePosted)
    assert posted.body == File(attachment=real)


async def test_a_file_of_another_consultation_or_of_none_cannot_be_sent(office: TestOffice) -> None:
    mine, other = await office.open(ZHANG), await office.open(STRANGER)
    for number, owner in enumerate((other, ConsultationId(""))):
        file = Attachment(id=AttachmentId(f"F{number}"), name="a.png", media_type="image/png", size=9)
        if owner:
            await office.store.transact(put_file(StoredFile(file, owner, "f", office.now)))
        with pytest.raises(BanwenError) as caught:
            await office.say(ZHANG, mine, Image(attachment=file))
        assert caught.value.code is ErrorCode.NOT_FOUND
