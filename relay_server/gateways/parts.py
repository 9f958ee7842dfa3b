"""What the composition root hands to every gateway: the adapters, the tables of the configuration, clock and chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relay_protocol.messages import Office
from relay_server.bus.base import Bus
from relay_server.config import Config
from relay_server.domain.channels import CHANNELS
from relay_server.gateways.doors import Doors
from relay_server.gateways.limits import Limiter
from relay_server.gateways.origins import Origins
from relay_server.services.directory import LiveDirectory
from relay_server.services.floor import Floor
from relay_server.services.indexing import Indexing
from relay_server.services.knowledge import Knowledge
from relay_server.services.passwords import Passwords
from relay_server.services.rulebook import LiveRulebook
from relay_server.services.taxpayers import App, Module
from relay_server.services.timeline import RESOLUTIONS
from relay_server.services.waiting import Promise
from relay_server.store.base import Store


@dataclass(frozen=True)
class Limits:
    """Who may do how much: HTTP requests by address, sign-in attempts by address, frames by session."""

    requests: Limiter
    attempts: Limiter
    frames: Limiter


@dataclass(frozen=True)
class Parts:
    """Everything a gateway works with. `now` is in Unix seconds."""

    config: Config
    store: Store
    bus: Bus
    passwords: Passwords
    directory: LiveDirectory
    rulebook: LiveRulebook
    apps: Mapping[str, App]
    modules: Mapping[str, Module]
    origins: Origins
    limits: Limits
    doors: Doors
    knowledge: Knowledge
    files: Path
    messages: Indexing
    now: Callable[[], float]
    new_id: Callable[[], str]

    @property
    def floor(self) -> Floor:
        """Return what tells whether an agent can be given one more."""
        return Floor(self.doors.reach, self.rulebook, self.config.service.reopen_within)

    @property
    def promise(self) -> Promise:
        """Return by when what was left is answered."""
        return Promise(self.config.service.answer_message, self.config.service.answer_callback)

    @property
    def offices(self) -> Mapping[str, Office]:
        """Return the offices as they are now, by code."""
        return self.directory.current.cards

    @property
    def codes(self) -> Mapping[str, str]:
        """Return the names of the codes a wrap-up may hold."""
        return self.config.catalogue.business | self.config.catalogue.question_type

    @property
    def catalogue(self) -> dict[str, Any]:
        """Return what a wrap-up may say, in order, and what each channel carries."""
        named = self.config.catalogue
        return {
            "business": _coded(named.business),
            "question_type": _coded(named.question_type),
            "resolution": _coded(RESOLUTIONS),
            "channels": CHANNELS,
        }


def _coded(names: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in names.items()]
