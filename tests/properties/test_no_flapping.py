"""A year walked day by day: a lead is never moved up and down and up again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.leads import NOW, newest_first, shipped_ruleset
from tests.properties.lead_strategies import KINDS, asking_leads, ready_leads, timed_leads
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Activity, Stage
from worker.core.policy import Verdict

DAY = timedelta(days=1)
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
UNDATED = ("wanted_date", "wanted_within_days", "sales_verdict", "outcome_at", "lifecycle_stage")
"""A wanted date that draws near is an event of its own; what sales says is one too."""


class Move(NamedTuple):
    at: datetime
    before: Stage
    after: Stage
    verdict: Verdict
    pathway: str | None


def walked(lead: LeadSnapshot) -> Iterator[Move]:
    """Yield each move of a year between lead, nurture and mql."""
    ruleset = shipped_ruleset()
    facts = {f: v for f, v in lead.contacts[0].facts.items() if f not in UNDATED}
    lead = replace(lead, stage_set_by_person_at=None)
    stage: Stage | None = None
    for day in range(366):
        known = {**facts, "lifecycle_stage": stage} if stage else facts
        contact = MappedContact(ref=lead.contacts[0].ref, facts=known)
        now = NOW + DAY * day
        decision = decide(ruleset, replace(lead, contacts=(contact,)), Roster(), now)
        moved = decision.judgement.move.stage
        if stage is not None and moved is not None and moved is not stage:
            judgement = decision.judgement
            yield Move(now, stage, moved, judgement.verdict, judgement.pathway)
        stage = moved
        lead = replace(lead, memory=decision.memory)


ORDER = {stage: place for place, stage in enumerate(Stage)}


@slow
@given(lead=ready_leads() | timed_leads() | asking_leads())
def test_without_new_actions_a_lead_is_promoted_once_and_demoted_once_at_most(
    lead: LeadSnapshot,
) -> None:
    known = tuple(activity for activity in lead.activities if activity.at <= NOW)
    moves = list(walked(replace(lead, activities=known)))
    promoted = [move for move in moves if move.after is Stage.MQL]
    demoted = [move for move in moves if move.before is Stage.MQL]
    assert len(promoted) <= 1
    assert len(demoted) <= 1


@st.composite
def busy_leads(draw: st.DrawFn) -> LeadSnapshot:
    """A lead that goes on acting through the year to come."""
    lead = draw(ready_leads())
    happened = [
        Activity(
            ref=f"files:activities:later{number}",
            kind=(kind := draw(st.sampled_from(sorted(KINDS)))),
            at=NOW + DAY * draw(st.integers(0, 300)),
            strength=KINDS[kind],
        )
        for number in range(draw(st.integers(1, 12)))
    ]
    return replace(lead, activities=newest_first((*lead.activities, *happened)))


@slow
@given(lead=busy_leads())
def test_a_lead_is_raised_again_within_the_dwell_time_only_by_a_new_action(
    lead: LeadSnapshot,
) -> None:
    """Time alone never takes back what it did; an action is answered at once (DECISIONS 38).

    Unless time ends the pathway: what another one asks is another matter.
    """
    dwell = shipped_ruleset().configuration.lifecycle.dwell
    lowered: Move | None = None
    for move in walked(lead):
        if ORDER[move.after] < ORDER[move.before]:
            lowered = move
        elif lowered is not None and move.at - lowered.at < dwell:
            is_new = any(lowered.at < activity.at <= move.at for activity in lead.activities)
            assert is_new or move.pathway != lowered.pathway


@slow
@given(lead=busy_leads())
def test_no_two_opposite_moves_come_within_the_dwell_time(lead: LeadSnapshot) -> None:
    """A hold is no opinion of a lead: it takes it out of the hands of sales at once."""
    dwell = shipped_ruleset().configuration.lifecycle.dwell
    raised_at: datetime | None = None
    for move in walked(lead):
        if ORDER[move.after] > ORDER[move.before]:
            raised_at = move.at
        elif raised_at is not None and move.verdict is not Verdict.HOLD:
            assert move.at - raised_at >= dwell
