"""What a simulation found, owner by owner, as rows to show and as JSON. Ids and counts only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from worker.core.routing import RoutingPolicy
from worker.core.simulation_tally import (
    Fairness,
    Share,
    Spread,
    Tally,
    spread_of,
    total_fairness,
)
from worker.core.trace import Json

OUTSIDE = "outside the roster"


class Source(StrEnum):
    """Where the arrivals come from."""

    LEDGER = "ledger"
    TABLE = "table"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One roster, and what became of the arrivals with it."""

    policy: RoutingPolicy
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """A simulation of the present roster and, if one was asked for, of a changed one.

    ``moved`` counts the leads that the changed roster gives to somebody else.
    """

    source: Source
    since: datetime
    until: datetime
    zone: ZoneInfo
    open_for: timedelta | None
    present: Outcome
    changed: Outcome | None
    moved: int | None

    @property
    def shown(self) -> Outcome:
        """The roster the question is about."""
        return self.changed or self.present


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most an owner had of what is limited, and the limit; None: there is none."""

    peak: int
    most: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRow:
    """One owner in one team or queue. ``share`` is None for who has no weight there.

    ``kept`` counts the leads an owner had already, wherever; they are not among those given.
    """

    owner: str
    place: str
    given: int
    kept: int
    share: Share | None
    open: Limit
    day: Limit
    week: Limit
    wait: Spread | None
    due: Spread | None


def owner_rows(outcome: Outcome) -> Iterator[OwnerRow]:
    """Yield members team by team, then queues, then all owners outside the roster as one."""
    policy, tally = outcome.policy, outcome.tally
    for fairness in total_fairness(policy, tally):
        shares = {share.member.id: share for share in fairness.shares}
        for member in policy.teams[fairness.team].members:
            given = tally.given[fairness.team, member.id]
            yield _row(tally, member.id, fairness.team, given, shares.get(member.id))
    for name in policy.queues:
        yield _row(tally, name, "queues", tally.given[name, name], None)
    if tally.outside:
        yield OwnerRow(
            owner="everybody",
            place=OUTSIDE,
            given=0,
            kept=tally.outside,
            share=None,
            open=Limit(peak=0, most=None),
            day=Limit(peak=0, most=None),
            week=Limit(peak=0, most=None),
            wait=None,
            due=None,
        )


def _row(tally: Tally, owner: str, place: str, given: int, share: Share | None) -> OwnerRow:
    member = share.member if share else None
    return OwnerRow(
        owner=owner,
        place=place,
        given=given,
        kept=tally.kept_by[owner],
        share=share,
        open=Limit(peak=tally.peak_open[owner], most=member.max_open if member else None),
        day=Limit(peak=tally.peak_day[owner], most=member.max_per_day if member else None),
        week=Limit(peak=tally.peak_week[owner], most=member.max_per_week if member else None),
        wait=spread_of([tally.waits.get(owner, {})]),
        due=spread_of([tally.dues.get(owner, {})]),
    )


def simulation_json(report: SimulationReport) -> dict[str, Json]:
    """Everything the simulation found."""
    open_for = report.open_for
    return {
        "source": report.source.value,
        "from": report.since.isoformat(),
        "to": report.until.isoformat(),
        "open_for_hours": open_for.total_seconds() / 3600 if open_for else None,
        "moved": report.moved,
        "present": _outcome_json(report.present),
        "changed": _outcome_json(report.changed) if report.changed else None,
    }


def _outcome_json(outcome: Outcome) -> dict[str, Json]:
    tally = outcome.tally
    return {
        "arrivals": tally.arrivals,
        "handed_on": tally.again,
        "kept": tally.kept,
        "in_queues": tally.in_queues,
        "outside_the_roster": tally.outside,
        "without_rule": tally.no_rule,
        "held": dict(sorted(tally.held.items())),
        "truth": {
            "compared": tally.compared,
            "same_owner": tally.same,
            "given": dict(sorted(tally.actual.items())),
        },
        "waits": _spread_json(spread_of(tally.waits.values())),
        "dues": _spread_json(spread_of(tally.dues.values())),
        "owners": [_row_json(row) for row in owner_rows(outcome)],
        "fairness": [_fairness_json(f) for f in total_fairness(outcome.policy, tally)],
        "overflow": [
            {"from": meant, "to": place, "leads": count}
            for (meant, place), count in sorted(tally.overflow.items())
        ],
        "refusals": {
            place: dict(sorted(reasons.items()))
            for place, reasons in sorted(tally.refusals.items())
        },
        "days": [
            {"day": str(day), "given": dict(sorted(found.given.items())), "open": found.open}
            for day, found in sorted(tally.days.items())
        ],
    }


def _row_json(row: OwnerRow) -> dict[str, Json]:
    share = row.share
    return {
        "owner": row.owner,
        "place": row.place,
        "given": row.given,
        "kept": row.kept,
        "expected": round(share.expected, 2) if share else None,
        "deviation": round(share.deviation, 2) if share else None,
        "open": _limit_json(row.open),
        "day": _limit_json(row.day),
        "week": _limit_json(row.week),
        "wait": _spread_json(row.wait),
        "due": _spread_json(row.due),
    }


def _limit_json(limit: Limit) -> Mapping[str, Json]:
    used = round(limit.peak / limit.most, 3) if limit.most else None
    return {"peak": limit.peak, "limit": limit.most, "used": used}


def _spread_json(spread: Spread | None) -> Json:
    if spread is None:
        return None
    return {"median": spread.median, "p90": spread.p90, "longest": spread.longest}


def _fairness_json(found: Fairness) -> Mapping[str, Json]:
    return {
        "team": found.team,
        "deviation": round(found.deviation, 2),
        "jain": round(found.index, 4) if found.index is not None else None,
    }
