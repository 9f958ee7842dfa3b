"""Stories in which every kind of event of a consultation happens."""

from msgspec.structs import replace

from relay_protocol.ids import AssistId, ClientId, OfferId, TransferId
from relay_protocol.messages import (
    Assigned,
    AssistAsked,
    AssistEnded,
    AssistGranted,
    AssistJoined,
    AssistRefused,
    AssistRevoked,
    CallbackBooked,
    ColleagueInvited,
    ColleagueJoined,
    ColleagueLeft,
    ConsultationClosed,
    Erased,
    Evaluated,
    HumanUnavailable,
    IdleReminded,
    LocalityAsked,
    MessageLeft,
    MessageRecalled,
    OfferReturned,
    PrivateKind,
    PrivatePosted,
    Privilege,
    Redacted,
    Released,
    Reopened,
    Resolution,
    Sender,
    ServiceFinished,
    ServiceHeld,
    ServiceResumed,
    Side,
    TargetKind,
    TaxpayerAway,
    TaxpayerBack,
    TicketLeft,
    TransferAccepted,
    TransferAsked,
    TransferReturned,
    TransferTarget,
    WatchBegan,
    WatchEnded,
    Widened,
    WrappedUp,
)
from tests.agent_app.stories import ASSIST, COLLEAGUE, GANZHOU, LEAD, ME, NOON, Story

SEE = [Privilege.VIEW]
CONTROL = [Privilege.VIEW, Privilege.CONTROL]
TRANSFER = TransferId("01HZZZZZZZZZZZZZZZZZTRANS1")
AGAIN = AssistId("01HZZZZZZZZZZZZZZZZZAGA1N0")


def every_story() -> list[Story]:
    """All of them together hold every kind of event."""
    return [served_story(), waiting_story(), together_story(), left_story()]


def served_story() -> Story:
    """From the first word to the rating, with an assistance."""
    story = Story().opened().context().bot_part().queued().tell(TicketLeft(reason="left")).queued("A002")
    story.offered(COLLEAGUE)
    story.tell(OfferReturned(offer=OfferId("offer-1-9"), agent=COLLEAGUE, reason="expired"))
    story.offered().accepted().tell(Redacted())
    story.says(Side.TAXPAYER, "在吗").says(Side.AGENT, "在的")
    story.tell(AssistAsked(assist=ASSIST, agent=ME, scope=SEE)).tell(AssistJoined(assist=ASSIST))
    story.tell(AssistGranted(assist=ASSIST, scope=SEE)).tell(AssistGranted(assist=ASSIST, scope=CONTROL))
    story.tell(AssistRevoked(assist=ASSIST, scope=SEE, reason="button"))
    story.tell(AssistRefused(assist=ASSIST, scope=CONTROL, reason="refused"))
    return rated(story.tell(AssistEnded(assist=ASSIST, reason="taxpayer")))


def rated(story: Story) -> Story:
    """End it: wrap-up, close, rating."""
    wrapped = WrappedUp(business="vat", question_type="filing", resolution=Resolution.RESOLVED, text="已解决", agent=ME)
    story.tell(ServiceFinished(by="agent")).tell(wrapped).tell(ConsultationClosed(reason="wrapped_up"))
    return story.tell(Evaluated(level=5, reasons=[], text=""))


def waiting_story() -> Story:
    """A wait that widens, an absence, a return, a hold, a reminder, and coming back after the end."""
    story = Story(2, "王*芳").opened().tell(LocalityAsked(choices=[GANZHOU])).queued()
    story.tell(Widened(step=1, level="city", reach=GANZHOU.name))
    story.tell(TaxpayerAway(until=NOON + 600, reason="lost")).tell(TaxpayerBack()).offered().accepted()
    story.says(Side.AGENT, "请您先登录，完成后告诉我").tell(ServiceHeld(reason="等待纳税人登录"))
    story.tell(ServiceResumed(by="taxpayer")).says(Side.TAXPAYER, "登录好了").says(Side.AGENT, "好的")
    story.tell(IdleReminded(ends_at=NOON + 900))
    rated(story).tell(Reopened()).tell(Assigned(agent=ME, reason="reopened"))
    return story.says(Side.TAXPAYER, "又出现了同样的提示")


def together_story() -> Story:
    """Recall and quotes, whispers, an invitation, a watch, a refused and an accepted transfer, a release."""
    story = Story(3, "刘*").served().says(Side.AGENT, "写错了的一句")
    wrong = len(story.frames)
    story.says(Side.TAXPAYER, "什么意思？", quote=wrong)
    story.tell(MessageRecalled(target=wrong, sender=Sender(side=Side.AGENT, name=ME.name, agent=ME.id)))
    story.tell(ColleagueInvited(by=ME, agent=COLLEAGUE, reason="请看红字发票"))
    story.tell(ColleagueJoined(agent=COLLEAGUE)).tell(WatchBegan(agent=LEAD, reason="抽查"))
    for number, kind in enumerate((PrivateKind.WHISPER, PrivateKind.NOTE)):
        client_id = ClientId(f"private-{number}")
        story.tell(PrivatePosted(client_id=client_id, agent=COLLEAGUE, kind=kind, text="先核对开票日期，再谈红冲"))
    story.tell(WatchEnded(agent=LEAD)).tell(ColleagueLeft(agent=COLLEAGUE, reason="left"))
    asked = transfer_asked()
    story.tell(asked).tell(TransferReturned(transfer=TRANSFER, reason="declined", words="正在处理另一件"))
    story.tell(asked).tell(TransferAccepted(transfer=TRANSFER, agent=COLLEAGUE))
    return story.tell(Released(agent=COLLEAGUE, reason="lost")).queued("A003")


def transfer_asked() -> TransferAsked:
    """A transfer from me to a colleague."""
    target = TransferTarget(kind=TargetKind.AGENT, code=COLLEAGUE.id, name=COLLEAGUE.name)
    return TransferAsked(
        transfer=TRANSFER,
        by=ME,
        target=target,
        reason="需要发票专席",
        summary="纳税人要红冲 2026 年 9 月的发票，已核对抬头。",
        agent=COLLEAGUE,
        expires_at=NOON + 400,
    )


def transfer_to_me() -> TransferAsked:
    """A transfer from a colleague to me."""
    target = TransferTarget(kind=TargetKind.AGENT, code=ME.id, name=ME.name)
    return replace(transfer_asked(), by=COLLEAGUE, target=target, agent=ME)


def left_story() -> Story:
    """Nobody could serve: word was left, withdrawn, a call back booked, taken up; some words were erased since."""
    story = Story(4, "欧阳*华").opened()
    story.tell(HumanUnavailable(reason="closed", office=GANZHOU, opens_at=NOON + 40_000))
    left = MessageLeft(text="社保扣款两次，请核实", phone="139****1234", office=GANZHOU, due_at=NOON + 86_400)
    story.tell(left).tell(TicketLeft(reason="left"))
    booked = CallbackBooked(
        phone="139****1234", at=NOON + 40_000, text="想问退费进度", office=GANZHOU, due_at=NOON + 50_000
    )
    story.tell(booked).tell(Assigned(agent=ME, reason="callback"))
    return story.tell(Erased(kind="MessagePosted", digest="0" * 64))
