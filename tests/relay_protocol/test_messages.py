"""The wire does not change by accident: every message against its golden JSON.

`python -m tests.relay_protocol.test_messages` writes the files of messages that have none yet.
"""

from pathlib import Path

import msgspec
import pytest

from relay_protocol import codec, messages
from relay_protocol.messages import AnyEvent, EventFrame, Message, Text
from tests.relay_protocol.samples import kinds, sample

GOLDEN = Path(__file__).parent / "golden"


def pretty(message: Message) -> str:
    return msgspec.json.format(codec.encode(message), indent=2).decode() + "\n"


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_a_message_is_written_as_its_golden_file_says(kind: type[Message]) -> None:
    assert pretty(sample(kind)) == (GOLDEN / f"{kind.__name__}.json").read_text("utf-8")


@pytest.mark.parametrize("kind", list(kinds()), ids=lambda kind: kind.__name__)
def test_a_golden_file_is_read_back_as_the_message(kind: type[Message]) -> None:
    data = (GOLDEN / f"{kind.__name__}.json").read_bytes()
    assert msgspec.json.decode(data, type=kind) == sample(kind)


def test_no_golden_file_is_left_of_a_message_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {kind.__name__ for kind in kinds()}


def test_every_event_can_travel_in_a_frame() -> None:
    events = {kind.__name__ for kind in kinds() if issubclass(kind, messages.Event)}
    assert events == {kind.__name__ for kind in AnyEvent.__args__}


def test_an_event_frame_keeps_its_event() -> None:
    for kind in AnyEvent.__args__:
        frame = EventFrame(stream=sample(str, "stream"), seq=1, at=2.5, event=sample(kind))
        reader: codec.Reader[Message] = codec.Reader(messages.RelayFrame)
        assert reader.read(codec.encode(frame)) == frame


def test_fields_of_a_newer_peer_are_ignored() -> None:
    assert msgspec.json.decode(b'{"type":"Text","text":"x","entry":null,"mood":"calm"}', type=Text) == Text(text="x")


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for new in kinds():
        target = GOLDEN / f"{new.__name__}.json"
        if not target.exists():
            target.write_text(pretty(sample(new)), "utf-8")
