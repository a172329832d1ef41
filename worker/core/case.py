"""The case: one lead at one instant, as conditions see it, and the three values of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from operator import attrgetter
from zoneinfo import ZoneInfo

from worker.core.model import Activity, ContactChannel, Facts
from worker.core.organisations import Colleague, Membership


class Truth(IntEnum):
    """The three values; ``UNKNOWN`` means that a fact needed for the answer is missing."""

    NO = 0
    YES = 1
    UNKNOWN = 2


NO, YES, UNKNOWN = Truth.NO, Truth.YES, Truth.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a condition may look at: one lead, at one instant.

    ``activities`` are those that count at ``now``, newest first, and ``by_kind`` the same by kind.
    ``today`` is the date of ``now`` in the organisation's time zone. ``met`` holds the truth of
    criteria already evaluated; the evaluation fills it in order. ``records`` are the facts of each
    record of a person who has several, empty otherwise; ``shut`` says, by the fact that holds an
    address, of what somebody who has it as well opted out. ``organisation`` is the same case with
    the actions of everybody in the lead's organisation, None when that is not known, and
    ``colleagues`` what makes the others in it active ones.
    """

    facts: Facts
    activities: tuple[Activity, ...]
    by_kind: Mapping[str, list[Activity]]
    now: datetime
    today: date
    reachable: frozenset[ContactChannel] = frozenset()
    findings: frozenset[str] = frozenset()
    has_blocking_finding: bool = False
    records: tuple[Facts, ...] = ()
    shut: Mapping[str, frozenset[str]] = field(default_factory=dict)
    met: dict[str, Truth] = field(default_factory=dict)
    organisation: Case | None = None
    colleagues: tuple[Colleague, ...] = ()


_NEWEST_FIRST = attrgetter("at", "ref")


def make_case(
    facts: Facts,
    activities: Iterable[Activity],
    now: datetime,
    time_zone: ZoneInfo,
    membership: Membership | None = None,
) -> Case:
    """Prepare a case at ``now``: excluded activities and those still to come count for nothing."""
    case = _make_case(facts, activities, now, time_zone)
    if membership is None:
        return case
    shared = {activity.ref: activity for activity in membership.organisation.actions}
    shared |= {activity.ref: activity for activity in case.activities}
    return replace(
        case,
        organisation=_make_case(facts, shared.values(), now, time_zone),
        colleagues=tuple(
            one
            for one in membership.organisation.colleagues
            if one.member != membership.member and one.acted_at <= now
        ),
    )


def _make_case(
    facts: Facts, activities: Iterable[Activity], now: datetime, time_zone: ZoneInfo
) -> Case:
    counted = [a for a in activities if not a.is_excluded and a.at <= now]
    counted.sort(key=_NEWEST_FIRST, reverse=True)
    by_kind: dict[str, list[Activity]] = {}
    for activity in counted:
        by_kind.setdefault(activity.kind, []).append(activity)
    today = now.astimezone(time_zone).date()
    return Case(facts=facts, activities=tuple(counted), by_kind=by_kind, now=now, today=today)


def with_records(
    case: Case, records: tuple[Facts, ...], shut: Mapping[str, frozenset[str]]
) -> Case:
    """Add what each record says by itself, and what others who share an address opted out of."""
    return replace(case, records=records, shut=shut)


def with_gates(
    case: Case,
    *,
    reachable: frozenset[ContactChannel],
    findings: frozenset[str],
    has_blocking_finding: bool,
) -> Case:
    """Add what the gates look at, and begin with no criterion evaluated."""
    return Case(
        facts=case.facts,
        activities=case.activities,
        by_kind=case.by_kind,
        now=case.now,
        today=case.today,
        reachable=reachable,
        findings=findings,
        has_blocking_finding=has_blocking_finding,
        records=case.records,
        shut=case.shut,
        organisation=case.organisation,
        colleagues=case.colleagues,
    )
