"""The case: one lead at one instant, as conditions see it, and the three values of their answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

import msgspec

from worker.core.exclusions import NO_EXCLUSIONS, Exclusions, PassedOver, screen
from worker.core.model import Activity, ContactChannel, Facts
from worker.core.organisations import Colleague, Membership


class Truth(IntEnum):
    """The three values; ``UNKNOWN`` means that a fact needed for the answer is missing."""

    NO = 0
    YES = 1
    UNKNOWN = 2


NO, YES, UNKNOWN = Truth.NO, Truth.YES, Truth.UNKNOWN


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a condition may look at: one lead, at one instant.

    ``activities`` are those that count at ``now``, newest first, and ``by_kind`` the same by kind,
    with those of governed kinds as well: they count only for who asks for the kind by its name.
    ``today`` is the date of ``now`` in the organisation's time zone. ``met`` holds the truth of
    criteria already evaluated; the evaluation fills it in order. ``records`` are the facts of each
    record of a person who has several, empty otherwise; ``shut`` says, by the fact that holds an
    address, of what somebody who has it as well opted out. ``organisation`` is the same case with
    the actions of everybody in the lead's organisation, None when that is not known, and
    ``colleagues`` what makes the others in it active ones. ``passed_over`` are the activities that
    count for nothing, each with the rule that says so.
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
    shut: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    passed_over: tuple[PassedOver, ...] = ()
    met: dict[str, Truth] = msgspec.field(default_factory=dict)
    organisation: Case | None = None
    colleagues: tuple[Colleague, ...] = ()


def make_case(
    facts: Facts,
    activities: Iterable[Activity],
    now: datetime,
    time_zone: ZoneInfo,
    membership: Membership | None = None,
    exclusions: Exclusions = NO_EXCLUSIONS,
    outsider: str | None = None,
    governed: frozenset[str] = frozenset(),
) -> Case:
    """Prepare a case at ``now``: excluded activities and those still to come count for nothing.

    ``outsider`` is the rule by which nothing that this lead does counts; ``governed`` are the kinds
    that count only by name.
    """
    counted, passed_over = screen(exclusions, activities, now, outsider)
    case = Case(
        facts=facts,
        activities=_of_any_kind(counted, governed),
        by_kind=_by_kind(counted),
        now=now,
        today=now.astimezone(time_zone).date(),
        passed_over=passed_over,
    )
    if membership is None:
        return case
    return _with_organisation(case, membership, exclusions, governed)


def _with_organisation(
    case: Case, membership: Membership, exclusions: Exclusions, governed: frozenset[str]
) -> Case:
    """Add what the others in the organisation did; a burst is the doing of one person.

    Whether the others agreed to our outreach is not looked up, so their answers to it do not count.
    """
    others = membership.organisation.actions
    shared = {a.ref: a for a in others if a.kind not in exclusions.responses}
    shared |= {activity.ref: activity for own in case.by_kind.values() for activity in own}
    sources = Exclusions(sources=exclusions.sources)
    counted, _passed_over = screen(sources, shared.values(), case.now, None)
    return msgspec.structs.replace(
        case,
        organisation=msgspec.structs.replace(
            case, activities=_of_any_kind(counted, governed), by_kind=_by_kind(counted)
        ),
        colleagues=tuple(
            one
            for one in membership.organisation.colleagues
            if one.member != membership.member and one.acted_at <= case.now
        ),
    )


def _of_any_kind(counted: list[Activity], governed: frozenset[str]) -> tuple[Activity, ...]:
    if not governed:
        return tuple(counted)
    return tuple([activity for activity in counted if activity.kind not in governed])


def _by_kind(activities: Iterable[Activity]) -> dict[str, list[Activity]]:
    by_kind: dict[str, list[Activity]] = {}
    for activity in activities:
        by_kind.setdefault(activity.kind, []).append(activity)
    return by_kind


def without(case: Case, rules: Mapping[str, str]) -> Case:
    """Leave out actions, by reference, each with the rule by which it counts for nothing."""
    if not rules:
        return case
    kept = [a for each in case.by_kind.values() for a in each if a.ref not in rules]
    passed = tuple([PassedOver(ref, rule) for ref, rule in rules.items()])
    return msgspec.structs.replace(
        case,
        activities=tuple([a for a in case.activities if a.ref not in rules]),
        by_kind=_by_kind(kept),
        passed_over=(*case.passed_over, *passed),
        organisation=without(case.organisation, rules) if case.organisation else None,
    )


def with_records(
    case: Case, records: tuple[Facts, ...], shut: Mapping[str, frozenset[str]]
) -> Case:
    """Add what each record says by itself, and what others who share an address opted out of."""
    return msgspec.structs.replace(case, records=records, shut=shut)


def of_record(case: Case, facts: Facts) -> Case:
    """Give the case as one record by itself tells it."""
    return msgspec.structs.replace(case, facts=facts, records=())


def as_routed(case: Case, pathway: str) -> Case:
    """Add the pathway to what evidence of a stage, routing, and an exception may ask for."""
    return msgspec.structs.replace(case, facts={**case.facts, "pathway": pathway})


def with_gates(
    case: Case,
    *,
    reachable: frozenset[ContactChannel],
    findings: frozenset[str],
    has_blocking_finding: bool,
) -> Case:
    """Add what the gates look at, and begin with no criterion evaluated."""
    return msgspec.structs.replace(
        case,
        reachable=reachable,
        findings=findings,
        has_blocking_finding=has_blocking_finding,
        met={},
    )
