"""Events of older programs are read as this program knows them."""

import msgspec

from relay_protocol.codec import encode
from relay_protocol.messages import EventFrame, MessagePosted, Text
from relay_server.domain.upcast import STEPS, Fields, upcast
from tests.relay_server.domain.stories import told

SAID = told("say").frames[-1]


def test_what_is_new_is_not_even_parsed() -> None:
    data = b"not JSON at all"
    assert upcast(data, 1, STEPS) is data


def test_an_old_event_goes_through_every_step_to_the_newest() -> None:
    """Once upon a time a message was a `TextPosted` with bare `text`; then its sender was only a side."""

    def say_what_it_is(fields: Fields) -> Fields:
        return {**fields, "type": "MessagePosted", "body": {"type": "Text", "text": fields["text"]}}

    def say_who_it_is(fields: Fields) -> Fields:
        return {**fields, "sender": {"side": fields["sender"]}}

    steps = {("TextPosted", 1): say_what_it_is, ("MessagePosted", 2): say_who_it_is}
    old = msgspec.json.decode(encode(SAID))
    old["event"] = {"type": "TextPosted", "client_id": "c", "sender": "taxpayer", "text": "您好"}
    frame = msgspec.json.decode(upcast(msgspec.json.encode(old), 1, steps), type=EventFrame)
    assert (frame.stream, frame.seq, frame.at) == (SAID.stream, SAID.seq, SAID.at)
    assert isinstance(frame.event, MessagePosted)
    assert (frame.event.v, frame.event.body) == (3, Text(text="您好"))


def test_other_events_are_left_alone() -> None:
    data = encode(SAID)
    assert upcast(data, 1, {("ConsultationOpened", 1): dict}) == data
