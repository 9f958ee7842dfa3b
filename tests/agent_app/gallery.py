"""Every screen and state of the workbench as PNG files: python -m tests.agent_app.gallery FOLDER [SCALE [dark]].

For eyes: look at them at 100 % and at 150 % whenever a view changes.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agent_app.state import acts
from agent_app.state.assist import Live
from agent_app.state.consultation import Pending
from agent_app.state.directory import Colleague, Directory, OfficeLine, QueueLine
from agent_app.state.workbench import Workbench, apply
from agent_app.state.wrap_up import Catalogue, Choice, Draft
from relay_protocol.ids import AttachmentId, ClientId, EntryId
from relay_protocol.link import LinkState
from relay_protocol.messages import (
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    Assurance,
    Body,
    ColleagueInvited,
    ColleagueJoined,
    KnowledgeHit,
    MessageRecalled,
    PeerLink,
    PresenceState,
    PrivateKind,
    PrivatePosted,
    Privilege,
    QueueSummary,
    Receipt,
    Sender,
    ServiceFinished,
    ServiceHeld,
    Side,
    Text,
    Typing,
    Viewers,
    Voice,
)
from relay_protocol.screen import Point, Rect
from tests.agent_app.sagas import transfer_to_me
from tests.agent_app.stories import ASSIST, COLLEAGUE, LEAD, ME, NOON, Story, picture, play, start

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from agent_app.views.window import MainWindow

CATALOGUE = Catalogue(
    business=[Choice("vat", "增值税"), Choice("invoice", "发票"), Choice("social", "社会保险费")],
    question_type=[Choice("filing", "申报操作"), Choice("policy", "政策咨询"), Choice("fault", "系统故障")],
)
NAMES = (
    "赣州宏达商贸有限公司", "王*芳", "南昌市青云谱区青云建材贸易有限责任公司第二分公司（筹）", "刘*",
    "章贡区老街小吃店",
    "江西省瑞金市红都农业发展专业合作社", "Muhammad Al-Rashid Trading (Jiangxi) Co., Ltd.", "欧阳*华",
)  # fmt: skip
LONG = "您好，请您先打开「我要办税」→「税费申报及缴纳」，选择增值税及附加税费申报（小规模纳税人适用），" * 3


def online() -> Workbench:
    """An agent whose link is up, with somebody waiting."""
    state = acts.linked(start(), LinkState.LIVE)
    return apply(state, QueueSummary(waiting=12, oldest_at=NOON - 20), NOON)[0]


def chat_story() -> Story:
    """One consultation in full swing."""
    story = Story().served()
    story.says(Side.AGENT, "您好，我是赣州市税务局座席李敏。我已看到您的问题和所在页面，请稍等。")
    story.says(Side.TAXPAYER, picture()).says(Side.TAXPAYER, "就是这个提示，第 10 栏我是空的").says(Side.AGENT, LONG)
    return story.says(Side.TAXPAYER, "好的，我试试")


def shown(story: Story) -> Workbench:
    """The story on the screen, all but the last two lines read by the taxpayer."""
    state = play(online(), story.frames)
    seen = len(story.frames)
    state = apply(state, Receipt(consultation=story.id, side=Side.TAXPAYER, delivered=seen, read=seen - 2), NOON)[0]
    state = apply(state, PeerLink(consultation=story.id, side=Side.TAXPAYER, online=True), NOON)[0]
    return acts.looked(acts.settled(state), story.id)


def busy() -> Workbench:
    """Eight at once, with an offer on top."""
    state = shown(chat_story())
    for number, name in enumerate(NAMES[1:], 2):
        story = Story(number, name, NOON - number * 45).opened(
            Assurance.ANONYMOUS if number % 3 == 0 else Assurance.VERIFIED
        )
        story.context().bot_part().queued().offered().accepted()
        if number % 2:
            story.says(Side.AGENT, "您好，请讲。")
        if number % 4:
            story.says(Side.TAXPAYER, "社保缴费成功但是一直没有到账，请问要等多久？")
        state = play(state, story.frames)
    state = apply(state, Typing(consultation=Story(3).id, side=Side.TAXPAYER), NOON + 195)[0]
    return play(state, Story(9, "南康区家具有限公司", NOON + 100).waiting().frames)


def assisting(phase: int) -> Workbench:
    """Remote assistance: 0 invited, 1 joined, 2 seeing, 3 controlling, 4 ended by the taxpayer."""
    story = chat_story()
    events = (
        AssistAsked(assist=ASSIST, agent=ME, scope=[Privilege.VIEW]),
        AssistJoined(assist=ASSIST),
        AssistGranted(assist=ASSIST, scope=[Privilege.VIEW]),
        AssistGranted(assist=ASSIST, scope=[Privilege.VIEW, Privilege.CONTROL]),
        AssistEnded(assist=ASSIST, reason="taxpayer"),
    )
    for event in events[: phase + 1]:
        story.tell(event)
    state = shown(story)
    if phase not in (2, 3):
        return state
    scope = [Privilege.VIEW, Privilege.CONTROL] if phase == 3 else [Privilege.VIEW]
    return replace(state, live=Live(ASSIST, True, frozenset(scope)))


def troubled() -> Workbench:
    """The link is down: one message waits, one upload is under way, one was refused."""
    state = shown(chat_story())
    id_ = Story().id
    waiting: tuple[tuple[Body, float, str], ...] = (
        (Text(text="请稍等，我正在为您核对。"), 1.0, ""),
        (picture("核对结果.png", id_="local"), 0.4, ""),
        (Text(text="这是办理指引。"), 1.0, "发送太快，请稍后重试。"),
    )
    for number, (body, progress, error) in enumerate(waiting):
        client_id = ClientId(f"pending-{number}")
        state = acts.echo(state, id_, Pending(client_id, NOON + 260, body, progress, error))
    return acts.linked(state, LinkState.CONNECTING)


def hits() -> list[KnowledgeHit]:
    """What the knowledge base might find."""
    titles = (
        "小规模纳税人免税销售额填报指引",
        "申报比对不通过的处理步骤",
        "季度 30 万元免征增值税政策",
        "开票金额与申报金额不一致怎么办",
    )
    text = "1. 核对发票数据与申报表第 1、10、11 栏；2. 如有未开票收入，一并填写；3. 仍不通过的，联系主管税务机关。"
    return [
        KnowledgeHit(
            entry=EntryId(f"vat-{number:04}"),
            revision="9f3c1a7e55d04b21",
            title=title,
            text=text,
            confidence=0.96 - number * 0.14,
            category=["增值税"],
            source="税务总局公告 2023 年第 1 号",
        )
        for number, title in enumerate(titles)
    ]


def main(folder: Path, dark: bool) -> None:
    """Write every screen into `folder`."""
    from PySide6.QtWidgets import QApplication

    from agent_app.views.theme import DARK, LIGHT, dress

    application = QApplication([])
    dress(application, DARK if dark else LIGHT)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, widget) in enumerate(screens(), 1):
        widget.show()
        for _ in range(5):
            application.processEvents()
        widget.grab().save(str(folder / f"{number:02}-{name}.png"))
        widget.hide()
        widget.deleteLater()


def screens() -> "Iterator[tuple[str, QWidget]]":
    """Yield every screen with its name."""
    yield from _logins()
    yield "empty", _window(online(), NOON)
    yield "not-ready", _window(start(presence=PresenceState.OFFLINE), NOON)
    yield "offer", _window(acts.settled(play(online(), Story().waiting().frames)), NOON + 62)
    yield "chat", _window(shown(chat_story()), NOON + 262)
    yield "small", _sized(_window(busy(), NOON + 196), 1280, 720)
    yield "least", _sized(_window(busy(), NOON + 110), 853, 493)
    yield "least-wrap-up", _sized(next(_wrap_ups())[1], 853, 493)
    yield "busy", _window(busy(), NOON + 196)
    knowing = _window(shown(chat_story()), NOON + 240)
    knowing.tabs.setCurrentIndex(1)
    knowing.knowledge.show_hits(hits())
    yield "knowledge", knowing
    yield "trouble", _window(troubled(), NOON + 265)
    yield from _together()
    yield from _wrap_ups()
    yield "assist-in-chat", _window(assisting(3), NOON + 262)
    for phase, name in enumerate(("invited", "joined", "seeing", "controlling", "ended")):
        yield f"remote-{name}", _remote(assisting(phase))


def _logins() -> "Iterator[tuple[str, QWidget]]":
    from agent_app.views.login import LoginWindow

    yield "login", LoginWindow("https://relay.jxtax.example", "8023")
    wrong = LoginWindow("https://relay.jxtax.example", "8023")
    wrong.fail("工号或密码不正确，还可以尝试 3 次。忘记密码请联系本单位管理员。")
    yield "login-error", wrong
    busy_one = LoginWindow("https://relay.jxtax.example", "8023")
    busy_one.busy(True)
    yield "login-busy", busy_one


def teamed() -> Workbench:
    """A quoted answer, a recalled word, whispers, a colleague beside, a supervisor looking; two colleagues ask."""
    story = chat_story().says(Side.AGENT, "请在第 11 栏填写", quote=14).says(Side.AGENT, "写错了的一句")
    wrong = len(story.frames)
    story.tell(MessageRecalled(target=wrong, sender=Sender(side=Side.AGENT, name=ME.name, agent=ME.id)))
    story.tell(ColleagueInvited(by=ME, agent=COLLEAGUE, reason="请看红字发票")).tell(ColleagueJoined(agent=COLLEAGUE))
    kind = PrivateKind.WHISPER
    story.tell(
        PrivatePosted(
            client_id=ClientId("w1"), agent=COLLEAGUE, kind=kind, text="个体工商户填第 11 栏，他是企业，填第 10 栏"
        )
    )
    voice = Voice(attachment=picture("语音.m4a", id_="voice-1").attachment, seconds=12.0)
    state = shown(story.says(Side.TAXPAYER, voice))
    looking = Viewers(consultation=story.id, looking=[LEAD], typing=[LEAD.id])
    state = apply(state, looking, NOON)[0]
    typing = Typing(consultation=story.id, side=Side.TAXPAYER, preview="那我第 11 栏还要不要")
    state = apply(state, typing, NOON + 330)[0]
    moved = Story(7, "江西省瑞金市红都农业发展专业合作社").waiting().accepted(COLLEAGUE).tell(transfer_to_me())
    return play(state, moved.frames)


def _together() -> "Iterator[tuple[str, QWidget]]":
    from agent_app.views.hand_on import HandOn

    answering = _window(teamed(), NOON + 332)
    answering.chat.transcript.quote_chosen()
    yield "together", answering
    whispering = _window(teamed(), NOON + 332)
    whispering.chat.composer.turn(PrivateKind.WHISPER)
    whispering.chat.composer.box.setPlainText("主管，这户要不要转给发票专席？")
    yield "whisper", whispering
    held = shown(chat_story().tell(ServiceHeld(reason="等待纳税人登录")))
    yield "on-hold", _window(held, NOON + 300)
    for inviting, name in ((False, "transfer"), (True, "invite")):
        dialog = HandOn(Story().id, ME.id, inviting, _window(teamed(), NOON))
        dialog.offer(DIRECTORY)
        dialog.reason.setText("需要发票专席")
        dialog.settle("对方已达到同时接待上限，请另选一位或转到队列。" if inviting else "")
        yield name, dialog


DIRECTORY = Directory(
    offices=[
        OfficeLine("360700", "赣州市税务局", "city", "360000"),
        OfficeLine("360702", "章贡区税务局", "county", "360700"),
    ],
    queues=[QueueLine("invoice", "发票专席", "360700")],
    skills={"invoice": "发票"},
    colleagues=[
        Colleague(COLLEAGUE, PresenceState.READY, skills={"invoice": 3}),
        Colleague(LEAD, PresenceState.BREAK, "用餐"),
    ],
)


def _wrap_ups() -> "Iterator[tuple[str, QWidget]]":
    state = shown(chat_story().tell(ServiceFinished(by="agent")))
    for name, draft in (
        ("wrap-up", Draft("vat", "filing", "resolved", "纳税人第 10 栏漏填免税销售额，已指导补填，比对通过。")),
        ("wrap-up-missing", Draft("vat")),
    ):
        window = _window(acts.drafted(state, Story().id, draft), NOON + 300)
        window.tabs.setCurrentIndex(2)
        window.wrap_up.send()
        window.wrap_up.submit.setEnabled(True)
        yield name, window


def _window(state: Workbench, now: float) -> "MainWindow":
    from agent_app.views.window import MainWindow

    window = MainWindow(state)
    window.offer_catalogue(CATALOGUE)
    window.pictures.put(AttachmentId("picture-1"), _sample_png(1280, 720))
    window.show_all(state, now)
    window.resize(1440, 860)
    return window


def _sized(widget: "QWidget", width: int, height: int) -> "QWidget":
    widget.resize(width, height)
    return widget


def _remote(state: Workbench) -> "QWidget":
    from agent_app.ports import PictureChanged
    from agent_app.views.remote import RemoteWindow

    window = RemoteWindow()
    window.resize(1120, 760)
    one = state.current
    if state.live is not None:
        pixels = _sample_pixels(1280, 800)
        window.show_picture(PictureChanged(pixels, 1280, 800, (Rect(0, 0, 1280, 800),), Point(500, 400)))
    window.show_state(state, one, NOON + 262)
    return window


def _sample_pixels(width: int, height: int) -> memoryview:
    """A made-up form, B G R 255 per pixel."""
    from PySide6.QtGui import QImage

    image = QImage.fromData(_sample_png(width, height)).convertToFormat(QImage.Format.Format_RGB32)
    return memoryview(bytes(image.constBits()))


def _sample_png(width: int, height: int) -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice, QRect, Qt
    from PySide6.QtGui import QColor, QImage, QPainter

    from agent_app.views.theme import font

    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#eef2f7"))
    painter = QPainter(image)
    painter.fillRect(0, 0, width, 64, QColor("#1f5fae"))
    painter.setPen(QColor("#ffffff"))
    painter.setFont(font(26, True))
    painter.drawText(QRect(32, 0, width, 64), Qt.AlignmentFlag.AlignVCenter, "电子税务局 · 增值税及附加税费申报")
    painter.setFont(font(20))
    for line in range(9):
        top = 110 + line * 62
        painter.fillRect(60, top, width - 120, 50, QColor("#ffffff"))
        painter.setPen(QColor("#333333"))
        place = QRect(80, top, width, 50)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, f"第 {line + 1} 栏　应征增值税不含税销售额")
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = sys.argv[2] if len(sys.argv) > 2 else "1"
    main(Path(sys.argv[1]), "dark" in sys.argv)
