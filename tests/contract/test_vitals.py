"""What load balancers and monitors ask: alive, ready, and figures without anything of anybody."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.running import RunningRelay, running_relay


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRelay]:
    """A relay of its own, since what it counts is compared."""
    with running_relay(tmp_path_factory.mktemp("vitals") / "relay") as relay:
        yield relay


@pytest.mark.req("N2")
def test_it_is_alive_and_ready(relay: RunningRelay) -> None:
    assert httpx.get(f"{relay.url}/healthz").json()["ok"] is True
    ready = httpx.get(f"{relay.url}/readyz").json()
    assert ready["ok"] is True
    assert ready["epoch"]


@pytest.mark.req("I5")
def test_prometheus_can_read_the_figures_and_they_name_nobody(relay: RunningRelay) -> None:
    reply = httpx.get(f"{relay.url}/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(reply.text)}
    states = {sample.labels["state"]: sample.value for sample in families["banwen_consultations"].samples}
    assert states["queued"] == 0.0
    assert "banwen_oldest_wait_seconds" in families
    labels = {key for family in families.values() for sample in family.samples for key in sample.labels}
    assert labels <= {"state", "type"}


def test_who_comes_through_a_proxy_from_elsewhere_is_no_monitor(relay: RunningRelay) -> None:
    reply = httpx.get(f"{relay.url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert reply.status_code == 404
    assert "banwen_" not in reply.text
