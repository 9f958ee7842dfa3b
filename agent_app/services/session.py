"""Log in, log out, and what is fetched once after it."""

import msgspec

from agent_app.ports import Desk, Http, Relay, Session
from agent_app.state.acts import present
from agent_app.state.wrap_up import Catalogue
from relay_protocol.errors import BanwenError, ErrorCode
from relay_protocol.ids import RequestId
from relay_protocol.messages import PresenceState, SetPresence

CATALOGUE = "/api/catalogue"


async def login(http: Http, username: str, password: str) -> Session:
    """Log in. Raise BanwenError with the sentence to show at the form."""
    if not username.strip() or not password:
        raise BanwenError(ErrorCode.BAD_INPUT, "请输入工号和密码。")
    return await http.login(username.strip(), password)


async def set_presence(desk: Desk, relay: Relay, presence: PresenceState, reason: str) -> None:
    """Tell the relay whether the agent can be offered work; the window follows when it is done."""
    try:
        await relay.request(SetPresence(request_id=RequestId(desk.new_id()), state=presence, reason=reason))
    except BanwenError as error:
        desk.tell(error.message)
        return
    desk.move(present(desk.state, presence, reason))


async def catalogue(http: Http) -> Catalogue:
    """Return what a wrap-up may use."""
    try:
        return msgspec.json.decode(await http.get(CATALOGUE), type=Catalogue)
    except msgspec.DecodeError as error:
        raise BanwenError(ErrorCode.MALFORMED, "小结分类无法读取，请更新程序。", why=str(error)) from error
