"""Conditions: the closed set of questions that criteria, consent, routing and pathways may ask.

A condition is data, made from YAML by ``worker.config`` and turned into a function of a case by
``worker.core.evaluation``. There are no expressions and there is no way to add an operator outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from worker.core.model import ContactChannel, Strength


class Operator(StrEnum):
    """What may be asked of one fact."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    PRESENT = "present"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    WITHIN_LAST = "within_last"
    WITHIN_NEXT = "within_next"
    OLDER_THAN = "older_than"
    LATER_THAN = "later_than"


Operand: TypeAlias = (
    str
    | float
    | bool
    | timedelta
    | frozenset[str]
    | tuple[float, float]
    | tuple[date, date]
    | date
    | datetime
)


class LineMatch(StrEnum):
    """Which activities count, by service line: any, the lead's own, its own or a related one, a known
    one that is neither, or those of no line."""

    ANY = "any"
    OWN = "own"
    RELATED = "related"
    OTHER = "other"
    NONE = "none"


RelatedLines: TypeAlias = frozenset[tuple[str, str]]
"""Pairs of service lines that are related; each pair stands in both orders."""


class Touch(StrEnum):
    """The first or the last thing that the lead did."""

    FIRST = "first"
    LAST = "last"


class Whose(StrEnum):
    """Whose actions count: the lead's own, or those of everybody in its organisation."""

    LEAD = "lead"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTest:
    fact: str
    operator: Operator
    operand: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTest:
    """At least ``at_least`` actions, of ``distinct_kinds`` kinds, among ``kinds``, ``within`` a time.

    Empty ``kinds`` or ``strengths`` mean any. Excluded and future actions never count. With
    ``older_than`` the window ends that long ago. ``after`` leaves only what came later than the
    first action of those kinds; ``touch`` only the lead's first or last action among
    ``touch_among``. ``silent_for`` turns the count around: there was such an action, but none in
    that time. ``related`` says which service lines ``line`` takes as related.
    Asked ``of`` an organisation that is not known, the lead's own actions may say yes, and nothing
    says no.
    """

    kinds: frozenset[str] = frozenset()
    strengths: frozenset[Strength] = frozenset()
    within: timedelta | None = None
    at_least: int = 1
    distinct_kinds: int = 1
    line: LineMatch = LineMatch.ANY
    related: RelatedLines = frozenset()
    older_than: timedelta | None = None
    silent_for: timedelta | None = None
    after: frozenset[str] = frozenset()
    touch: Touch | None = None
    touch_among: frozenset[str] = frozenset()
    of: Whose = Whose.LEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleaguesTest:
    """At least ``count`` others of the lead's organisation, in these roles, were active ``within`` a time.

    Empty ``roles`` mean any. A colleague whose role is not known might have one of them.
    """

    count: int
    within: timedelta
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where we are: ZIP codes, ZIP prefixes, and the states they lie in."""

    name: str
    postal_codes: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTest:
    """The lead is in one of these areas, by postal code, or by state where an area has no codes."""

    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableTest:
    """At least one of these channels may be used."""

    channels: frozenset[ContactChannel]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingTest:
    """No blocking finding is open; with ``codes``, none of these findings, of any severity."""

    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionTest:
    """Another criterion of the same policy is met."""

    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeastOf:
    """At least ``count`` of the items hold. Unknown while the unknown ones could still decide it."""

    count: int
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKnown:
    """The answer of the first item that is not unknown: for one question with several sources.

    ``AnyOf`` would be unknown where one source says no and the other is missing.
    """

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOf:
    item: Condition


Condition: TypeAlias = (
    FactTest
    | ActivityTest
    | ColleaguesTest
    | AreaTest
    | ReachableTest
    | FindingTest
    | CriterionTest
    | AllOf
    | AnyOf
    | AtLeastOf
    | FirstKnown
    | NotOf
)


def walk(condition: Condition) -> Iterator[Condition]:
    """Yield the condition and all conditions inside it."""
    yield condition
    match condition:
        case (
            AllOf(items=items)
            | AnyOf(items=items)
            | AtLeastOf(items=items)
            | FirstKnown(items=items)
        ):
            for item in items:
                yield from walk(item)
        case NotOf(item=item):
            yield from walk(item)
        case _:
            return


def facts_read(condition: Condition) -> frozenset[str]:
    """Name the facts a condition looks at, itself or through the service line of activities."""
    names: set[str] = set()
    for part in walk(condition):
        match part:
            case FactTest(fact=fact):
                names.add(fact)
            case AreaTest():
                names.update(("postal_code", "state"))
            case ActivityTest(line=LineMatch.OWN | LineMatch.RELATED | LineMatch.OTHER):
                names.add("service_line")
            case ColleaguesTest(roles=roles) if roles:
                names.add("role")
            case _:
                pass
    return frozenset(names)


def criteria_read(condition: Condition) -> frozenset[str]:
    """Name the criteria a condition refers to."""
    return frozenset(p.criterion for p in walk(condition) if isinstance(p, CriterionTest))
