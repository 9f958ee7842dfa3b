"""The bus within one process: everybody who listens hears in order, and nobody's mistake is another's."""

import logging

import pytest

from relay_server.bus.base import Hint, Nudge
from relay_server.bus.local import LocalBus


def test_everybody_who_listens_to_a_topic_hears_in_order() -> None:
    bus = LocalBus()
    first: list[Hint] = []
    second: list[Hint] = []
    bus.listen("a", first.append)
    bus.listen("a", second.append)
    bus.listen("b", second.append)
    for kind in ("1", "2"):
        bus.publish("a", Nudge(kind))
    assert first == second == [Nudge("1"), Nudge("2")]


def test_whoever_stops_listening_hears_no_more_and_may_say_so_twice() -> None:
    bus = LocalBus()
    heard: list[Hint] = []
    stop = bus.listen("a", heard.append)
    stop()
    stop()
    bus.publish("a", Nudge("1"))
    assert heard == []


def test_one_may_stop_or_begin_to_listen_while_being_told() -> None:
    bus = LocalBus()
    heard: list[Hint] = []

    def once(hint: Hint) -> None:
        stop()
        bus.listen("a", heard.append)

    stop = bus.listen("a", once)
    bus.publish("a", Nudge("1"))
    bus.publish("a", Nudge("2"))
    assert heard == [Nudge("2")]


def test_a_listener_that_fails_is_logged_and_keeps_nobody_from_hearing(caplog: pytest.LogCaptureFixture) -> None:
    bus = LocalBus()
    heard: list[Hint] = []

    def broken(hint: Hint) -> None:
        raise ValueError

    bus.listen("consultation/C1", broken)
    bus.listen("consultation/C1", heard.append)
    bus.publish("consultation/C1", Nudge("1"))
    assert heard == [Nudge("1")]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "C1" not in caplog.text.split("Traceback")[0], "whose consultation it is stays out of the log's message"
