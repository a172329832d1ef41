"""When a decision falls due: the next instant at which time alone changes the verdict.

Between the moments at which a window closes or a date is reached, only the fading of points can
change anything, and fading only lowers a score; so each such stretch needs a look at its ends, and
a bisection where they differ.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from worker.core.availability import Admission
from worker.core.case import YES, Case, as_routed
from worker.core.conditions import FactTest, Operator
from worker.core.exclusions import LOOK_BACK
from worker.core.identity import MergedLead
from worker.core.judgement import Judgement, LeadSnapshot, is_qualified, judge
from worker.core.model import Activity, FactValue
from worker.core.qualification import hold_unreachable, qualify
from worker.core.quality import CLOCK_SLACK, severity_of, turning_points
from worker.core.reasoning import STOPPED
from worker.core.reasons import Severity
from worker.core.ruleset import Ruleset
from worker.core.windows import ActionWindows, Windows

TICK = timedelta(microseconds=1)
PRECISION = timedelta(seconds=1)
"""A fading score's crossing is found to within this; everything else is exact."""
FAR_AHEAD = timedelta(days=3 * 365)
"""Nothing is looked for beyond this; such a lead is looked at again then."""


def next_change_at(
    ruleset: Ruleset, snapshot: LeadSnapshot, lead: MergedLead, judgement: Judgement
) -> datetime | None:
    """Find when the verdict changes though nothing happens; None when it never does.

    Of a lead that waits for an opening, when it would not qualify any longer.
    """
    judgement = judgement.held_back or judgement
    if judgement.move.is_hands_off:
        return None
    now = judgement.case.now
    present = judgement.signature()
    windows = _windows_of(ruleset, judgement)
    fades = windows.decays and _can_fade(ruleset, snapshot, judgement)

    def stands(since: Judgement, at: datetime) -> bool:
        is_same = _scores_alike(ruleset, snapshot, since, at)
        return is_same or judge(ruleset, snapshot, lead, at).signature() == present

    moments = {at for at in _moments(ruleset, snapshot, judgement, windows) if at > now}
    for at in sorted(moments):
        if at > now + FAR_AHEAD:
            return at
        before = at - TICK
        if fades and before > judgement.case.now and not stands(judgement, before):
            return _bisect(partial(stands, judgement), judgement.case.now, before)
        judgement = judge(ruleset, snapshot, lead, at)
        if judgement.signature() != present:
            return at
    end = now + FAR_AHEAD
    if fades and not stands(judgement, end):
        return _bisect(partial(stands, judgement), judgement.case.now, end)
    return None


def _scores_alike(ruleset: Ruleset, snapshot: LeadSnapshot, since: Judgement, at: datetime) -> bool:
    """Tell whether a score says the same later on, when nothing but fading lies in between.

    Then consent, findings and what counts are as they were, and need not be looked at again.
    """
    found, pathway = since.qualification, since.pathway
    if found is None or pathway is None:
        return False
    case = msgspec.structs.replace(since.case, now=at, met={})
    is_now = is_qualified(snapshot, since.standing)
    later = qualify(ruleset.policies[pathway], case, is_qualified_now=is_now)
    later = hold_unreachable(later, case)
    return (later.verdict, later.reasons) == (found.verdict, found.reasons)


def next_exception_at(
    ruleset: Ruleset, snapshot: LeadSnapshot, lead: MergedLead, admission: Admission
) -> datetime | None:
    """Find when a lead that waits becomes one for which the rule makes an exception."""
    exceptions = {rule.id: found for rule, found in ruleset.availability.rules}
    holds = exceptions.get(admission.rule.id)
    if holds is None:
        return None
    now, windows = admission.now, ruleset.availability.windows
    judgement = judge(ruleset, snapshot, lead, now)
    for at in sorted({at for at in _moments(ruleset, snapshot, judgement, windows) if at > now}):
        later = judge(ruleset, snapshot, lead, at)
        if later.pathway is not None and holds(as_routed(later.case, later.pathway)) is YES:
            return at
    return None


def _windows_of(ruleset: Ruleset, judgement: Judgement) -> Windows:
    """A lead that is stopped says only what stops it, so only that can change."""
    found, pathway = judgement.qualification, judgement.pathway
    if pathway is not None and found is not None and found.stopped_by is not None:
        says_one_thing = found.verdict in STOPPED and len(found.reasons) == 1
        return (ruleset.stopped_windows if says_one_thing else ruleset.windows)[pathway]
    return ruleset.windows[pathway]


def _can_fade(ruleset: Ruleset, snapshot: LeadSnapshot, judgement: Judgement) -> bool:
    """Fading matters only to a lead whose scores now reach all that some rule, or keeping it, asks."""
    found, pathway = judgement.qualification, judgement.pathway
    if pathway is None or found is None:
        return False
    if any(activity.at > judgement.case.now for activity in _all_actions(snapshot)):
        return True
    policy = ruleset.policies[pathway].policy
    asked = [(rule.total, rule.families) for rule in policy.rules]
    if policy.keep is not None and is_qualified(snapshot, judgement.standing):
        asked.append((policy.keep.total, policy.keep.families))
    return any(
        (total is not None or families)
        and found.total >= (total or 0.0)
        and all(found.families.get(family, 0.0) >= least for family, least in families.items())
        for total, families in asked
    )


