"""Talking: local echo at once, the relay as soon as it can, the event replaces the echo."""

from collections.abc import Callable
from dataclasses import dataclass

from agent_app.ports import Desk, Http, Relay
from agent_app.state import acts
from agent_app.state.consultation import Pending
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import AttachmentId, ClientId, ConsultationId, RequestId
from relay_protocol.messages import (
    TEXT_LIMIT,
    Attachment,
    File,
    Image,
    MarkSeen,
    PostMessage,
    PostPrivate,
    PrivateKind,
    RecallMessage,
    Text,
    Typing,
)

UPLOAD_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before an upload is tried again. The link may seem to be up for a while after HTTP has noticed."""


@dataclass(frozen=True)
class Upload:
    """A file on its way. Kept until the relay has it, so that sending can be tried again."""

    name: str
    content: bytes
    media_type: str
    size: tuple[int, int] = (0, 0)


def pieces(text: str) -> list[str]:
    """Cut what is too long for one message; nothing at all for blank text."""
    words = text.strip()
    return [words[start : start + TEXT_LIMIT] for start in range(0, len(words), TEXT_LIMIT)]


async def post_text(
    desk: Desk,
    relay: Relay,
    consultation: ConsultationId,
    text: str,
    client_id: ClientId | None = None,
    quote: int | None = None,
) -> None:
    """Say `text` (at most TEXT_LIMIT characters), as an answer to the message at `quote` if there is one.

    A `client_id` says it is the same message tried again.
    """
    body, client_id = Text(text=text), client_id or ClientId(desk.new_id())
    answered = acts.quoted(desk.state, consultation, quote)
    desk.move(acts.echo(desk.state, consultation, Pending(client_id, desk.now(), body, quote=answered)))
    await _post(desk, relay, consultation, client_id, body, answered.seq if answered else None)


async def post_private(
    desk: Desk,
    relay: Relay,
    consultation: ConsultationId,
    kind: PrivateKind,
    text: str,
    client_id: ClientId | None = None,
) -> None:
    """Say something that only agents see."""
    client_id = client_id or ClientId(desk.new_id())
    said = Pending(client_id, desk.now(), Text(text=text), private=kind)
    desk.move(acts.echo(desk.state, consultation, said))
    request_id = RequestId(desk.new_id())
    await _say(
        desk,
        relay,
        PostPrivate(request_id=request_id, consultation=consultation, client_id=client_id, kind=kind, text=text),
    )


async def recall(desk: Desk, relay: Relay, consultation: ConsultationId, seq: int) -> None:
    """Take back an own message; what was refused is told."""
    try:
        await relay.request(RecallMessage(request_id=RequestId(desk.new_id()), consultation=consultation, seq=seq))
    except BanwenError as error:
        desk.tell(error.message)


async def post_file(
    desk: Desk,
    relay: Relay,
    http: Http,
    consultation: ConsultationId,
    file: Upload,
    client_id: ClientId,
    on_named: Callable[[ClientId, AttachmentId], None],
) -> AttachmentId | None:
    """Upload a file and say it; `on_named` hears the id it got. Return the id, or None when the file was refused.

    The reason of a refusal is shown at the message.
    """
    desk.move(acts.echo(desk.state, consultation, Pending(client_id, desk.now(), _body(file, client_id), 0.0)))
    try:
        attachment = await _upload(desk, relay, http, consultation, file, client_id)
    except BanwenError as error:
        desk.move(acts.failed(desk.state, consultation, client_id, error.message))
        return None
    body = Image(attachment=attachment) if attachment.media_type.startswith("image/") else File(attachment=attachment)
    on_named(client_id, attachment.id)
    desk.move(acts.uploaded(desk.state, consultation, client_id, body))
    await _post(desk, relay, consultation, client_id, body)
    return attachment.id


async def retry_text(desk: Desk, relay: Relay, consultation: ConsultationId, client_id: ClientId) -> None:
    """Try again words that failed, as the same message."""
    one = desk.state.consultations.get(consultation)
    pending = next((old for old in one.pending if old.client_id == client_id), None) if one else None
    if pending is None or not isinstance(pending.body, Text):
        return
    if pending.private is not None:  # what was meant for agents never becomes a word to the taxpayer
        await post_private(desk, relay, consultation, pending.private, pending.body.text, client_id)
    else:
        quote = pending.quote.seq if pending.quote else None
        await post_text(desk, relay, consultation, pending.body.text, client_id, quote)


def tell_typing(relay: Relay, consultation: ConsultationId) -> None:
    """Let the taxpayer see that the agent is typing."""
    relay.say(Typing(consultation=consultation))


def tell_seen(desk: Desk, relay: Relay, consultation: ConsultationId) -> None:
    """Tell how far we have received, and how far a person has looked."""
    one = desk.state.consultations.get(consultation)
    if one is not None and desk.state.is_owned(one):
        relay.say(MarkSeen(consultation=consultation, delivered=one.last_seq, read=one.looked))


def look(desk: Desk, relay: Relay, consultation: ConsultationId) -> None:
    """The agent has the consultation before their eyes."""
    new = acts.looked(desk.state, consultation)
    if new is not desk.state:
        desk.move(new)
        tell_seen(desk, relay, consultation)


async def _post(
    desk: Desk,
    relay: Relay,
    consultation: ConsultationId,
    client_id: ClientId,
    body: Text | Image | File,
    quote: int | None = None,
) -> None:
    request_id = RequestId(desk.new_id())
    await _say(
        desk,
        relay,
        PostMessage(request_id=request_id, consultation=consultation, client_id=client_id, body=body, quote=quote),
    )


async def _say(desk: Desk, relay: Relay, said: PostMessage | PostPrivate) -> None:
    """Send what the transcript shows already; mark it there if it is refused."""
    try:
        await relay.request(said)
    except BanwenError as error:
        desk.move(acts.failed(desk.state, said.consultation, said.client_id, error.message))


async def _upload(
    desk: Desk, relay: Relay, http: Http, consultation: ConsultationId, file: Upload, client_id: ClientId
) -> Attachment:
    """Upload; a relay that is gone is waited for, as it is for text."""

    def progress(sent: int, total: int) -> None:
        desk.move(acts.progressed(desk.state, consultation, client_id, sent / max(1, total)))

    for delay in UPLOAD_DELAYS:
        try:
            return await http.upload(consultation, file.name, file.content, progress)
        except BanwenError as error:
            if error.code is not ErrorCode.UNREACHABLE:
                raise
        await relay.until_live(delay)
    return await http.upload(consultation, file.name, file.content, progress)


def _body(file: Upload, client_id: ClientId) -> Image | File:
    """The echo shows the file under its client id until the relay names it."""
    width, height = file.size
    attachment = Attachment(
        id=AttachmentId(client_id),
        name=file.name,
        media_type=file.media_type,
        size=len(file.content),
        width=width,
        height=height,
    )
    return Image(attachment=attachment) if file.media_type.startswith("image/") else File(attachment=attachment)
