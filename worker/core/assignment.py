"""Assignment: which member of a team takes a lead, and why each of the others does not.

Shares follow the weights by smooth weighted round robin. Balances move only among the members who
could have taken the lead, so an absent member neither gains nor loses and returns without a rush.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from worker.core.case import Case
from worker.core.model import Facts
from worker.core.teams import Member, Strategy, Team

Balances: TypeAlias = Mapping[tuple[str, str], float]
"""The state of each team's rotation, by team and member."""
_NO_BALANCES: Balances = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """When a member's present day and week began."""

    day_at: datetime
    week_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who has how much just now. ``active`` are the CRMs' live owners as ``system:owner id``.

    ``open`` counts the hand-offs each owner has; ``today`` and ``week`` what each was given since
    its own day and week began (``periods_of``), taken back or not. ``balances`` is the rotation's
    state by team and member. ``active`` None: the CRM has no owner list, and nobody can be checked
    against it.
    """

    active: frozenset[str] | None = None
    open: Mapping[str, int] = field(default_factory=dict)
    today: Mapping[str, int] = field(default_factory=dict)
    week: Mapping[str, int] = field(default_factory=dict)
    balances: Balances = field(default_factory=dict)

    def with_move(
        self,
        before: str | None,
        after: str | None,
        *,
        is_given: bool = False,
        balances: Balances = _NO_BALANCES,
    ) -> Roster:
        """Move one open hand-off from who had it to who has it now; None: nobody.

        What comes out is what the ledger counts once the move is stored, so that nothing depends on
        where a batch ends. A lead that is kept for the first time counts as open too; ``is_given``
        says that it was handed out, which counts for the day and the week of ``after`` and turns the
        rotation on to ``balances``.
        """
        if before == after and not is_given:
            return self
        open_ = dict(self.open)
        if before is not None:
            open_[before] = max(0, open_.get(before, 0) - 1)
        if after is not None:
            open_[after] = open_.get(after, 0) + 1
        if after is None or not is_given:
            return replace(self, open=open_)
        return replace(
            self,
            open=open_,
            today={**self.today, after: self.today.get(after, 0) + 1},
            week={**self.week, after: self.week.get(after, 0) + 1},
            balances={**self.balances, **balances},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A member or rule that was looked at and not taken, and why."""

    candidate: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """The member chosen within one team, if any, and why not the others.

    ``is_refused``: nobody was chosen, because all who could take the lead have refused it.
    """

    member: Member | None
    rejected: tuple[Rejection, ...]
    is_kept: bool = False
    is_refused: bool = False
    balances: Balances = field(default_factory=dict)


REFUSED = "had this lead before, and is not given it again yet"


def pick_member(
    team: Team, case: Case, roster: Roster, *, present: str | None, refused_by: frozenset[str]
) -> Pick:
    """Choose within a team: the present owner while eligible, else by the team's strategy.

    Capacity does not take a lead away from the owner who has it.
    """
    eligible: list[Member] = []
    rejected: list[Rejection] = []
    has_refused = False
    for member in team.members:
        reason = _refusal(member, team, case, roster, is_present=member.id == present)
        if reason is None and member.id in refused_by:
            reason, has_refused = REFUSED, True
        if reason is None:
            eligible.append(member)
        else:
            rejected.append(Rejection(candidate=member.id, reason=reason))
    if not eligible:
        return Pick(member=None, rejected=tuple(rejected), is_refused=has_refused)
    kept = next((member for member in eligible if member.id == present), None)
    chosen, balances = (kept, {}) if kept else _choose(team, eligible, roster)
    why = "the present owner keeps the lead" if kept else "another member's turn"
    rejected += [
        Rejection(candidate=member.id, reason=why) for member in eligible if member is not chosen
    ]
    return Pick(
        member=chosen, rejected=tuple(rejected), is_kept=kept is not None, balances=balances
    )


def _refusal(
    member: Member, team: Team, case: Case, roster: Roster, *, is_present: bool
) -> str | None:
    today = case.now.astimezone(team.calendar.time_zone).date()
    if member.is_paused:
        return "paused"
    if any(absence.first <= today <= absence.last for absence in member.absences):
        return "away"
    if not _is_live(member, roster):
        return "not an active owner in the CRM"
    skill = _missing_skill(member, case.facts)
    if skill is not None:
        return f"does not cover the lead's {skill}"
    return None if is_present else _cap_reached(member, roster)


def _cap_reached(member: Member, roster: Roster) -> str | None:
    has = roster.open.get(member.id, 0)
    if member.max_open is not None and has >= member.max_open:
        return f"has {member.max_open} open hand-offs, the most allowed"
    got = roster.today.get(member.id, 0)
    if member.max_per_day is not None and got >= member.max_per_day:
        return f"got {member.max_per_day} hand-offs today, the most allowed"
    got = roster.week.get(member.id, 0)
    if member.max_per_week is not None and got >= member.max_per_week:
        return f"got {member.max_per_week} hand-offs this week, the most allowed"
    return None


def _is_live(member: Member, roster: Roster) -> bool:
    if roster.active is None:
        return True
    return all(f"{system}:{owner}" in roster.active for system, owner in member.owners.items())


def _missing_skill(member: Member, facts: Facts) -> str | None:
    for fact, covered in member.skills.items():
        value = facts.get(fact)
        if value is not None and value not in covered:
            return fact
    return None


def _choose(
    team: Team, eligible: list[Member], roster: Roster
) -> tuple[Member, dict[tuple[str, str], float]]:
    if team.strategy is Strategy.LEAST_LOADED:
        return min(eligible, key=lambda m: (roster.open.get(m.id, 0) / m.weight, m.id)), {}
    share = sum(member.weight for member in eligible)
    balances = {
        (team.id, member.id): roster.balances.get((team.id, member.id), 0.0) + member.weight / share
        for member in eligible
    }
    chosen = max(eligible, key=lambda m: (balances[(team.id, m.id)], m.weight, m.id))
    balances[(team.id, chosen.id)] -= 1.0
    return chosen, balances
