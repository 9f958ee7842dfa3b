"""Which service carries out which wish, and what becomes of what the relay says. app.py gives it the adapters."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path as FilePath
from typing import Any

from PySide6.QtCore import QTimer

from agent_app.desk import StateDesk
from agent_app.ports import Drafts, Ended, Http, Path, PathEvent, Paths, PictureChanged, Relay, Session
from agent_app.services import assist, chat, knowledge, service, session, together
from agent_app.spawn import spawn
from agent_app.state import acts, workbench
from agent_app.state.workbench import Change, Changes, Kind, Workbench
from agent_app.teamwork import Teamwork
from agent_app.views import wishes
from agent_app.views.remote import RemoteWindow
from agent_app.views.theme import Wear
from agent_app.views.widgets import retint
from agent_app.views.window import MainWindow
from relay_protocol.errors import BanwenError
from relay_protocol.ids import AttachmentId, ClientId, ConsultationId, consultation_of
from relay_protocol.link import LinkState
from relay_protocol.messages import EventFrame, Message, MessagePosted, SdpOffer

log = logging.getLogger(__name__)

TICK_MS = 1000


class Wiring:
    """One agent at work, from log-in to log-out. `leave` goes back to the log-in with a sentence, or with none."""

    def __init__(
        self,
        who: Session,
        http: Http,
        paths: Paths,
        drafts: Drafts,
        leave: Callable[[str], None],
        wear: Callable[[Wear], None],
    ) -> None:
        self._http, self._paths, self._drafts, self._leave, self._wear = http, paths, drafts, leave, wear
        state = Workbench(me=who.agent)
        self.window, self.remote = MainWindow(state), RemoteWindow()
        self.desk = StateDesk(state, self._changed, self.window.toast.say)
        self._team = Teamwork(self.desk, http, self.window)
        self._looked_at: ConsultationId | None = None
        self._relay: Relay | None = None
        self._path: Path | None = None
        self._shown_remote: ConsultationId | None = None
        self._uploads: dict[ClientId, chat.Upload] = {}
        self._search: asyncio.Task[None] | None = None
        self.window.wished.connect(self.carry_out)
        self.window.watched.connect(self._watch)
        self.remote.wished.connect(self.carry_out)
        self._timer = QTimer(self.window)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def begin(self, relay: Relay) -> None:
        """Start to work over this relay."""
        self._relay = relay
        self.window.show_all(self.desk.state, self.desk.now())
        self._timer.start()
        spawn(self._load_catalogue(), name="catalogue")

    def close(self) -> None:
        """Put the windows away; what they still wish has no effect."""
        self._relay = None
        self._timer.stop()
        for window in (self.window, self.remote):
            window.hide()
            window.deleteLater()

    def wear(self, look: Wear) -> None:
        """Show the look that was chosen."""
        self.window.wear(look)
        retint(self.remote)

    def hear(self, message: Message) -> None:
        """Take one message of the relay."""
        if isinstance(message, SdpOffer):
            self._do("assist-answer", self._answer(message))
            return
        state, _ = workbench.apply(self.desk.state, message, self.desk.now())
        self.desk.move(acts.settled(state))
        if isinstance(message, EventFrame) and isinstance(message.event, MessagePosted) and self._relay:
            chat.tell_seen(self.desk, self._relay, consultation_of(message.stream))

    def link_moved(self, link: LinkState, error: BanwenError | None) -> None:
        """The link is in another state."""
        self.desk.move(acts.linked(self.desk.state, link, error.message if error else ""))
        if link is LinkState.REFUSED:
            self._leave(error.message if error else "")
        elif link is LinkState.LIVE and self._relay:
            self.desk.ahead = self._relay.ahead
            self._looked_at = None
            together.look_at(self.desk, self._relay)
            self.window.pictures.ask_again()
            for one in self.desk.state.owned:
                chat.tell_seen(self.desk, self._relay, one.id)

    def restarted(self) -> None:
        """The relay's log is another one."""
        state, _ = workbench.restarted(self.desk.state)
        self.desk.move(state)

    def carry_out(self, wish: object) -> None:
        """Give a wish to the service that fulfils it."""
        if self._relay is None or self._input(wish) or self._talk(wish, self._relay):
            return
        if self._team.carry_out(wish, self._relay):
            return
        self._serve(wish, self._relay)

    def _input(self, wish: object) -> bool:
        """Mouse and keyboard for the helper: the most frequent wishes, so they come first."""
        path = self._path
        match wish:
            case wishes.PointerMoved(x, y):
                return path is not None and path.move(x, y)
            case wishes.ButtonTurned(x, y, button, down):
                return path is not None and path.button(x, y, button, down=down)
            case wishes.WheelTurned(x, y, right, down):
                return path is not None and path.wheel(x, y, right=right, down=down)
            case wishes.KeyTurned(keysym, down):
                return path is not None and path.key(keysym, down=down)
            case wishes.TextTyped(text):
                return path is not None and path.paste(text)
            case _:
                return False

    def _talk(self, wish: object, relay: Relay) -> bool:
        match wish:
            case wishes.Select(id_):
                self.desk.move(acts.selected(self.desk.state, id_))
            case wishes.Look(id_):
                chat.look(self.desk, relay, id_)
            case wishes.SendText(id_, text, quote):
                self._do("post", chat.post_text(self.desk, relay, id_, text, quote=quote))
            case wishes.Whisper(id_, kind, text):
                self._do("private", chat.post_private(self.desk, relay, id_, kind, text))
            case wishes.Recall(id_, seq):
                self._do("recall", chat.recall(self.desk, relay, id_, seq))
            case wishes.KeepReply(id_, text):
                self._drafts.keep_reply(id_, text)
            case wishes.SendFile():
                self._send_file(wish, relay)
            case wishes.Retry(id_, client_id):
                self._do("retry", self._retry(relay, id_, client_id))
            case wishes.Drop(id_, client_id):
                self._uploads.pop(client_id, None)
                self.desk.move(acts.dropped(self.desk.state, id_, client_id))
            case wishes.TellTyping(id_):
                chat.tell_typing(relay, id_)
                together.look_at(self.desk, relay, typing=True)
            case wishes.FetchPicture(attachment):
                self._do("picture", self._fetch(attachment.id))
            case wishes.SaveFile(attachment, path):
                self._do("save", self._save(attachment.id, FilePath(path)))
            case wishes.FindKnowledge():
                self._find(wish, relay)
            case _:
                return False
        return True

    def _serve(self, wish: object, relay: Relay) -> None:
        match wish:
            case wishes.ChoosePresence(state, reason):
                self._do("presence", session.set_presence(self.desk, relay, state, reason))
            case wishes.Accept(id_):
                self.desk.move(acts.selected(self.desk.state, id_))
                self._do("accept", service.accept(self.desk, relay, id_))
            case wishes.Decline(id_):
                self._do("decline", service.decline(self.desk, relay, id_))
            case wishes.Finish(id_):
                self._do("finish", service.finish(self.desk, relay, id_))
            case wishes.WriteDraft(id_, draft):
                service.write_draft(self.desk, self._drafts, id_, draft)
            case wishes.Submit():
                self._do("wrap-up", self._submit(wish, relay))
            case wishes.InviteAssist(id_):
                self._shown_remote = id_
                self._do("invite", assist.invite(self.desk, relay, self._paths, id_))
            case wishes.AskControl() if self._path is not None:
                assist.ask_control(self.desk, self._path)
            case wishes.StopAssist(id_):
                self._do("end-assist", assist.end(self.desk, relay, self._path, id_))
            case wishes.ChooseLook(look):
                self._wear(Wear(look))
            case wishes.LogOut():
                self._do("logout", self._log_out())

    def _do(self, name: str, coro: Coroutine[Any, Any, Any]) -> None:
        spawn(coro, name=name)

    def _changed(self, state: Workbench, changes: Changes) -> None:
        now = self.desk.now()
        self.window.show_state(state, changes, now)
        if any(change.kind is Kind.ASSIST for change in changes):
            self._show_remote(state, changes)
        if state.selected != self._looked_at and self._relay is not None and state.link is LinkState.LIVE:
            self._looked_at = state.selected
            together.look_at(self.desk, self._relay)
        for change in changes:
            if change.kind is Kind.STAGE and change.consultation is not None:
                self._load_draft(change.consultation)

    def _show_remote(self, state: Workbench, changes: Changes) -> None:
        """The window comes up by itself when the agent's own ask has begun."""
        one = state.consultations.get(self._shown_remote) if self._shown_remote else None
        self.remote.show_state(state, one, self.desk.now())
        self._end_path_when_over(state)
        began = one is not None and Change(Kind.ASSIST, one.id) in changes and one.assist.running
        if began and not self.remote.isVisible() and state.live is None:
            self._watch()

    def _end_path_when_over(self, state: Workbench) -> None:
        """The record says that the assistance is over: whatever the helper does, its path is ended."""
        live, path = state.live, self._path
        over = live is not None and any(one.assist.id == live.id and one.assist.over for one in state.owned)
        if over and path is not None:
            self._path = None
            self._do("path-end", path.end())

    def _watch(self) -> None:
        current = self.desk.state.current
        self._shown_remote = current.id if current is not None else self._shown_remote
        one = self.desk.state.consultations.get(self._shown_remote) if self._shown_remote else None
        self.remote.show_state(self.desk.state, one, self.desk.now())
        self.remote.show()
        self.remote.raise_()
        self.remote.activateWindow()

    def _tick(self) -> None:
        state, now = self.desk.state, self.desk.now()
        self.window.tick(state, now)
        if self.remote.isVisible() and self._shown_remote is not None:
            self.remote.show_state(state, state.consultations.get(self._shown_remote), now)

    def _send_file(self, wish: wishes.SendFile, relay: Relay) -> None:
        client_id = ClientId(self.desk.new_id())
        upload = chat.Upload(wish.name, wish.content, wish.media_type, wish.size)
        self._uploads[client_id] = upload
        if wish.media_type.startswith("image/"):
            self.window.pictures.put_local(client_id, wish.content)
        self._do("post-file", self._post_file(relay, wish.consultation, upload, client_id))

    async def _post_file(self, relay: Relay, id_: ConsultationId, upload: chat.Upload, client_id: ClientId) -> None:
        attachment = await chat.post_file(self.desk, relay, self._http, id_, upload, client_id, self._named)
        if attachment is not None:
            self._uploads.pop(client_id, None)

    def _named(self, client_id: ClientId, attachment_id: AttachmentId) -> None:
        self.window.pictures.alias(client_id, attachment_id)

    async def _retry(self, relay: Relay, id_: ConsultationId, client_id: ClientId) -> None:
        upload = self._uploads.get(client_id)
        if upload is not None:
            await self._post_file(relay, id_, upload, client_id)
        else:
            await chat.retry_text(self.desk, relay, id_, client_id)

    async def _fetch(self, id_: AttachmentId) -> None:
        try:
            self.window.pictures.put(id_, await self._http.download(id_))
        except BanwenError as error:
            self.window.pictures.fail(id_)
            log.info("picture not fetched", extra={"code": error.code})

    async def _save(self, id_: AttachmentId, path: FilePath) -> None:
        try:
            content = await self._http.download(id_)
            await asyncio.to_thread(path.write_bytes, content)
        except BanwenError as error:
            self.desk.tell(error.message)
        except OSError:
            self.desk.tell("无法保存到所选位置，请换一个文件夹。")
        else:
            self.desk.tell(f"已保存到 {path}")

    def _find(self, wish: wishes.FindKnowledge, relay: Relay) -> None:
        if self._search is not None:
            self._search.cancel()
        if self.desk.state.link is not LinkState.LIVE:
            self.window.knowledge.fail("连接恢复后可继续搜索。")
            return
        self._search = spawn(self._found(wish, relay), name="knowledge")

    async def _found(self, wish: wishes.FindKnowledge, relay: Relay) -> None:
        try:
            self.window.knowledge.show_hits(await knowledge.search(self.desk, relay, wish.query, wish.consultation))
        except BanwenError as error:
            self.window.knowledge.fail(error.message)

    async def _submit(self, wish: wishes.Submit, relay: Relay) -> None:
        sentence = await service.submit(self.desk, relay, self._drafts, wish.consultation, wish.draft)
        if sentence:
            self.window.wrap_up.fail(sentence)
        else:
            self.desk.tell("小结已提交，咨询已关闭。")

    async def _load_catalogue(self) -> None:
        try:
            self.window.offer_catalogue(await session.catalogue(self._http))
        except BanwenError as error:
            self.desk.tell(error.message)

    def _load_draft(self, id_: ConsultationId) -> None:
        state = self.desk.state
        one = state.consultations.get(id_)
        if one is None or not state.is_owned(one):
            return
        if kept := self._drafts.reply(id_):
            self.window.chat.composer.remember(id_, kept)
        if id_ in state.drafts:
            return
        draft = self._drafts.load(id_)
        if draft is not None:
            self.desk.move(acts.drafted(state, id_, draft))

    async def _answer(self, offer: SdpOffer) -> None:
        if self._relay is None:
            return
        if self._path is not None:
            await self._path.end()
        path = await assist.answer(self.desk, self._relay, self._paths, offer, self._hear_path)
        if path is not None:
            self._path = path
            await path.run()

    def _hear_path(self, event: PathEvent) -> None:
        if isinstance(event, PictureChanged):
            self.remote.show_picture(event)
            return
        if isinstance(event, Ended):
            self._path = None
            self.remote.clear()
        assist.hear(self.desk, event)

    async def _log_out(self) -> None:
        with suppress(BanwenError):  # the token dies by itself; the agent wants to leave
            await self._http.logout()
        self._leave("")
