"""The link of a helper program: it signals and reports for one assistance, and may do nothing else."""

from collections.abc import Awaitable, Callable

from relay_protocol.messages import Heartbeat, Hello, HelperFrame, Message, ReportAssist, SdpOffer
from relay_server.bus.base import assist_topic
from relay_server.domain.access import HelperActor
from relay_server.gateways.conn import Conn
from relay_server.gateways.links import LinkEndpoint
from relay_server.gateways.parts import Parts
from relay_server.gateways.session import PersonLink, Repeated
from relay_server.services import assist


def endpoint(parts: Parts) -> LinkEndpoint:
    """Return the endpoint of `/ws/helper`."""

    async def sign_in(conn: Conn, hello: Hello) -> HelperLink:
        actor = await assist.helper_of(parts.store, hello.token, parts.now())
        return HelperLink(parts, conn, actor, lambda: assist.helper_of(parts.store, hello.token, parts.now()))

    return LinkEndpoint(parts, HelperFrame, sign_in)


class HelperLink(PersonLink):
    """One helper."""

    def __init__(
        self, parts: Parts, conn: Conn, actor: HelperActor, still_valid: Callable[[], Awaitable[object]]
    ) -> None:
        super().__init__(parts, conn, actor, f"assist/{actor.assist}", still_valid)
        self._actor = actor

    async def start(self) -> None:
        """Begin, after the welcome: say who asks for what. For display only; nothing of it is trusted."""
        self.begin(assist_topic(self._actor.assist))
        self.conn.send(await assist.brief(self.parts.store, self._actor))

    async def stop(self) -> None:
        """The link is gone."""
        self.end()

    async def handle(self, message: Message) -> None:
        """Act on one message."""
        parts, actor = self.parts, self._actor
        match message:
            case Heartbeat():
                await self.subscriptions.pulse()
            case SdpOffer():
                await assist.pass_offer(parts.store, parts.bus, actor, message)
            case ReportAssist():
                await self._report(message)

    async def _report(self, report: ReportAssist) -> None:
        try:
            seq = await assist.report(self.once(report), self._actor, report, self.parts.now())
        except Repeated:
            seq = None
        self.done(report, seq, self._actor.consultation)
