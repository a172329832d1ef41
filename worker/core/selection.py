"""Selections: which of a lead's actions a test counts, worked out once for each test.

Actions come newest first within each kind, and kinds in the order of their names, so that the
evidence of a decision reads the same in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

from worker.core.case import Case
from worker.core.conditions import ActivityTest, LineMatch, RelatedLines, Touch, Whose
from worker.core.model import Activity, Strength

Activities: TypeAlias = Sequence[Activity]
Selection: TypeAlias = Callable[[Case], Activities]
FOR_EVER = timedelta.max
"""The window of a test that has none."""

LINES_OF_THE_LEAD = frozenset({LineMatch.OWN, LineMatch.RELATED, LineMatch.OTHER})
"""Matches that need the lead's own service line."""


def compile_selection(test: ActivityTest) -> Selection:
    """Build the function that lists the activities of a case which the test counts."""
    if test.of is Whose.ORGANISATION:
        own = compile_selection(replace(test, of=Whose.LEAD))
        return lambda case: own(case.organisation or case)
    if test.line is not LineMatch.ANY:
        inner = compile_selection(replace(test, line=LineMatch.ANY))
        return _only_line(inner, test.line, related_to(test.related))
    if test.touch is not None:
        inner = compile_selection(replace(test, touch=None))
        return _only_touch(inner, test.touch, test.touch_among)
    if test.after:
        inner = compile_selection(replace(test, after=frozenset()))
        return _only_after(inner, tuple(sorted(test.after)))
    if test.older_than is not None:
        return _only_older(compile_selection(replace(test, older_than=None)), test.older_than)
    if test.strengths:
        inner = compile_selection(replace(test, strengths=frozenset()))
        return _only_strengths(inner, test.strengths)
    return _select(tuple(sorted(test.kinds)), test.within)


def is_plain(test: ActivityTest) -> bool:
    """Tell whether a test asks only for one action of one kind, of the lead, inside a window."""
    return len(test.kinds) == 1 and test == ActivityTest(kinds=test.kinds, within=test.within)


def compile_enough(test: ActivityTest) -> Callable[[Activities, Case], bool]:
    """Build the function that tells whether the activities a test counts are enough for it."""
    at_least, distinct, silent_for = test.at_least, test.distinct_kinds, test.silent_for
    if silent_for is not None:
        return _silent(silent_for)
    if at_least <= 1 and distinct <= 1:
        return lambda found, _case: bool(found)
    return lambda found, _case: len(found) >= at_least and len({a.kind for a in found}) >= distinct


def compile_doubt(test: ActivityTest) -> Callable[[Case], bool] | None:
    """Build the function that tells whether a test of the own line waits for that line to be known.

    None where the line does not matter. A lead's unknown line is no line that an action is not of:
    if the actions that name any line would be enough, the answer is open.
    """
    if test.line not in LINES_OF_THE_LEAD:
        return None
    select = compile_selection(replace(test, line=LineMatch.ANY))
    is_enough = compile_enough(replace(test, silent_for=None))

    def is_open(case: Case) -> bool:
        if "service_line" in case.facts:
            return False
        return is_enough([a for a in select(case) if a.service_line is not None], case)

    return is_open


def related_to(related: RelatedLines) -> Mapping[str, frozenset[str]]:
    """List, for each service line, those it is related to."""
    return {
        line: frozenset(other for own, other in related if own == line)
        for line in {own for own, _other in related}
    }


def _silent(silent_for: timedelta) -> Callable[[Activities, Case], bool]:
    def is_silent(found: Activities, case: Case) -> bool:
        since = case.now - silent_for
        return bool(found) and all(activity.at <= since for activity in found)

    return is_silent


def _select(kinds: tuple[str, ...], within: timedelta | None) -> Selection:
    if len(kinds) == 1:
        return _one_kind(kinds[0], within)

    def select(case: Case) -> Activities:
        found: Activities = case.activities
        if kinds:
            by_kind = case.by_kind
            found = [a for kind in kinds if kind in by_kind for a in by_kind[kind]]
        if within is None or not found:
            return found
        since = case.now - within
        return [activity for activity in found if activity.at > since]

    return select


def _one_kind(kind: str, within: timedelta | None) -> Selection:
    """The commonest selection; most often all of the few activities lie inside the window."""

    def select(case: Case) -> Activities:
        found = case.by_kind.get(kind)
        if found is None:
            return ()
        if within is None:
            return found
        since = case.now - within
        if found[-1].at > since:
            return found
        return [activity for activity in found if activity.at > since]

    return select


def _only_strengths(inner: Selection, strengths: frozenset[Strength]) -> Selection:
    return lambda case: [a for a in inner(case) if a.strength in strengths]


def _only_older(inner: Selection, older_than: timedelta) -> Selection:
    def select(case: Case) -> Activities:
        until = case.now - older_than
        return [activity for activity in inner(case) if activity.at <= until]

    return select


def _only_after(inner: Selection, kinds: tuple[str, ...]) -> Selection:
    def select(case: Case) -> Activities:
        by_kind = case.by_kind
        firsts = [by_kind[kind][-1].at for kind in kinds if kind in by_kind]
        if not firsts:
            return ()
        first = min(firsts)
        return [activity for activity in inner(case) if activity.at > first]

    return select


def _only_touch(inner: Selection, touch: Touch, among: frozenset[str]) -> Selection:
    is_first = touch is Touch.FIRST

    def select(case: Case) -> Activities:
        ordered = reversed(case.activities) if is_first else case.activities
        touched = next((activity for activity in ordered if activity.kind in among), None)
        return [activity for activity in inner(case) if activity is touched]

    return select


def _only_line(
    inner: Selection, match: LineMatch, related: Mapping[str, frozenset[str]]
) -> Selection:
    if match is LineMatch.NONE:
        return lambda case: [a for a in inner(case) if a.service_line is None]
    is_other, is_own = match is LineMatch.OTHER, match is LineMatch.OWN

    def select(case: Case) -> Activities:
        line = case.facts.get("service_line")
        if not isinstance(line, str):
            return ()
        near = {line} if is_own else {line, *related.get(line, ())}
        return [
            activity
            for activity in inner(case)
            if activity.service_line is not None and (activity.service_line in near) is not is_other
        ]

    return select
