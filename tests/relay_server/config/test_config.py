"""The configuration file: safe by default, and every mistake is named with the way out."""

from pathlib import Path

import pytest

from relay_server import config, sample
from relay_server.sample.organisation import PROVINCE

KEY_BODY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
KEY = f"-----BEGIN PUBLIC KEY-----\n{KEY_BODY}\n-----END PUBLIC KEY-----"


def test_an_empty_file_listens_on_loopback_only_and_trusts_no_proxy() -> None:
    settings = config.parse({})
    assert settings.relay.host == "127.0.0.1"
    assert settings.relay.trusted_proxies == []
    assert settings.apps == {}


@pytest.mark.parametrize(
    ("raw", "wrong", "right"),
    [
        ({"relay": {"prot": 1}}, "relay.prot", "relay.port"),
        ({"limit": {}}, "limit", "limits"),
        ({"apps": {"etax": {"orgins": []}}}, "apps.etax.orgins", "apps.etax.origins"),
        ({"offices": {"360000": {"nane": "x"}}}, "offices.360000.nane", "offices.360000.name"),
    ],
)
def test_an_unknown_key_is_refused_and_the_nearest_known_one_named(
    raw: dict[str, object], wrong: str, right: str
) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse(raw)
    (problem,) = caught.value.problems
    assert f"未知的配置项 {wrong}" in problem
    assert f"nearest known key is {right}." in problem


def test_all_unknown_keys_are_told_at_once() -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.parse({"relay": {"a": 1, "b": 2}, "c": 3})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"relay": {"port": "8600"}}, "$.relay.port"),
        ({"relay": {"port": 70000}}, "70000"),
        ({"relay": {"heartbeat": 0}}, "$.relay.heartbeat"),
        ({"limits": {"requests_per_second": 0}}, "$.limits.requests_per_second"),
        ({"limits": {"malformed_frames": -1}}, "$.limits.malformed_frames"),
        ({"apps": {"etax": {"name": "x", "origins": [], "issuer": "x", "public_key": "x"}}}, "apps.etax.public_key"),
        ({"offices": {"1": {"name": "x", "level": "county", "parent": "2"}}}, "offices.1"),
        ({"apps": {"e": {"name": "e", "origins": ["*"], "issuer": "e", "public_key": KEY}}}, "apps.e.origins"),
        ({"apps": {"e": {"name": "e", "origins": ["https://a/b"], "issuer": "e", "public_key": KEY}}}, "https://a/b"),
    ],
)
def test_a_value_that_cannot_be_is_refused(raw: dict[str, object], says: str) -> None:
    with pytest.raises(config.ConfigError, match=says.replace("$", r"\$").replace("*", r"\*")):
        config.parse(raw)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match="banwen-relay init"):
        config.load(tmp_path / "relay.toml")


def test_a_broken_file_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text("[relay]\nport = \n", encoding="utf-8")
    with pytest.raises(config.ConfigError, match="line 2"):
        config.load(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.mkdir()
    with pytest.raises(config.ConfigError, match="不能读取"):
        config.load(path)


def test_what_init_writes_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "relay.toml"
    path.write_text(sample.base_config(), encoding="utf-8")
    assert config.load(path) == config.Config()
    path.write_text(sample.sample_config(KEY, ["https://etax.example"]), encoding="utf-8")
    settings = config.load(path)
    assert settings.apps[sample.DEMO_APP].public_key.strip() == KEY
    assert settings.offices == {}
    assert settings.relay.default_office == PROVINCE
