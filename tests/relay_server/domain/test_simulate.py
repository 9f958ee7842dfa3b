"""A day played again: as it was, and as it would have been with a rule that widens sooner."""

from relay_protocol.ids import AgentId, ConsultationId, OfferId, Stream, consultation_stream, presence_stream
from relay_protocol.messages import (
    AgentCard,
    AnyEvent,
    EventFrame,
    OfferAccepted,
    Offered,
    Office,
    PresenceChanged,
    PresenceState,
    ServiceFinished,
    TicketLeft,
    TicketTaken,
)
from relay_server.domain import simulate
from relay_server.domain.directory import Directory
from relay_server.domain.records import OfficeRecord
from relay_server.domain.rulebook import Rulebook
from relay_server.domain.rules import Level, RuleSet, Step
from relay_server.domain.simulate import Fate, Summary
from tests.relay_server.domain.queueing import LEVELS, PARENTS, agent

KNOWN = Directory(
    offices={
        code: OfficeRecord(code=code, name=code, level=LEVELS[code], parent=PARENTS.get(code, "")) for code in LEVELS
    }
)
COUNTY = RuleSet(name="default", steps=[Step(after=0, level=Level.COUNTY), Step(after=600, level=Level.PROVINCE)])
SOONER = RuleSet(name="default", steps=[Step(after=0, level=Level.COUNTY), Step(after=10, level=Level.PROVINCE)])
NEAR, FAR = agent("near", capacity=1), agent("far", "360702", capacity=1)
CARDS = {one.card.id: one.card for one in (NEAR, FAR)}


class Log:
    """Writes a log by hand."""

    def __init__(self) -> None:
        self.frames: list[EventFrame] = []
        for name in ("near", "far"):
            self.note(
                presence_stream(AgentId(name)),
                0.0,
                PresenceChanged(state=PresenceState.READY, reason="", cause="agent"),
            )

    def note(self, stream: Stream, at: float, event: AnyEvent) -> None:
        self.frames.append(EventFrame(stream=stream, seq=1, at=at, event=event))

    def serve(self, name: str, came: float, taken: float, over: float, by: AgentCard = NEAR.card) -> None:
        stream = consultation_stream(ConsultationId(name))
        office = Office(code="360103", name="西湖区")
        self.note(stream, came, TicketTaken(queue="360103", number=name, day="2026-11-24", office=office))
        self.note(stream, taken - 2.0, Offered(offer=OfferId("o"), agent=by, expires_at=taken + 30))
        self.note(stream, taken, OfferAccepted(offer=OfferId("o"), agent=by))
        self.note(stream, over, ServiceFinished(by="agent"))


def busy_morning() -> simulate.Day:
    """Two people come together; the county has one agent, who takes 300 s each."""
    log = Log()
    log.serve("A001", 100.0, 102.0, 402.0)
    log.serve("A002", 101.0, 404.0, 704.0)
    return simulate.read_day(log.frames, 0.0, 86_400.0)


def test_a_day_is_read_as_it_was() -> None:
    day = busy_morning()
    assert [one.number for one in day.arrivals] == ["A001", "A002"]
    assert day.answer == 2.0
    assert simulate.before(day) == {"A001": Fate("near", 2.0), "A002": Fate("near", 303.0)}


def test_the_same_rules_lead_to_the_same_day_and_a_wider_rule_to_a_shorter_wait() -> None:
    day = busy_morning()
    same = simulate.after(day, [NEAR, FAR], Rulebook(KNOWN, COUNTY))
    assert same == {"A001": Fate("near", 2.0), "A002": Fate("near", 303.0)}
    sooner = simulate.after(day, [NEAR, FAR], Rulebook(KNOWN, SOONER))
    assert sooner == {"A001": Fate("near", 2.0), "A002": Fate("far", 12.0, 1)}


def test_who_lost_patience_leaves_unless_somebody_comes_free_before() -> None:
    log = Log()
    log.serve("A001", 100.0, 102.0, 402.0)
    second = ConsultationId("A002")
    stream, office = consultation_stream(second), Office(code="360103", name="西湖区")
    log.note(stream, 101.0, TicketTaken(queue="360103", number="A002", day="2026-11-24", office=office))
    log.note(stream, 161.0, TicketLeft(reason="left"))
    day = simulate.read_day(log.frames, 0.0, 86_400.0)
    assert simulate.after(day, [NEAR, FAR], Rulebook(KNOWN, COUNTY))[second] == Fate("", 60.0)
    assert simulate.after(day, [NEAR, FAR], Rulebook(KNOWN, SOONER))[second].agent == "far"


def test_only_the_day_asked_for_is_played_and_an_empty_one_is_no_harm() -> None:
    day = simulate.read_day(Log().frames, 0.0, 86_400.0)
    assert simulate.after(day, [NEAR], Rulebook(KNOWN)) == simulate.before(day) == {}
    assert simulate.summary({}) == Summary(0, 0, 0.0, 0.0, 0.0)
    log = Log()
    log.serve("A001", 100.0, 102.0, 402.0)
    assert simulate.read_day(log.frames, 500.0, 86_400.0).arrivals == ()


def test_a_day_is_told_in_figures() -> None:
    fates = {ConsultationId(str(number)): Fate("a", float(number)) for number in range(1, 5)}
    assert simulate.summary({**fates, ConsultationId("x"): Fate("", 9.0)}) == Summary(4, 1, 2.5, 2.5, 4.0)
