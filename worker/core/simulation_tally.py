"""What a simulation counts: loads, waits, overflow, and how fair the shares are.

Everything is counted as it happens, by owner and day, so that memory does not grow with the number
of leads. Waits are kept in whole minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil

from worker.core.assignment import Roster, Why, weight_at
from worker.core.routing import Route, RoutingPolicy
from worker.core.teams import Member, Team

_MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Day:
    """One day: what each owner was given, and how many leads were open when it ended."""

    given: Counter[str] = field(default_factory=Counter)
    open: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was counted so far. ``arrivals`` are leads that came, those ``held`` by reason among them.

    ``given`` is by team or queue and owner, ``kept_by`` and ``actual`` (what was given
    in truth) by owner. ``due_shares`` is what the weights give of each lead to those of the team who
    could have taken it.
    """

    arrivals: int = 0
    again: int = 0
    kept: int = 0
    outside: int = 0
    in_queues: int = 0
    no_rule: int = 0
    held: Counter[str] = field(default_factory=Counter)
    same: int = 0
    compared: int = 0
    given: Counter[tuple[str, str]] = field(default_factory=Counter)
    due_shares: dict[tuple[str, str], float] = field(default_factory=dict)
    kept_by: Counter[str] = field(default_factory=Counter)
    actual: Counter[str] = field(default_factory=Counter)
    overflow: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: dict[str, Counter[str]] = field(default_factory=dict)
    peak_open: Counter[str] = field(default_factory=Counter)
    peak_day: Counter[str] = field(default_factory=Counter)
    peak_week: Counter[str] = field(default_factory=Counter)
    waits: dict[str, Counter[int]] = field(default_factory=dict)
    dues: dict[str, Counter[int]] = field(default_factory=dict)
    days: dict[date, Day] = field(default_factory=dict)
    today: date | None = None

    def turn_day(self, day: date, open_: Mapping[str, int]) -> None:
        """End the days before ``day``; those without an arrival are days as well."""
        if self.today is None:
            self.today = day
            self.days[day] = Day()
        while self.today < day:
            self.end_day(open_)
            self.today += timedelta(days=1)
            self.days[self.today] = Day()

    def end_day(self, open_: Mapping[str, int]) -> None:
        """Note how many leads are open as the present day ends."""
        if self.today is not None:
            self.days[self.today].open = sum(open_.values())

    def count_route(self, route: Route, owner: str, meant_for: str, *, is_again: bool) -> None:
        """Count a hand-off, and why it did not stay where the rules had sent it."""
        self.arrivals += 1
        self.again += is_again
        self.kept += route.is_kept
        self.in_queues += route.is_queue
        self.outside += route.owner is None
        self.no_rule += route.rule is None
        self.kept_by.update([owner] if route.is_kept else [])
        if self.today is not None:
            self.days[self.today].given[owner] += 1
        if route.owner is not None and not route.is_kept:
            self.given[route.target, owner] += 1
        if route.owner is not None and route.target != meant_for:
            self.overflow[meant_for, route.target] += 1
            told = {r.reason for r in route.rejected if r.code not in _NO_OBSTACLE}
            self.refusals.setdefault(meant_for, Counter()).update(told)

    def count_share(self, team: Team, route: Route, now: datetime) -> None:
        """Share a lead that was given among those who could have had it, by their weight then."""
        could = {one.candidate for one in route.rejected if one.code is Why.NOT_THEIR_TURN}
        weights = {
            member.id: weight_at(member, team, now)
            for member in team.members
            if member.id == route.owner or member.id in could
        }
        whole = sum(weights.values())
        for name, weight in weights.items():
            key = (team.id, name)
            self.due_shares[key] = self.due_shares.get(key, 0.0) + weight / whole

    def count_hold(self, reason: str) -> None:
        """Count a lead that nobody could have."""
        self.arrivals += 1
        self.held[reason] += 1

    def count_truth(self, owner: str, actual: str | None, *, was_given: bool) -> None:
        """Compare with who had the lead in truth, given it or keeping it."""
        if actual is not None:
            self.actual.update([actual] if was_given else [])
            self.compared += 1
            self.same += actual == owner

    def count_load(self, owner: str, roster: Roster) -> None:
        """Note the highest load an owner ever had."""
        self.peak_open[owner] = max(self.peak_open[owner], roster.open.get(owner, 0))
        self.peak_day[owner] = max(self.peak_day[owner], roster.today.get(owner, 0))
        self.peak_week[owner] = max(self.peak_week[owner], roster.week.get(owner, 0))

    def count_wait(self, owner: str, wait: timedelta) -> None:
        """Count the time until the owner is at work."""
        self.waits.setdefault(owner, Counter())[wait // _MINUTE] += 1

    def count_due(self, owner: str, left: timedelta) -> None:
        """Count the time until the next step is due; one that is overdue has none left."""
        self.dues.setdefault(owner, Counter())[max(0, left // _MINUTE)] += 1


_NO_OBSTACLE = frozenset({Why.NOT_THEIR_TURN, Why.OWNER_KEEPS, Why.ACCOUNT_OWNER, Why.NO_MATCH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Half of the waits are no longer than ``median``, nine in ten no longer than ``p90``; minutes."""

    median: int
    p90: int
    longest: int


def spread_of(counts: Iterable[Mapping[int, int]]) -> Spread | None:
    """Describe minutes that were counted; None when there are none."""
    joined: Counter[int] = Counter()
    for each in counts:
        joined.update(each)
    if not joined:
        return None
    ordered = sorted(joined.items())
    return Spread(median=_rank(ordered, 0.5), p90=_rank(ordered, 0.9), longest=ordered[-1][0])


def _rank(ordered: list[tuple[int, int]], share: float) -> int:
    """The smallest value that so large a share of all does not exceed."""
    needed, seen = ceil(share * sum(count for _value, count in ordered)), 0
    for value, count in ordered:
        seen += count
        if seen >= needed:
            return value
    return ordered[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a member was given of what the team was given, and what the weights would give.

    Of each lead only whoever could have taken it has a share: nobody who was away, full or not
    skilled for it, and of an account owner's lead nobody else.
    """

    team: str
    member: Member
    given: int
    expected: float

    @property
    def deviation(self) -> float:
        return self.given - self.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """``deviation`` is the largest, in leads. ``index`` is Jain's: 1 when all shares follow the
    weights, 1/n when one of n has everything; None when nothing was given."""

    team: str
    shares: tuple[Share, ...]
    deviation: float
    index: float | None


def fairness_of(team: Team, tally: Tally) -> Fairness:
    """Compare what the members of a team were given with their shares; who is paused has none."""
    shares = tuple(
        Share(
            team=team.id,
            member=member,
            given=tally.given[team.id, member.id],
            expected=tally.due_shares.get((team.id, member.id), 0.0),
        )
        for member in team.members
        if not member.is_paused or tally.given[team.id, member.id]
    )
    return Fairness(
        team=team.id,
        shares=shares,
        deviation=max((abs(share.deviation) for share in shares), default=0.0),
        index=_jain([share.given / share.expected for share in shares if share.expected]),
    )


def _jain(parts: list[float]) -> float | None:
    """Jain's fairness index, (sum of x)² / (n · sum of x²)."""
    squares = sum(part * part for part in parts)
    return sum(parts) ** 2 / (len(parts) * squares) if squares else None


def total_fairness(policy: RoutingPolicy, tally: Tally) -> tuple[Fairness, ...]:
    """Describe each team, in the order it is written."""
    return tuple(fairness_of(team, tally) for team in policy.teams.values())
