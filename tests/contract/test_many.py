"""A relay on several machines: blows fall on it while people talk, and nothing is lost, twice or out of order."""

from pathlib import Path

import pytest

from tests.many.blows import BLOWS
from tests.many.cluster import running_machines
from tests.many.play import play
from tests.running import RunningRelay


@pytest.mark.req("N3")
@pytest.mark.timeout(180)
def test_people_talk_on_whatever_dies(tmp_path: Path) -> None:
    with running_machines(tmp_path, edges=2, dispatchers=2) as machines:
        outcome = play(machines, taxpayers=8, agents=3, blows=BLOWS, pause=1.0)
    found = outcome.found
    assert found["good"], found
    assert found["consultations"] > 8
    assert found["sent"] == found["acknowledged"] == found["delivered"]
    assert found["reconnected"] > 0, "the edge that was killed held links"


def test_one_part_of_a_relay_alone_is_refused_with_the_way_out(own_relay: RunningRelay) -> None:
    said = own_relay.command("serve", "-c", str(own_relay.folder), "--port", "0", "--role", "edge", code=1)
    assert "bus.url" in said
    assert "SQLite" in said
