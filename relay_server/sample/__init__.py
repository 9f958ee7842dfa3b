"""What `banwen-relay init` writes: the commented configuration; with --sample offices, agents and a sample site."""

import json
from importlib.resources import files

import msgspec

DEMO_APP = "etax-demo"
DEMO_ISSUER = "etax-demo"
DEMO_ORIGINS = ("http://127.0.0.1:8700", "http://localhost:8700")


class SampleAgent(msgspec.Struct, frozen=True):
    """A colleague to try the workbench with; the password is made when the sample is."""

    number: str
    name: str
    office: str


AGENTS = (
    SampleAgent("8001", "王芳", "360103"),
    SampleAgent("8002", "李强", "360111"),
    SampleAgent("8003", "陈静", "360702"),
    SampleAgent("8004", "刘洋", "360100"),
)


def base_config() -> str:
    """Return the commented configuration every new relay starts with."""
    return _text("relay.toml")


def sample_config(public_key: str, origins: list[str]) -> str:
    """Return the configuration with the sample offices, modules and catalogue, and the demonstration site."""
    base = base_config().replace("\n[store]", 'default_office = "360000"  # 未填机构的纳税人归到这里\n\n[store]', 1)
    return base + _text("sample.toml") + _app_section(public_key, origins)


def _app_section(public_key: str, origins: list[str]) -> str:
    return f"""
[apps.{DEMO_APP}]
name = "示例电子税务局"
origins = {json.dumps(origins)}
issuer = "{DEMO_ISSUER}"
public_key = '''
{public_key.strip()}
'''
"""


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
