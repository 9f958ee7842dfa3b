"""Every event is told in a Chinese sentence."""

import re
import typing

import pytest

from relay_protocol.messages import AnyEvent
from relay_server.services.timeline import REASONS, sentence
from tests.relay_protocol.samples import sample

EVENTS = typing.get_args(AnyEvent)


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_has_a_chinese_sentence(kind: type) -> None:
    told = sentence(sample(kind), {})
    assert re.search("[\u4e00-\u9fff]", told), told
    assert kind.__name__ not in told or kind.__name__ == "Erased"


def test_no_reason_is_told_by_its_code() -> None:
    for code, words in REASONS.items():
        assert re.search("[\u4e00-\u9fff]", words), code
