"""What a channel does not carry is refused, whoever's composer asked for it."""

import pytest

from relay_protocol.errors import BanwenError
from relay_protocol.ids import AttachmentId
from relay_protocol.messages import Attachment, Body, File, Image, Side, Text, Voice
from relay_server.domain.channels import CHANNELS, MEGABYTE, check_sent, kind_of


def body_of(kind: str, size: int = 1) -> Body:
    kept = Attachment(id=AttachmentId("F"), name="a", media_type="application/pdf", size=size)
    bodies: dict[str, Body] = {
        "text": Text(text="您好"),
        "image": Image(attachment=kept),
        "file": File(attachment=kept),
        "voice": Voice(attachment=kept, seconds=1.0),
    }
    return bodies[kind]


@pytest.mark.req("C8")
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["text", "image", "file", "voice"])
def test_each_send_is_allowed_or_refused_as_the_table_says(channel: str, kind: str) -> None:
    body = body_of(kind)
    assert kind_of(body) == kind
    if kind in CHANNELS[channel].sizes:
        check_sent(channel, Side.AGENT, body)
    else:
        with pytest.raises(BanwenError, match=r"不能发送.*可以发送"):
            check_sent(channel, Side.AGENT, body)


@pytest.mark.req("C8")
@pytest.mark.parametrize(("channel", "kind"), [("web", "image"), ("web", "file"), ("wechat", "voice")])
def test_what_is_too_large_for_a_channel_is_refused_with_the_limit(channel: str, kind: str) -> None:
    most = CHANNELS[channel].sizes[kind]
    check_sent(channel, Side.AGENT, body_of(kind, most))
    with pytest.raises(BanwenError, match=f"{most // MEGABYTE} MB"):
        check_sent(channel, Side.AGENT, body_of(kind, most + 1))


@pytest.mark.req("C8")
def test_a_text_is_as_long_as_the_channel_carries() -> None:
    check_sent("sms", Side.AGENT, Text(text="字" * 500))
    with pytest.raises(BanwenError, match="500 字"):
        check_sent("sms", Side.AGENT, Text(text="字" * 501))
    check_sent("sms", Side.TAXPAYER, Text(text="字" * 501))
