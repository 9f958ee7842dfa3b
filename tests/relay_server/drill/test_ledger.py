"""The book of a drill finds what it is for: words lost, twice or out of order, agents with too much, numbers twice."""

import msgspec
import pytest

from relay_protocol.ids import AgentId, ClientId, ConsultationId
from relay_server.drill.ledger import Ledger

ONE, TWO = ConsultationId("c1"), ConsultationId("c2")
AGENT = AgentId("a")


@pytest.fixture
def ledger() -> Ledger:
    """A book in which one message went well."""
    ledger = Ledger()
    ledger.sent(ClientId("m1"), 1.0)
    ledger.acknowledged(ClientId("m1"), 1.25)
    ledger.delivered("agent", ONE, 5, ClientId("m1"))
    return ledger


def test_what_goes_well_is_good(ledger: Ledger) -> None:
    found = ledger.result()
    assert found.good
    assert (found.sent, found.acknowledged, found.delivered, found.ack_p50) == (1, 1, 1, 0.25)


def test_a_word_that_was_acknowledged_and_never_came_is_lost(ledger: Ledger) -> None:
    ledger.sent(ClientId("m2"), 2.0)
    ledger.acknowledged(ClientId("m2"), 2.1)
    assert ledger.result().lost == 1
    assert not ledger.result().good


def test_a_word_that_was_never_acknowledged_is_not_called_lost(ledger: Ledger) -> None:
    ledger.sent(ClientId("m2"), 2.0)
    assert ledger.result().good


def test_twice_and_backwards_are_found(ledger: Ledger) -> None:
    ledger.delivered("agent", ONE, 5, ClientId("m1"))
    assert ledger.result().duplicated == 1
    ledger.delivered("agent", ONE, 4, ClientId("m0"))
    assert ledger.result().misordered == 2


def test_more_than_an_agent_may_have_is_found_and_wrapped_up_ones_do_not_count(ledger: Ledger) -> None:
    ledger.served(ONE, AGENT, 1, 3.0)
    ledger.freed(ONE, AGENT)
    ledger.served(TWO, AGENT, 1, 4.0)
    assert ledger.result().over_cap == 0
    ledger.served(ONE, AGENT, 1, 5.0)
    assert ledger.result().over_cap == 1


def test_waits_run_from_the_number_to_the_agent_and_who_waits_still_is_counted(ledger: Ledger) -> None:
    ledger.entered(ONE, ("q", "2026-03-02", "A001"), 10.0)
    ledger.entered(TWO, ("q", "2026-03-02", "A002"), 10.0)
    ledger.served(ONE, AGENT, 5, 12.5)
    found = ledger.result()
    assert (found.wait_longest, found.unserved, found.repeated_numbers) == (2.5, 1, 0)
    assert not found.good
    ledger.entered(ConsultationId("c3"), ("q", "2026-03-02", "A002"), 13.0)
    assert ledger.result().repeated_numbers == 1


def test_everything_of_it_is_json(ledger: Ledger) -> None:
    assert msgspec.json.decode(msgspec.json.encode(ledger.result()))["sent"] == 1


def test_how_long_a_broken_link_was_away_is_counted_from_its_first_trouble(ledger: Ledger) -> None:
    ledger.back("one", 1.0)
    ledger.broken("one", 2.0)
    ledger.broken("one", 2.5)
    ledger.broken("two", 3.0)
    ledger.back("one", 4.0)
    found = ledger.result()
    assert (found.reconnected, found.back_p50, found.back_longest) == (1, 2.0, 2.0)
