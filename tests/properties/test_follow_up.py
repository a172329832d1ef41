"""Follow-up walked through time: what holds whatever the hour and whoever calls."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leads import shipped_ruleset
from tests.walks import Event, Walk
from worker.core.decide import Decision

START = datetime(2026, 10, 26, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENT = {
    "first_name": "Ada",
    "last_name": "Lind",
    "email": "ada.lind@harbormail.com",
    "phone": "(617) 555-0123",
    "zip": "02114",
    "lead_type": "Patient",
    "service_line": "Orthopedics",
    "patient_status": "New",
    "payer": "bcbs",
    "lifecycle_stage": "Lead",
}
hours = st.integers(0, 24 * 8)
calls = st.lists(
    st.tuples(hours, st.sampled_from(("own-101", "own-102", "own-103", "own-111", ""))), max_size=3
)


def walk(start: int, made: list[tuple[int, str]], *, hourly: bool) -> list[Decision]:
    begin = START + start * HOUR
    asked = Event(at=begin - HOUR, activity={"type": "appointment_request"})
    events = [
        Event(at=begin + hour * HOUR, activity={"type": "outbound_call", "owner_id": owner})
        for hour, owner in made
    ]
    if hourly:
        events += [Event(at=begin + hour * HOUR) for hour in range(24 * 14)]
    lead = Walk(ruleset=shipped_ruleset(), values=dict(PATIENT))
    found = lead.along([asked, *events], begin, begin + timedelta(days=14))
    return [decision for decision in found if decision.is_new]


def told(decisions: list[Decision]) -> list[tuple[datetime, object, str | None]]:
    return [(d.decided_at, d.memory.follow_up, d.memory.owner) for d in decisions]


@settings(max_examples=8, deadline=None)
@given(start=hours, made=calls)
def test_looking_every_hour_finds_what_waking_when_due_finds(
    start: int, made: list[tuple[int, str]]
) -> None:
    assert told(walk(start, made, hourly=True)) == told(walk(start, made, hourly=False))


@settings(max_examples=25, deadline=None)
@given(start=hours, made=calls)
def test_nobody_gets_a_lead_twice_and_it_moves_no_more_than_twice(
    start: int, made: list[tuple[int, str]]
) -> None:
    decisions = walk(start, made, hourly=False)
    given_to = [d.memory.owner for d in decisions if d.memory.assigned_at == d.decided_at]
    assert max(Counter(given_to).values()) == 1
    states = [d.memory.follow_up.state for d in decisions if d.memory.follow_up is not None]
    assert states.count("reassigned") <= 2
    assert states[-1] in {"escalated", "followed_up"}


@settings(max_examples=25, deadline=None)
@given(start=hours, made=calls)
def test_of_one_hand_off_the_clock_never_goes_back(start: int, made: list[tuple[int, str]]) -> None:
    order = ("waiting", "reassigned", "reminded", "overdue", "escalated", "followed_up")
    last: dict[datetime | None, int] = {}
    for decision in walk(start, made, hourly=False):
        clock = decision.memory.follow_up
        assert clock is not None
        place = order.index(clock.state)
        assert place >= last.get(decision.memory.assigned_at, 0)
        last[decision.memory.assigned_at] = place
