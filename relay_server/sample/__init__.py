"""What `banwen-relay init` writes: the commented configuration; with --sample modules and a site that embeds it."""

import json
from importlib.resources import files

DEMO_APP = "etax-demo"
DEMO_ISSUER = "etax-demo"
DEMO_ORIGINS = ("http://127.0.0.1:8700", "http://localhost:8700")


def base_config() -> str:
    """Return the commented configuration every new relay starts with."""
    return _text("relay.toml")


def sample_config(public_key: str, origins: list[str]) -> str:
    """Return the configuration with the sample modules and catalogue, and the demonstration site."""
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
