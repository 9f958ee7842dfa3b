"""The taxpayer's record says who was allowed what and what was done, and nothing that was typed."""

from relay_protocol.binding import Bound, SignedStatement
from relay_protocol.certificates import CertifiedAgent
from relay_protocol.messages import Privilege
from relay_protocol.messages.channel import MovePointer, PasteText, PressKey
from remote_helper.record import Record

LI = CertifiedAgent("8001", "李敏", "西湖区税务局")
BOUND = Bound(LI, frozenset(Privilege), 1, 0.0, SignedStatement("c3RhdGVtZW50", "c2lnbmF0dXJl", ()))
NOON = 1_800_000_000.0


def test_a_consent_is_kept_with_its_proof() -> None:
    record = Record()
    record.granted(frozenset({Privilege.VIEW}), BOUND, NOON)
    text = record.text()
    assert "李敏（工号 8001）查看屏幕" in text
    assert "操作鼠标和键盘" not in text
    assert "c2lnbmF0dXJl" in text


def test_what_was_typed_is_counted_and_never_kept() -> None:
    record = Record()
    for number, char in enumerate("secret"):
        record.audit(PressKey(epoch=1, sequence=number, keysym=ord(char), down=True), NOON + number / 10)
    record.audit(PasteText(epoch=1, sequence=9, text="我的密码"), NOON + 1)
    assert record.inputs == 7
    assert "按键（6 次）" in record.text()
    assert "我的密码" not in record.text()


def test_bursts_become_one_line_and_pauses_begin_another() -> None:
    record = Record()
    for at in (0.0, 0.5, 1.0, 9.0):
        record.audit(MovePointer(epoch=1, sequence=1, x=1, y=1), NOON + at)
    assert record.text().count("移动鼠标") == 2
