"""The page's pure halves, in the browser they run in: the link machine and the state, without sockets or clocks."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Page

from relay_protocol.messages import AnyEvent
from tests.web.conftest import Place

GOLDEN = Path(__file__).parents[1] / "relay_protocol" / "golden"
STREAM = "consultation/C"

LINK = """async (steps) => {
  const { ClientLink } = await import('/assets/core/link.js')
  let number = 0
  const link = new ClientLink({ hello: {type: 'Hello'}, chance: () => 0.5, newRequestId: () => `r${++number}` })
  return steps.map(([method, argument, now]) => {
    const actions = argument === null ? link[method](now) : link[method](argument, now)
    return actions.map((action) => [action.do, action.message?.type ?? action.state ?? action.at ?? null])
  })
}"""

STATE = """async (frames) => {
  const { apply, initialState, currentOf } = await import('/assets/core/state.js')
  const run = (list) => list.reduce((state, frame) => apply(state, frame, 100), initialState())
  const whole = run(frames)
  return {
    whole,
    twice: run(frames.flatMap((frame) => [frame, frame])),
    late: frames.reduce((state, frame) => apply(state, frame, 100), run(frames.slice(0, 5))),
    current: currentOf(whole),
  }
}"""


@pytest.fixture
def bench(page: Page, place: Place) -> Page:
    """A page of the relay's origin, from which its modules can be imported."""
    page.goto(f"{place.relay}/chat?app=nobody")
    return page


def step(method: str, argument: Any = None, now: float = 0.0) -> list[Any]:
    """One thing that happens to a link."""
    return [method, argument, now]


WELCOME = {"type": "Welcome", "protocol": 1, "epoch": "e", "now": 0, "heartbeat": 15}


def frame(seq: int, event: Any = None) -> dict[str, Any]:
    """An event at its place."""
    return {"type": "EventFrame", "stream": STREAM, "seq": seq, "at": 1.0, "event": event or {"type": "Redacted"}}


LIVE = [
    step("start"),
    step("opened"),
    step("received", WELCOME),
    step("received", {"type": "Done", "request_id": "r1"}),
]


def test_a_link_greets_resumes_and_is_live(bench: Page) -> None:
    assert bench.evaluate(LINK, LIVE) == [
        [["state", "connecting"], ["connect", 0]],
        [["state", "greeting"], ["send", "Hello"]],
        [["deliver", "Welcome"], ["state", "resuming"], ["send", "Resume"]],
        [["state", "live"]],
    ]


def test_events_are_delivered_once_and_a_gap_asks_for_a_resume_once(bench: Page) -> None:
    happened = [step("received", frame(seq)) for seq in (1, 1, 3, 4, 2)]
    assert bench.evaluate(LINK, [*LIVE, *happened])[4:] == [
        [["deliver", "EventFrame"]],
        [],
        [["send", "Resume"]],
        [],
        [["deliver", "EventFrame"]],
    ]


def test_a_request_waits_for_the_resume_and_is_repeated_until_it_is_answered(bench: Page) -> None:
    request = {"type": "AskHuman", "request_id": "mine"}
    happened = [
        step("submit", request),
        *LIVE,
        step("closed", None, 10.0),
        step("opened"),
        step("received", WELCOME),
        step("received", {"type": "Done", "request_id": "r2"}),
        step("received", {"type": "Done", "request_id": "mine"}),
        step("received", {"type": "Done", "request_id": "mine"}),
    ]
    actions = bench.evaluate(LINK, happened)
    assert actions[0] == []
    assert actions[4] == [["state", "live"], ["send", "AskHuman"]]
    assert actions[5] == [["state", "connecting"], ["connect", 10.225]]
    assert actions[8] == [["state", "live"], ["send", "AskHuman"]]
    assert actions[9:] == [[["answered", None]], []]


def test_silence_closes_and_a_head_beyond_the_cursor_resumes(bench: Page) -> None:
    pulse = {"type": "Pulse", "heads": {STREAM: 2}, "now": 1}
    happened = [step("received", pulse), step("tick", None, 16.0), step("tick", None, 37.5)]
    assert bench.evaluate(LINK, [*LIVE, *happened])[4:] == [
        [["send", "Resume"], ["deliver", "Pulse"]],
        [["send", "Heartbeat"]],
        [["close", None]],
    ]


def test_a_refusal_for_good_is_not_tried_again(bench: Page) -> None:
    refusal = {"type": "ErrorReply", "code": "version", "message": "旧"}
    happened = [*LIVE[:2], step("received", refusal), step("closed", None, 1.0)]
    assert bench.evaluate(LINK, happened)[2:] == [[["state", "refused"], ["close", None]], []]


def golden(name: str) -> Any:
    """One event as the protocol's golden files have it."""
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def place_of(name: str) -> int:
    """Every kind of event in an order that a consultation may have."""
    return {"ConsultationOpened": 0, "ServiceFinished": 2, "ConsultationClosed": 2, "Evaluated": 2}.get(name, 1)


