"""One-to-one chats through an XMPP server (RFC 6120): users u0, u1, … on localhost, each pair a chat.

The server archives every message for both sides (XEP-0313). It is asked for no acknowledgement, which is less work than
the relay does; a message counts when the other side has it.
"""

import asyncio
import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load import BODY, Chat, Tally
from bench.peers.base import Connection

HOST, PASSWORD = "localhost", "pw"
STREAM = (
    f"<?xml version='1.0'?><stream:stream to='{HOST}' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)
BIND = "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>"
SESSION = "<iq type='set' id='s1'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq><presence/>"
NUMBER = re.compile(rb"<message[^>]* id=['\"]n(\d+)['\"]")
LONGEST_STANZA = 4096


def users(chats: int) -> list[str]:
    """Return the accounts so many chats need."""
    return [f"u{number}" for number in range(2 * chats)]


class Stream(Connection):
    """One signed-in user."""

    tally: Tally | None = None

    def arrived(self) -> None:
        """Count the messages that begin in what came; keep what may be the beginning of one."""
        if self.tally is None:
            return
        end = 0
        for found in NUMBER.finditer(self.pending):
            self.tally.deliver(int(found[1]))
            end = found.end()
        self.pending = self.pending[end:][-LONGEST_STANZA:]

    async def sign_in(self, user: str) -> None:
        """Log in with PLAIN and become available."""
        secret = base64.b64encode(f"\0{user}\0{PASSWORD}".encode()).decode()
        auth = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>"
        await self._step(STREAM, b"</stream:features>")
        await self._step(auth, b"<success")
        await self._step(STREAM, b"</stream:features>")
        await self._step(BIND, b"<jid>")
        await self._step(SESSION, b"<presence")

    async def _step(self, text: str, answer: bytes) -> None:
        self.pending = b""
        self.transport.write(text.encode())
        await self.until(lambda data: answer in data)


class Talk:
    """What one user says to another."""

    def __init__(self, stream: Stream, to: str) -> None:
        self._stream = stream
        self._stanza = f"<message type='chat' to='{to}@{HOST}' id='n%d'><body>{BODY}</body></message>".encode()

    def say(self, number: int) -> None:
        """Send a message under this number."""
        self._stream.transport.write(self._stanza % number)


@dataclass
class Xmpp:
    """See `bench.peers.base.Running`."""

    port: int
    process_ids: Sequence[int]

    async def connect(self, chats: int, tally: Tally) -> Sequence[Chat]:
        """Sign everybody in."""
        loop = asyncio.get_running_loop()
        streams: list[Stream] = []
        for user in users(chats):
            _, stream = await loop.create_connection(Stream, "127.0.0.1", self.port)
            await stream.sign_in(user)
            streams.append(stream)
        for listener in streams[1::2]:
            listener.pending, listener.tally = b"", tally
        return [Talk(stream, f"u{2 * chat + 1}") for chat, stream in enumerate(streams[::2])]
