"""Jurisdictions: where a lead is as the law of consent sees it, told by conditions on its facts.

A place that is not known is every place: evidence that holds only somewhere, or not everywhere, does
not count there. Records of one person that name different places must all agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from worker.core.case import UNKNOWN, YES, Case, of_record
from worker.core.conditions import Condition
from worker.core.evaluation import compile_condition

UNKNOWN_PLACE = "unknown"
ELSEWHERE = "elsewhere"
"""How a permission names a place that cannot be told, and one that is in no jurisdiction listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """A set of places with the same law; ``condition`` tells whether a lead is in it."""

    id: str
    condition: Condition


class Place(NamedTuple):
    """What one record, or all together, say: the jurisdictions it surely is in, and may be in."""

    inside: frozenset[str]
    maybe: frozenset[str]


Places: TypeAlias = tuple[Place, ...]
PlaceFinder: TypeAlias = Callable[[Case], Places]


class Reach(StrEnum):
    """Whether evidence counts in all the places of a lead."""

    COUNTS = "counts"
    NOT_HERE = "not_here"
    UNKNOWN = "unknown"


def compile_places(jurisdictions: tuple[Jurisdiction, ...]) -> PlaceFinder:
    """Build the function that finds the places of a lead: of its merged facts, and of each record."""
    if not jurisdictions:
        return lambda _case: ()
    asked = tuple((item.id, compile_condition(item.condition)) for item in jurisdictions)

    def place(case: Case) -> Place:
        truths = [(name, holds(case)) for name, holds in asked]
        return Place(
            inside=frozenset([name for name, truth in truths if truth is YES]),
            maybe=frozenset([name for name, truth in truths if truth is UNKNOWN]),
        )

    def find(case: Case) -> Places:
        merged = place(case)
        if not case.records:
            return (merged,)
        each = [place(of_record(case, facts)) for facts in case.records]
        # A record that cannot tell any of them is silent; the merged facts speak for it.
        telling = [found for found in each if len(found.maybe) < len(asked)]
        return (merged, *telling)

    return find


def reach_of(only_in: frozenset[str], not_in: frozenset[str], places: Places) -> Reach:
    """Say whether evidence with these limits counts in every one of the places."""
    reach = Reach.COUNTS
    for inside, maybe in places:
        is_inside = not only_in or not only_in.isdisjoint(inside)
        may_be_inside = is_inside or not only_in.isdisjoint(maybe)
        if not may_be_inside or not not_in.isdisjoint(inside):
            return Reach.NOT_HERE
        if not is_inside or not not_in.isdisjoint(maybe):
            reach = Reach.UNKNOWN
    return reach


def name_of(places: Places) -> str | None:
    """Name the jurisdictions that apply; None when the policy lists none."""
    if not places:
        return None
    names = {"+".join(sorted(place.inside)) or _vague(place) for place in places}
    return "+".join(sorted(names))


def _vague(place: Place) -> str:
    return UNKNOWN_PLACE if place.maybe else ELSEWHERE