def test_the_state_after_every_kind_of_event_is_the_state_read_afresh(bench: Page) -> None:
    kinds = [kind.__name__ for kind in get_args(AnyEvent)]
    order = sorted(kinds, key=lambda name: (place_of(name), kinds.index(name)))
    frames = [frame(seq, {**golden(name), "type": name}) for seq, name in enumerate(order, 1)]
    result = bench.evaluate(STATE, frames)
    assert result["whole"] == result["twice"] == result["late"]
    assert result["current"]["lastSeq"] == len(kinds)
    assert result["current"]["stage"] == "closed"
    assert result["current"]["evaluation"]["level"] == golden("Evaluated")["level"]


def test_a_later_consultation_takes_the_screen_and_an_earlier_one_does_not(bench: Page) -> None:
    opened = {**golden("ConsultationOpened"), "type": "ConsultationOpened"}
    frames = [{**frame(1, opened), "stream": f"consultation/{name}"} for name in ("B", "C", "A")]
    assert bench.evaluate(STATE, frames)["current"]["id"] == "C"


CARD = {"id": "a", "number": "8002", "name": "李强", "office": {"code": "360100", "name": "南昌市税务局"}}
OFFICE = {"code": "360103", "name": "西湖区税务局"}


def after(bench: Page, *events: dict[str, Any]) -> Any:
    """The consultation after these events, in this order."""
    opened = {**golden("ConsultationOpened"), "type": "ConsultationOpened"}
    frames = [frame(seq, event) for seq, event in enumerate([opened, *events], 1)]
    return bench.evaluate(STATE, frames)["current"]


TICKET = {"type": "TicketTaken", "queue": "q", "number": "A007", "day": "2026-11-24", "office": OFFICE}


def test_a_place_that_is_widened_or_left_for_a_while_is_the_same_place(bench: Page) -> None:
    widened = {"type": "Widened", "step": 1, "level": "city", "reach": "南昌市"}
    away = {"type": "TaxpayerAway", "until": 700.0, "reason": "asked"}
    ticket = after(bench, TICKET, widened, away)["ticket"]
    assert (ticket["number"], ticket["reach"], ticket["awayUntil"]) == ("A007", "南昌市", 700)
    assert after(bench, TICKET, widened, away, {"type": "TaxpayerBack"})["ticket"]["awayUntil"] == 0


def test_nobody_there_keeps_the_place_of_who_waits_and_leaves_the_bot_to_who_asks(bench: Page) -> None:
    nobody = {"type": "HumanUnavailable", "reason": "overflow", "office": OFFICE, "opens_at": None}
    waiting = after(bench, TICKET, nobody)
    assert (waiting["stage"], waiting["ticket"]["number"]) == ("queued", "A007")
    asking = after(bench, {"type": "HandOverRequested", "reason": "asked"}, nobody)
    assert (asking["stage"], asking["handedOver"]) == ("bot", False)
    assert asking["unavailable"] == {"reason": "overflow", "office": "西湖区税务局", "opensAt": None}
    left = {"type": "MessageLeft", "text": "求助", "phone": "", "office": OFFICE, "due_at": 900.0}
    word = after(bench, nobody, left)
    assert (word["stage"], word["unavailable"], word["word"]["dueAt"]) == ("left", None, 900)
    assert after(bench, nobody, left, {"type": "TicketLeft", "reason": "left"})["stage"] == "bot"


def test_a_message_taken_back_loses_its_words_and_what_it_quoted(bench: Page) -> None:
    quote = {"seq": 1, "sender": {"side": "agent", "name": "李强"}, "excerpt": "请问"}
    said = {
        "type": "MessagePosted",
        "client_id": "1",
        "sender": {"side": "taxpayer"},
        "body": {"type": "Text", "text": "密"},
    }
    taken = {"type": "MessageRecalled", "target": 2, "sender": {"side": "taxpayer"}}
    assert after(bench, {**said, "quote": quote})["items"][-1]["quote"]["excerpt"] == "请问"
    item = after(bench, {**said, "quote": quote}, taken)["items"][-1]
    assert (item["body"], item["quote"]) == ({"type": "Recalled"}, None)


def test_an_event_that_nobody_knows_yet_changes_nothing(bench: Page) -> None:
    before, later = after(bench, TICKET), after(bench, TICKET, {"type": "constructor", "agent": CARD})
    assert later == {**before, "lastSeq": 3}


def test_held_reminded_and_reopened_are_told_and_any_word_answers_the_reminder(bench: Page) -> None:
    served = [TICKET, {"type": "Assigned", "agent": CARD, "reason": "pulled"}]
    held = after(bench, *served, {"type": "ServiceHeld", "reason": ""})
    assert (held["stage"], held["agent"]["name"]) == ("held", "李强")
    reminded = {"type": "IdleReminded", "ends_at": 800.0}
    said = {
        "type": "MessagePosted",
        "client_id": "1",
        "sender": {"side": "taxpayer"},
        "body": {"type": "Text", "text": "在"},
    }
    assert after(bench, *served, reminded)["remindedUntil"] == 800
    assert after(bench, *served, reminded, said)["remindedUntil"] == 0
    finished = [{"type": "ServiceFinished", "by": "idle"}, {"type": "ConsultationClosed", "reason": "wrapped_up"}]
    again = after(bench, *served, *finished, {"type": "Reopened"})
    assert (again["stage"], again["finishedBy"]) == ("queued", None)