def _all_actions(snapshot: LeadSnapshot) -> Iterator[Activity]:
    yield from snapshot.activities
    if snapshot.membership is not None:
        yield from snapshot.membership.organisation.actions


def _bisect(stands: Callable[[datetime], bool], low: datetime, high: datetime) -> datetime:
    """Find where what stands at ``low`` has ceased to, as it has at ``high``."""
    while high - low > PRECISION:
        middle = low + (high - low) / 2
        if stands(middle):
            low = middle
        else:
            high = middle
    return high


def _moments(
    ruleset: Ruleset, snapshot: LeadSnapshot, judgement: Judgement, windows: Windows
) -> Iterator[datetime]:
    yield from _activity_moments(snapshot, windows)
    responses = ruleset.configuration.exclusions.responses
    yield from _newest_closings(snapshot, judgement.case, windows, responses)
    zone = ruleset.configuration.time_zone
    case = judgement.case
    for test in windows.facts:
        for facts in (case.facts, *case.records):
            value = facts.get(test.fact)
            if value is not None:
                yield from _fact_moments(test, value, zone)
    yield from _standing_moments(ruleset, judgement)
    yield from _finding_moments(ruleset, judgement, windows)


def _finding_moments(
    ruleset: Ruleset, judgement: Judgement, windows: Windows
) -> Iterator[datetime]:
    """The instants at which a finding comes or goes; not of one that is told nowhere and asked by none."""
    facts, quality = judgement.case.facts, ruleset.quality.policy
    for moment, spot in turning_points(facts, quality):
        severity = severity_of(spot.code, quality, judgement.pathway)
        if severity is not Severity.INFO or spot.code in windows.findings:
            yield moment
    for fact in ruleset.quality.past_facts:
        at = facts.get(fact)
        if isinstance(at, date) and not isinstance(at, datetime):
            at = datetime.combine(at, time.min, UTC)
        if isinstance(at, datetime) and at > judgement.case.now:
            yield at - CLOCK_SLACK


def _activity_moments(snapshot: LeadSnapshot, windows: Windows) -> Iterator[datetime]:
    for activity in snapshot.activities:
        if not activity.is_excluded:
            yield activity.at
            yield from _closings(activity, windows.own)
    if snapshot.membership is None:
        return
    together = windows.organisation
    for activity in snapshot.membership.organisation.actions:
        yield activity.at
        yield from _closings(activity, together)
    for colleague in snapshot.membership.organisation.colleagues:
        yield colleague.acted_at
        for length in windows.colleagues:
            yield colleague.acted_at + length


def _closings(activity: Activity, windows: ActionWindows) -> Iterator[datetime]:
    """The instants at which an action falls out of a window."""
    for length in windows.by_kind.get(activity.kind, ()):
        yield activity.at + length
    for length in windows.by_strength.get(activity.strength, ()):
        yield activity.at + length


def _newest_closings(
    snapshot: LeadSnapshot, case: Case, windows: Windows, responses: Container[str]
) -> Iterator[datetime]:
    """The instants at which the newest action falls out of a window; of older ones it covers none.

    What is to come, and answers to outreach, may count for nothing by then: they cover nobody.
    Rests on the order of a snapshot's actions, newest first.
    """
    happened = [activity for activity in snapshot.activities if not activity.is_excluded]
    if not happened:
        return
    is_settled = happened[0].at <= case.now
    done = frozenset([activity.kind for activity in happened])
    for asked in windows.present:
        if asked.kinds and done.isdisjoint(asked.kinds):
            continue
        for activity in happened:
            if asked.is_about(activity):
                yield from [activity.at + length for length in asked.lengths]
                if (
                    is_settled
                    and asked.is_counted(activity, case)
                    and activity.kind not in responses
                ):
                    break


def _fact_moments(test: FactTest, value: FactValue, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants at which a test of a date or an instant may change its answer."""
    length = test.operand
    assert isinstance(length, timedelta)
    is_last = test.operator in (Operator.WITHIN_LAST, Operator.OLDER_THAN)
    if isinstance(value, datetime):
        yield from (value, value + length) if is_last else (value - length + TICK, value + TICK)
        return
    if isinstance(value, (str, float, bool, tuple)):
        return
    one = timedelta(days=1)
    days = (value, value + length + one) if is_last else (value - length, value + one)
    for day in days:
        yield datetime.combine(day, time.min, zone).astimezone(UTC)


def _standing_moments(ruleset: Ruleset, judgement: Judgement) -> Iterator[datetime]:
    lifecycle, standing = ruleset.configuration.lifecycle, judgement.standing
    if standing.set_by_worker_at is not None:
        yield standing.set_by_worker_at + lifecycle.dwell
    if standing.set_by_person_at is not None:
        yield standing.set_by_person_at + lifecycle.person_cool_down
    strong_at, facts = standing.last_strong_at, judgement.case.facts
    is_handed_back = standing.recycled_at is not None or "sales_verdict" in facts
    if strong_at is not None and (is_handed_back or standing.set_by_person_at is not None):
        yield strong_at + LOOK_BACK
