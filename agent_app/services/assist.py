"""Remote assistance from the agent's side: invite, answer the helper, ask for control, end."""

from collections.abc import Callable
from dataclasses import replace

from agent_app.ports import Connected, Desk, Ended, Path, PathEvent, Paths, Relay
from agent_app.state import acts
from agent_app.state.assist import Live
from agent_app.state.assist_words import dropped_text, ended_text, refused_text
from relay_protocol.errors import BanwenError
from relay_protocol.ids import ConsultationId, RequestId
from relay_protocol.messages import AskAssist, EndAssist, Privilege, SdpOffer
from relay_protocol.messages.channel import InputDropped, InputPaused, ScopeGranted, ScopeRefused, ScopeRevoked

SEE = [Privilege.VIEW]
SEE_AND_CONTROL = [Privilege.VIEW, Privilege.CONTROL]


async def invite(desk: Desk, relay: Relay, paths: Paths, consultation: ConsultationId) -> None:
    """Ask to see the taxpayer's screen, one at a time. Nothing is asked when this workstation could not sign for it."""
    if any(one.assist.running for one in desk.state.owned):
        desk.tell("请先结束正在进行的远程协助。")
        return
    try:
        await paths.prepare()
        await relay.request(AskAssist(request_id=RequestId(desk.new_id()), consultation=consultation, scope=list(SEE)))
    except BanwenError as error:
        desk.tell(error.message)


async def answer(
    desk: Desk, relay: Relay, paths: Paths, offer: SdpOffer, on_event: Callable[[PathEvent], None]
) -> Path | None:
    """Answer a helper; it asks its person next. An offer for an assistance that is not ours is ignored."""
    if all(one.assist.id != offer.assist or not one.assist.running for one in desk.state.owned):
        return None
    try:
        path, sdp_answer = await paths.answer(offer, on_event)
    except BanwenError as error:
        desk.tell(error.message)
        return None
    desk.move(acts.live_began(desk.state, offer.assist))
    relay.say(sdp_answer)
    return path


def ask_control(desk: Desk, path: Path) -> None:
    """Ask for mouse and keyboard: the taxpayer is asked a second time."""
    path.ask(list(SEE_AND_CONTROL))
    desk.move(acts.live_changed(desk.state, lambda live: replace(live, asking=True, note="")))


async def end(desk: Desk, relay: Relay, path: Path | None, consultation: ConsultationId) -> None:
    """End it on the direct path at once, and for the record."""
    if path is not None:
        await path.end()
    one = desk.state.consultations.get(consultation)
    if one is None or one.assist.id is None or not one.assist.running:
        return
    try:
        await relay.request(EndAssist(request_id=RequestId(desk.new_id()), assist=one.assist.id))
    except BanwenError as error:
        desk.tell(error.message)


def hear(desk: Desk, event: PathEvent) -> None:
    """Take one piece of news of the direct path into the state. Pictures are not state."""
    match event:
        case Ended(reason=reason):
            desk.move(acts.live_ended(desk.state))
            desk.tell(f"远程协助已结束：{ended_text(reason)}")
        case InputDropped(reason=reason):
            if why := dropped_text(reason):
                desk.tell(why)
        case Connected() | ScopeGranted() | ScopeRefused() | ScopeRevoked() | InputPaused():
            now = desk.now()
            desk.move(acts.live_changed(desk.state, lambda live: _told(live, event, now)))
        case _:
            return


def _told(live: Live, event: PathEvent, now: float) -> Live:
    match event:
        case Connected():
            return replace(live, connected=True)
        case ScopeGranted(scope=scope):
            return replace(live, scope=frozenset(scope), asking=False, note="")
        case ScopeRefused(reason=reason):
            return replace(live, asking=False, note=f"控制请求未通过：{refused_text(reason)}")
        case ScopeRevoked(scope=scope):
            return replace(live, scope=frozenset(scope), asking=False, note="纳税人收回了控制权")
        case InputPaused(seconds=seconds):
            return replace(live, paused_until=now + seconds)
        case _:
            return live
