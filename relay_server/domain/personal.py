"""Which events hold words of or about a person, and what is left of a consultation once they are erased."""

import msgspec

from relay_protocol.messages import (
    AnyEvent,
    Assigned,
    AssistRefused,
    AssistRevoked,
    Assurance,
    CallbackBooked,
    ColleagueInvited,
    ConsultationOpened,
    ContextReceived,
    Evaluated,
    MessageLeft,
    MessagePosted,
    PrivatePosted,
    ServiceHeld,
    TaxpayerBlocked,
    TaxpayerCard,
    TaxpayerUnblocked,
    TransferAsked,
    TransferReturned,
    WatchBegan,
    WrappedUp,
)
from relay_server.domain.consultation import Consultation

PERSONAL = frozenset(
    {
        AssistRefused,
        AssistRevoked,
        Assigned,
        CallbackBooked,
        ColleagueInvited,
        ConsultationOpened,
        ContextReceived,
        Evaluated,
        MessageLeft,
        MessagePosted,
        PrivatePosted,
        ServiceHeld,
        TaxpayerBlocked,
        TaxpayerUnblocked,
        TransferAsked,
        TransferReturned,
        WatchBegan,
        WrappedUp,
    }
)
"""Types of events with a name, a number or free text: they are stored under the person's own key."""

ERASED_NAME = "（已清除）"


def is_personal(event: AnyEvent) -> bool:
    """Tell whether an event holds words of or about the taxpayer."""
    return type(event) in PERSONAL


def without_person(card: TaxpayerCard) -> TaxpayerCard:
    """Return the card of an erased person: the id, and the office for statistics."""
    return TaxpayerCard(id=card.id, name=ERASED_NAME, assurance=Assurance.ANONYMOUS, office=card.office)


def without_words(now: Consultation) -> Consultation:
    """Return a consultation without its person; states, times, places and agents stay for statistics."""
    word = msgspec.structs.replace(now.word, text="", phone="") if now.word is not None else None
    return msgspec.structs.replace(
        now, taxpayer=without_person(now.taxpayer), context=None, suggested_page="", word=word
    )
