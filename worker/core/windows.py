"""Windows: after which lengths of time an action or a date begins or stops to count.

Worked out once from all that a configuration asks, so that the instants at which a verdict may change
by itself can be listed for a lead. A length too many costs a look; one too few would be a change that
nobody sees.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from worker.core.case import Case
from worker.core.conditions import (
    ActivityTest,
    ColleaguesTest,
    Condition,
    FactTest,
    FindingTest,
    LineMatch,
    Operator,
    Whose,
    criteria_read,
    walk,
)
from worker.core.configuration import Configuration
from worker.core.exclusions import LOOK_BACK
from worker.core.model import Activity, Strength
from worker.core.policy import Policy


class Presence(NamedTuple):
    """Tests that ask only whether there is an action of these kinds and strengths; empty: of any.

    As long as a newer one is there, an older one's falling out of the window changes no answer.
    """

    kinds: frozenset[str]
    strengths: frozenset[Strength]
    lengths: frozenset[timedelta]

    def is_about(self, activity: Activity) -> bool:
        """Tell whether the tests ask for an action like this one."""
        return (not self.kinds or activity.kind in self.kinds) and (
            not self.strengths or activity.strength in self.strengths
        )

    def is_counted(self, activity: Activity, case: Case) -> bool:
        """Tell whether the tests count an action: it may be one that was passed over."""
        return activity in (case.by_kind.get(activity.kind, ()) if self.kinds else case.activities)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionWindows:
    """Windows of actions of one kind, and of any kind that is as strong."""

    by_kind: Mapping[str, frozenset[timedelta]]
    by_strength: Mapping[Strength, frozenset[timedelta]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The lengths of time after which something may begin or stop to count, by what it applies to.

    ``own`` holds the windows of the lead's actions where each one counts, ``present`` those where only
    the newest does; ``organisation`` those for actions of others in the organisation; ``colleagues``
    how long an action makes a colleague an active one; ``facts`` the tests of dates and instants;
    ``findings`` the codes of those that some condition asks for; ``decays`` whether any points fade.
    """

    own: ActionWindows
    present: tuple[Presence, ...]
    organisation: ActionWindows
    colleagues: frozenset[timedelta]
    facts: tuple[FactTest, ...]
    findings: frozenset[str]
    decays: bool


def always_asked(configuration: Configuration) -> Iterator[Condition]:
    """Yield what is asked of every lead, whatever its policy."""
    for rule in configuration.pathways:
        yield rule.condition
    for jurisdiction in configuration.consent.jurisdictions:
        yield jurisdiction.condition
    for channel in configuration.consent.channels:
        for item in channel.evidence:
            yield item.condition
            yield from item.ageing()
    yield from (topic.condition for topic in configuration.consent.topics if topic.condition)
    yield from (row.condition for row in configuration.lifecycle.rows() if row.condition)


def policy_windows(configuration: Configuration, policy: Policy) -> Windows:
    """Give the windows of a lead to which the whole policy applies."""
    evidence = (
        ActivityTest(
            within=rule.evidence.within,
            strengths=rule.evidence.strengths,
            distinct_kinds=rule.evidence.kinds,
        )
        for rule in policy.rules
        if rule.evidence is not None
    )
    return compile_windows(
        (*always_asked(configuration), *policy.asked(), *evidence),
        counted=frozenset(c.condition for c in policy.criteria if c.points and c.counts_actions),
        decays=any(criterion.half_life is not None for criterion in policy.criteria),
    )


def stopped_windows(configuration: Configuration, policy: Policy) -> Windows:
    """Give the windows of a lead that a gate or disqualifier stops: only those can let it go on."""
    conditions = {criterion.id: criterion.condition for criterion in policy.criteria}
    gates = (gate.criterion for gate in policy.gates)
    waiting = [*policy.disqualifiers, *policy.exclusions, *gates, *policy.holds]
    asked: dict[str, Condition] = {}
    while waiting:
        name = waiting.pop()
        if name not in asked:
            asked[name] = conditions[name]
            waiting += criteria_read(conditions[name])
    return compile_windows((*always_asked(configuration), *asked.values()))


def compile_windows(
    conditions: Iterable[Condition],
    *,
    counted: Container[Condition] = (),
    decays: bool = False,
) -> Windows:
    """Work out the windows of conditions; of those ``counted``, each action adds points."""
    parts = [part for condition in conditions for part in walk(condition)]
    actions = [part for part in parts if isinstance(part, ActivityTest)]
    timed = (p for p in parts if isinstance(p, FactTest) and p.operator in _TIMED)
    return Windows(
        own=_action_windows(p for p in actions if p in counted or not _asks_for_presence(p)),
        present=_presences(p for p in actions if p not in counted and _asks_for_presence(p)),
        organisation=_action_windows(p for p in actions if p.of is Whose.ORGANISATION),
        colleagues=frozenset(part.within for part in parts if isinstance(part, ColleaguesTest)),
        facts=tuple(dict.fromkeys(timed)),
        findings=frozenset(
            c for part in parts if isinstance(part, FindingTest) for c in part.codes
        ),
        decays=decays,
    )


def _asks_for_presence(test: ActivityTest) -> bool:
    """Tell whether only the newest action that a test counts matters to its answer."""
    is_single = test.at_least <= 1 and test.distinct_kinds <= 1
    is_plain = test.line is LineMatch.ANY and test.of is Whose.LEAD
    return is_single and is_plain and not (test.older_than or test.after or test.touch)


def _presences(tests: Iterable[ActivityTest]) -> tuple[Presence, ...]:
    found: dict[tuple[frozenset[str], frozenset[Strength]], frozenset[timedelta]] = {}
    for test in tests:
        about = (test.kinds, test.strengths)
        found[about] = found.get(about, frozenset()) | _lengths(test)
    return tuple(Presence(*about, lengths) for about, lengths in found.items())


def _action_windows(tests: Iterable[ActivityTest]) -> ActionWindows:
    by_kind: dict[str, set[timedelta]] = {}
    by_strength: dict[Strength, set[timedelta]] = {}
    for test in tests:
        lengths = _lengths(test)
        for kind in test.kinds:
            by_kind.setdefault(kind, set()).update(lengths)
        for strength in () if test.kinds else test.strengths or Strength:
            by_strength.setdefault(strength, set()).update(lengths)
        for kind in test.after | test.touch_among:
            by_kind.setdefault(kind, set()).add(LOOK_BACK)
    return ActionWindows(
        by_kind={kind: frozenset(times) for kind, times in by_kind.items()},
        by_strength={strength: frozenset(times) for strength, times in by_strength.items()},
    )


def _lengths(test: ActivityTest) -> frozenset[timedelta]:
    """How long after an action what a test says of it may change."""
    found = {test.within or LOOK_BACK, test.older_than, test.silent_for}
    return frozenset(length for length in found if length is not None)


_TIMED = frozenset(
    {Operator.WITHIN_LAST, Operator.WITHIN_NEXT, Operator.OLDER_THAN, Operator.LATER_THAN}
)
