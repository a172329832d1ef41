"""Two workers, killed and started again at will, while leads and members come, go and change.

The machine decides real leads batch by batch on SQLite and recounts everything after every step.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.leads import shipped_ruleset
from tests.support.given_base import Base
from tests.support.recount import given_of, rows_of, wrong_counts
from worker.core.routing import periods_of
from worker.core.teams import Member, Team

START = datetime(2026, 11, 24, 15, tzinfo=UTC)
"""Two days before Thanksgiving."""
TEAM = "scheduling"
LINES = ("orthopedics", "orthopedics", "behavioral_health")
SOME = st.integers(0, 10_000)
UNLIMITED = (None, None, None)
STANDING = "SELECT id, owner, stage, verdict, next_step_due_at, is_dirty, decision_id FROM profiles"


class TwoWorkers(RuleBasedStateMachine):
    """Everything that may happen to a base while two workers decide its halves."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        policy = shipped_ruleset().configuration.routing
        owners = {
            owner
            for place in (*_members(policy.teams), *policy.queues.values())
            for owner in place.owners.values()
        }
        self.base = Base(
            folder=Path(self.folder.name),
            now=START,
            policy=policy,
            active=dict.fromkeys(sorted(owners), True),
            on_step=self.counts_can_be_recounted,
        )
        self.base.open()
        self.seen: set[str] = set()
        self.is_even = True

    def teardown(self) -> None:
        self.base.close()
        self.folder.cleanup()

    # --- the roster

    @property
    def team(self) -> Team:
        return self.base.policy.teams[TEAM]

    def members(self) -> dict[str, Member]:
        return {member.id: member for member in _members(self.base.policy.teams)}

    def settle(self) -> None:
        """Have everything decided by the rules and at the time that are about to change.

        Leads keep coming, whichever rules hypothesis leaves out.
        """
        self.arrive([LINES[0], LINES[2]])
        self.base.finish()
        self.no_cap_is_exceeded()
        self.nobody_who_cannot_is_given_a_lead()

    def change_team(self, members: list[Member]) -> None:
        self.settle()
        self.set_team(members)

    def set_team(self, members: list[Member]) -> None:
        teams = {**self.base.policy.teams, TEAM: replace(self.team, members=tuple(members))}
        self.base.policy = replace(self.base.policy, teams=teams)
        self.base.changes += 1
        self.is_even = False

    @initialize(
        caps=st.just(UNLIMITED) | st.tuples(*[st.sampled_from((None, None, 2, 6))] * 3),
        count=st.integers(0, 12),
    )
    def begin(self, caps: tuple[int | None, int | None, int | None], count: int) -> None:
        per_day, per_week, most_open = caps
        self.set_team(
            [
                replace(one, max_per_day=per_day, max_per_week=per_week, max_open=most_open)
                for one in self.team.members
            ]
        )
        self.is_even = caps == UNLIMITED
        self.arrive([LINES[0]] * count)

    @rule(which=SOME)
    def pause_or_return(self, which: int) -> None:
        members = list(self.team.members)
        assume(members)
        one = members[which % len(members)]
        members[which % len(members)] = replace(one, is_paused=not one.is_paused)
        self.change_team(members)

    @rule(weight=st.sampled_from((0.5, 1.0, 2.0)), cap=st.none() | st.integers(1, 5))
    def add_member(self, weight: float, cap: int | None) -> None:
        name = f"new-{self.base.changes}"
        self.settle()
        self.base.active[f"own-{name}"] = True
        new = Member(id=name, owners={"files": f"own-{name}"}, weight=weight, max_per_day=cap)
        self.change_team([*self.team.members, new])

    def writes_land(self) -> None:
        """From now on the CRM shows the owners that were decided."""
        owners, places = self.owners(), {**self.base.policy.queues, **self.members()}
        shown = {name: places[owners[name]].owners for name in self.base.living() if name in owners}
        self.base.change_all({name: {"owner_id": ids["files"]} for name, ids in shown.items()})

    @rule(which=SOME, lands=st.booleans())
    def remove_member(self, which: int, lands: bool) -> None:
        """Nobody else's leads move, whether or not the CRM shows yet who has them."""
        assume(len(self.team.members) > 1)
        self.settle()
        if lands:
            self.writes_land()
        member = self.team.members[which % len(self.team.members)]
        gone = member.id
        before = self.owners()
        self.change_team([one for one in self.team.members if one.id != gone])
        self.settle()
        after = self.owners()
        moved = {name for name, owner in before.items() if after.get(name) != owner}
        assert moved <= {name for name, owner in before.items() if owner == gone}
        assert not {gone, f"files:{member.owners['files']}"} & set(after.values())

    @rule(which=SOME)
    def leave_or_come_back_in_the_crm(self, which: int) -> None:
        self.settle()
        names = [one.owners["files"] for one in _members(self.base.policy.teams)]
        name = names[which % len(names)]
        others = sum(self.base.active.values()) - self.base.active[name]
        assume(others * 2 > len(self.base.active))
        self.base.active[name] = not self.base.active[name]
        self.is_even = False

    # --- leads

    @rule(lines=st.lists(st.sampled_from(LINES), min_size=4, max_size=12))
    def arrive(self, lines: list[str]) -> None:
        self.base.arrive(lines)

    @rule(
        which=st.lists(SOME, min_size=1, max_size=6),
        what=st.sampled_from(("rejected", "gone", "customer", "opt out", "open")),
    )
    def hear_of_leads(self, which: list[int], what: str) -> None:
        for one in which:
            living = self.base.living()
            assume(living)
            self.hear(living[one % len(living)], what)

    def hear(self, name: str, what: str) -> None:
        match what:
            case "rejected":
                at = self.base.now.isoformat()
                self.base.change(name, sales_verdict="Rejected", outcome_at=at)
                self.is_even = False
            case "gone":
                self.base.change(name, is_deleted=True)
            case "customer":
                self.base.change(name, lifecycle_stage="Customer")
            case "opt out":
                self.base.change(name, opt_out_all="true")
            case _:
                self.base.change(name, lifecycle_stage="Lead", sales_verdict=None)

    # --- workers and time

    @rule(which=st.integers(0, 1), batches=st.integers(1, 4))
    def decide(self, which: int, batches: int) -> None:
        for _batch in range(batches):
            self.base.step(self.base.workers[which])

    @rule(which=st.integers(0, 1), statement=st.integers(0, 60))
    def kill(self, which: int, statement: int) -> None:
        """Kill a worker before one of its next statements, or before it commits."""
        worker = self.base.workers[which]
        worker.dies_after = statement
        self.base.step(worker)
        self.base.kill(worker)

    @rule(hours=st.sampled_from((1, 7, 24, 72, 168)))
    def let_time_pass(self, hours: int) -> None:
        """After a day the first leads have been passed on, since nobody follows them up."""
        self.settle()
        self.base.now += timedelta(hours=hours)
        self.is_even = self.is_even and self.base.now - START < timedelta(hours=24)

    @rule()
    def finish(self) -> None:
        self.settle()
        self.writes_land()

    # --- what must hold

    def owners(self) -> dict[str, str]:
        rows = rows_of(self.base.ledger, STANDING)
        return {row.id: row.owner for row in rows if row.owner is not None}

    @invariant()
    def counts_can_be_recounted(self) -> None:
        assert wrong_counts(self.base.ledger) == []

    @invariant()
    def no_cap_is_exceeded(self) -> None:
        since = periods_of(self.base.policy, self.base.now)
        given = given_of(self.base.ledger)
        open_ = Counter(self.owners().values())
        for name, member in self.members().items():
            mine = [one.at for one in given if one.owner == name]
            day = sum(at >= since[name].day_at for at in mine)
            week = sum(at >= since[name].week_at for at in mine)
            assert member.max_per_day is None or day <= member.max_per_day
            assert member.max_per_week is None or week <= member.max_per_week
            assert member.max_open is None or open_[name] <= member.max_open

    @invariant()
    def nobody_who_cannot_is_given_a_lead(self) -> None:
        members, queues = self.members(), self.base.policy.queues
        handed = {row.decision_id: row.owner for row in self.handed()}
        for decision in handed.keys() - self.seen:
            who = handed[decision]
            place = members.get(who) or queues[who]
            assert all(self.base.active[owner] for owner in place.owners.values())
            assert who in queues or not members[who].is_paused
        self.seen |= handed.keys()

    def handed(self) -> list[object]:
        query = "SELECT decision_id, owner FROM assignments WHERE is_given"
        return rows_of(self.base.ledger, query)

    @invariant()
    def every_qualified_lead_has_one_owner_and_next_step_or_a_hold(self) -> None:
        query = "SELECT id, body FROM decisions"
        bodies = {row.id: row.body for row in rows_of(self.base.ledger, query)}
        for row in rows_of(self.base.ledger, STANDING):
            if row.stage != "mql" or row.decision_id is None:
                continue
            reasons = json.loads(bodies[row.decision_id])["reasons"]
            is_held = any(code.startswith(("HOLD_", "STAGE_")) for code in reasons)
            assert (row.owner is not None) == (row.next_step_due_at is not None)
            assert row.owner is not None or is_held, reasons

    @precondition(lambda self: self.is_even)
    @invariant()
    def shares_are_within_one_lead_of_the_weights(self) -> None:
        """As long as nobody was ever absent, full, or refused a lead."""
        given = Counter(one.owner for one in given_of(self.base.ledger) if one.team == TEAM)
        total, weights = sum(given.values()), {m.id: m.weight for m in self.team.members}
        for name, weight in weights.items():
            assert abs(given[name] - total * weight / sum(weights.values())) <= 1


def _members(teams: Mapping[str, Team]) -> list[Member]:
    return [member for team in teams.values() for member in team.members]


TestTwoWorkers = TwoWorkers.TestCase
TestTwoWorkers.settings = settings(
    max_examples=7,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(4, 9), st.integers(0, 1), st.none() | st.integers(0, 60)),
        min_size=3,
        max_size=6,
    )
)
def test_two_workers_that_are_killed_share_one_rotation(
    steps: list[tuple[int, int, int | None]],
) -> None:
    """While everybody is there: leads arrive, and one of the workers goes on or is killed."""
    machine = TwoWorkers()
    machine.begin(caps=UNLIMITED, count=0)
    for leads, which, statement in steps:
        machine.arrive([LINES[0]] * leads)
        if statement is None:
            machine.decide(which, 1)
        else:
            machine.kill(which, statement)
        machine.shares_are_within_one_lead_of_the_weights()
    machine.settle()
    machine.shares_are_within_one_lead_of_the_weights()
    machine.teardown()
