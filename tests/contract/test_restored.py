"""A backup is restored: it is another log, and whoever knew the one before takes everything anew."""

from pathlib import Path

import pytest

from relay_protocol.ids import consultation_stream
from relay_protocol.messages import EventFrame, MessagePosted, Text
from tests.contract.peer import greet, open_consultation, socket_to, taxpayer_session
from tests.contract.test_killed import post
from tests.running import RunningRelay


def restored(relay: RunningRelay, backup: Path, folder: Path) -> None:
    """Put the backup in place of the relay that runs, at the same address."""
    relay.stop()
    relay.command("restore", str(backup), str(folder), "--master-key", str(relay.folder / "master.key"))
    relay.folder = folder
    relay.start()


def texts(frames: list[EventFrame]) -> list[str]:
    """Return what was typed, in order."""
    posted = [one.event for one in frames if isinstance(one.event, MessagePosted)]
    return [event.body.text for event in posted if isinstance(event.body, Text)]


@pytest.mark.req("C1")
async def test_clients_with_cursors_of_a_lost_log_recover_after_a_restore(
    own_relay: RunningRelay, tmp_path: Path
) -> None:
    token = (await taxpayer_session(own_relay))["token"]
    async with socket_to(own_relay, "/ws/taxpayer") as peer:
        before = (await greet(peer, token)).epoch
        await peer.resume(before)
        consultation = await open_consultation(peer)
        await peer.done(post(consultation, "备份前"))
        own_relay.command("backup", str(tmp_path / "b.tar"), "-c", str(own_relay.folder))
        for number in range(5):
            await peer.done(post(consultation, f"备份后 {number}"))
        head = peer.frames(consultation_stream(consultation))[-1].seq
    restored(own_relay, tmp_path / "b.tar", tmp_path / "again")
    stream = consultation_stream(consultation)
    async with socket_to(own_relay, "/ws/taxpayer") as peer:
        after = (await greet(peer, token)).epoch
        assert after != before
        await peer.resume(before, {stream: head})
        done = await peer.done(post(consultation, "恢复后"))
        await peer.event(MessagePosted, lambda event: event.body == Text(text="恢复后"))
        seqs = [one.seq for one in peer.frames(stream)]
        said = texts(peer.frames(stream))
    assert seqs == list(range(1, len(seqs) + 1)), "everything from the beginning, in order"
    assert done.seq is not None
    assert done.seq <= head, "numbers are used again: an old cursor would have hidden this"
    assert said == ["备份前", "恢复后"]
