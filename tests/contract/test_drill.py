"""A drill against a running relay: nothing lost, nothing twice, nobody over the cap; its people are gone afterwards."""

import json

import pytest

from tests.running import RunningRelay

PEOPLE = ("--taxpayers", "12", "--agents", "3", "--seconds", "4", "--pause", "0.1", "--json")


@pytest.mark.req("N3")
@pytest.mark.req("A10")
def test_scripted_people_are_all_served_and_leave(own_relay: RunningRelay) -> None:
    found = json.loads(own_relay.command("drill", "--config", str(own_relay.folder), *PEOPLE))
    assert found["good"] is True, found
    assert found["consultations"] >= 12
    assert found["sent"] == found["acknowledged"] == found["delivered"]
    agents = json.loads(own_relay.command("agents", "list", "--config", str(own_relay.folder), "--json"))
    drilled = [one for one in agents if one["username"].startswith("drill")]
    assert len(drilled) == 3
    assert all(one["disabled"] for one in drilled)
