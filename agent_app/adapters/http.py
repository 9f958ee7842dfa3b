"""The relay over HTTP, with the session's token in its headers."""

from agent_app.ports import Session
from relay_client.http import RelayHttp


class SessionHttp(RelayHttp):
    """Fulfils `ports.Http`."""

    async def login(self, username: str, password: str) -> Session:  # type: ignore[override]
        found = await super().login(username, password)
        self.use_token(found.token)
        return Session(found.token, found.agent)
