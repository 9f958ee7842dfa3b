"""The bus within one process: a call to everybody who listens."""

import logging
from collections.abc import Callable

from relay_server.bus.base import Hint, Listener, Topic

log = logging.getLogger(__name__)


class LocalBus:
    """Listeners are called at once, in the order they came; one that fails does not keep the others from hearing."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, dict[object, Listener]] = {}

    def publish(self, topic: Topic, hint: Hint) -> None:
        """Tell everybody who listens to the topic."""
        for listener in list(self._listeners.get(topic, {}).values()):
            try:
                listener(hint)
            except Exception:
                log.exception("listener failed", extra={"topic": topic.partition("/")[0]})

    def listen(self, topic: Topic, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every hint until the returned function is called."""
        key = object()
        self._listeners.setdefault(topic, {})[key] = listener

        def stop() -> None:
            listeners = self._listeners.get(topic, {})
            listeners.pop(key, None)
            if not listeners:
                self._listeners.pop(topic, None)

        return stop
