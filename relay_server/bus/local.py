"""The bus within one process: a call to everybody who listens."""

import logging
from collections.abc import Callable

from relay_server.bus.base import Hint, Listener, Resync, Topic

log = logging.getLogger(__name__)


class LocalBus:
    """Listeners are called at once, in the order they came; one that fails does not keep the others from hearing."""

    def __init__(self) -> None:
        self._listeners: dict[Topic, dict[object, Listener]] = {}

    async def start(self) -> None:
        """There is nobody else to hear."""

    async def stop(self) -> None:
        """There is nobody else to hear."""

    def publish(self, topic: Topic, hint: Hint) -> None:
        """Tell everybody who listens to the topic."""
        for listener in list(self._listeners.get(topic, {}).values()):
            try:
                listener(hint)
            except Exception:
                log.exception("listener failed", extra={"topic": topic.partition("/")[0]})

    def resync(self) -> None:
        """Tell every listener that hints may have been lost."""
        for topic in list(self._listeners):
            self.publish(topic, Resync())

    def is_heard(self, topic: Topic) -> bool:
        """Tell whether anybody listens to the topic."""
        return topic in self._listeners

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
