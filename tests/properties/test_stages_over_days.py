"""Days of actions, refusals and people's edits: the worker makes no move that its table does not list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.leads import NOW, ruleset_with
from tests.properties.lead_strategies import KINDS, ready_leads
from worker.core.assignment import Roster
from worker.core.decide import decide
from worker.core.judgement import LeadSnapshot
from worker.core.lifecycle import PROPOSED, Mover
from worker.core.mapping import MappedContact
from worker.core.model import Activity, Stage, Strength
from worker.core.stage_writes import stage_way

RULESET = ruleset_with(Path(__file__).parents[1] / "cases" / "configurations/lifecycle_evidence")
LIFECYCLE = RULESET.configuration.lifecycle
EVIDENCE = timedelta(days=30)
"""How long a meeting proposes a lead, in that configuration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The stage the CRM shows, and whether a person chose it."""

    stage: Stage | None
    by_person: bool = False


class Days(RuleBasedStateMachine):
    """One lead, decided after everything that happens; what is decided is written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.lead: LeadSnapshot | None = None
        self.facts: dict[str, Any] = {}
        self.seen = Seen(stage=None)
        self.met_at: datetime | None = None

    @initialize(lead=ready_leads())
    def begin(self, lead: LeadSnapshot) -> None:
        self.facts = {f: v for f, v in lead.contacts[0].facts.items() if f != "lifecycle_stage"}
        self.lead = replace(lead, stage_set_by_person_at=None)
        self.look()

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.look()

    @rule(kind=st.sampled_from(sorted(KINDS)))
    def act(self, kind: str) -> None:
        self.happen(kind, KINDS[kind])

    @rule()
    def meet(self) -> None:
        self.met_at = self.now
        self.happen("meeting_held", Strength.NONE)

    @rule(refuses=st.booleans())
    def opt_out(self, refuses: bool) -> None:
        self.facts["opt_out_all"] = refuses
        self.look()

    @rule(stage=st.sampled_from(Stage))
    def set_by_a_person(self, stage: Stage) -> None:
        assert self.lead is not None
        self.now += timedelta(minutes=1)
        self.seen = Seen(stage=stage, by_person=True)
        self.lead = replace(self.lead, stage_set_by_person_at=self.now)
        self.look()

    def happen(self, kind: str, strength: Strength) -> None:
        assert self.lead is not None
        self.now += timedelta(minutes=1)
        ref = f"files:activities:{len(self.lead.activities)}-{self.now:%j%H%M}"
        done = Activity(ref=ref, kind=kind, at=self.now, strength=strength)
        self.lead = replace(self.lead, activities=(done, *self.lead.activities))
        self.look()

    def look(self) -> None:
        """Decide, hold the move against the table, and write it."""
        assert self.lead is not None
        self.now += timedelta(minutes=1)
        before = self.seen
        known = {**self.facts, "lifecycle_stage": before.stage} if before.stage else self.facts
        contact = MappedContact(ref=self.lead.contacts[0].ref, facts=known)
        lead = replace(self.lead, contacts=(contact,))
        decision = decide(RULESET, lead, Roster(), self.now)
        self.lead = replace(self.lead, memory=decision.memory)
        judgement = decision.judgement
        move = judgement.move
        if stage_way(LIFECYCLE, judgement.standing, move, contact.ref) is None:
            return
        assert move.stage is not None
        self.hold_against_the_table(before, move.stage)
        self.seen = Seen(stage=move.stage)

    def hold_against_the_table(self, before: Seen, target: Stage) -> None:
        rows = LIFECYCLE.transitions.get((before.stage, target), ())
        assert [row for row in rows if row.by is not Mover.PEOPLE], (before.stage, target)
        assert before.stage not in LIFECYCLE.people_own
        if before.by_person:
            assert self.respect_is_over()
        if target in LIFECYCLE.people_own:
            assert target is PROPOSED
            assert self.met_at is not None
            assert self.now < self.met_at + EVIDENCE

    def respect_is_over(self) -> bool:
        """A person's stage stands for the cool-down, or until the lead takes a strong step after it."""
        assert self.lead is not None
        set_at = self.lead.stage_set_by_person_at
        assert set_at is not None
        strong = [a.at for a in self.lead.activities if a.strength is Strength.STRONG]
        is_answered = any(set_at < at <= self.now for at in strong)
        return is_answered or self.now >= set_at + LIFECYCLE.person_cool_down


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
