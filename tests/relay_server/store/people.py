"""What store tests speak of: people, a consultation begun, a message said."""

from relay_protocol.ids import AgentId, ClientId, ConsultationId, TaxpayerId
from relay_protocol.messages import (
    AgentCard,
    Assurance,
    ConsultationOpened,
    MessagePosted,
    Office,
    Sender,
    Side,
    TaxpayerCard,
    Text,
)
from relay_server.domain.consultation import Consultation
from relay_server.store import events
from relay_server.store.base import Transaction
from relay_server.store.keys import Keyring

KEYS = Keyring(b"a master key of thirty-two bytes")
"""The same for every process of a test."""


AGENT = AgentCard(id=AgentId("a1"), number="8001", name="陈静", office=Office(code="360100", name="南昌市税务局"))


def begin(consultation: str, taxpayer: str = "", now: float = 1.0) -> Transaction[Consultation]:
    """Open a consultation of a taxpayer, by default one of its own."""
    card = TaxpayerCard(id=TaxpayerId(taxpayer or f"of-{consultation}"), name="张三", assurance=Assurance.ANONYMOUS)
    id_ = ConsultationId(consultation)
    return events.append(id_, None, [ConsultationOpened(consultation=id_, taxpayer=card, channel="web")], now)


def said(client_id: str, text: str = "您好") -> MessagePosted:
    """Return a message."""
    return MessagePosted(client_id=ClientId(client_id), sender=Sender(side=Side.TAXPAYER), body=Text(text=text))


def say(consultation: str, client_id: str, now: float = 2.0) -> Transaction[int]:
    """Say something in a consultation; return its seq."""
    before = yield from events.load(ConsultationId(consultation))
    after = yield from events.append(ConsultationId(consultation), before, [said(client_id)], now, client_id)
    return after.last_seq
