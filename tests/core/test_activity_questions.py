"""Questions about actions: order, silence, windows in the past, and service lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.case import NO, UNKNOWN, YES, Truth, make_case
from worker.core.conditions import ActivityTest, Condition, LineMatch, NotOf, Touch
from worker.core.evaluation import compile_condition
from worker.core.exclusions import LOOK_BACK
from worker.core.model import Activity, Facts, Strength
from worker.core.selection import compile_selection

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
ASKING, READING = frozenset({"asked"}), frozenset({"read"})


def act(kind: str, days: float, *, line: str | None = None, ticks: int = 0) -> Activity:
    """An action so many days ago, or a few microseconds earlier or later than that."""
    return Activity(
        ref=f"{kind}{days}{ticks}{line}",
        kind=kind,
        at=NOW - days * DAY - ticks * TICK,
        strength=Strength.MEDIUM,
        service_line=line,
    )


def ask(condition: Condition, *activities: Activity, facts: Facts | None = None) -> Truth:
    case = make_case(facts or {}, activities, NOW, ZoneInfo("UTC"))
    return compile_condition(condition)(case)


WINDOW = ActivityTest(kinds=ASKING, within=30 * DAY, older_than=7 * DAY)


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (act("asked", 7), YES),
        (act("asked", 7, ticks=-1), NO),
        (act("asked", 30, ticks=-1), YES),
        (act("asked", 30), NO),
        (act("read", 10), NO),
    ],
)
def test_a_window_may_lie_in_the_past(activity: Activity, expected: Truth) -> None:
    assert ask(WINDOW, activity) is expected


SILENCE = ActivityTest(kinds=ASKING, silent_for=60 * DAY)


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        ((), NO),
        ((act("asked", 60),), YES),
        ((act("asked", 60, ticks=-1),), NO),
        ((act("asked", 90), act("asked", 10)), NO),
        ((act("asked", 90), act("asked", 70)), YES),
        ((act("asked", 90), act("read", 1)), YES),
        ((act("read", 90),), NO),
    ],
)
def test_silence_is_an_action_once_and_none_since(
    activities: tuple[Activity, ...], expected: Truth
) -> None:
    assert ask(SILENCE, *activities) is expected


AFTER = ActivityTest(kinds=ASKING, within=30 * DAY, after=READING)


@pytest.mark.parametrize(
    ("activities", "expected"),
    [
        ((act("asked", 3),), NO),
        ((act("asked", 3), act("read", 5)), YES),
        ((act("asked", 3), act("read", 3)), NO),
        ((act("asked", 3), act("read", 1)), NO),
        ((act("asked", 3), act("read", 1), act("read", 300)), YES),
        ((act("asked", 40), act("read", 50)), NO),
    ],
)
def test_only_what_came_after_the_first_reading_counts(
    activities: tuple[Activity, ...], expected: Truth
) -> None:
    assert ask(AFTER, *activities) is expected


def touched(touch: Touch, **more: object) -> ActivityTest:
    test = ActivityTest(kinds=ASKING, touch=touch, touch_among=ASKING | READING)
    return replace(test, **more)  # type: ignore[arg-type]  # fields of the test


@pytest.mark.parametrize(
    ("test", "activities", "expected"),
    [
        (touched(Touch.FIRST), (), NO),
        (touched(Touch.FIRST), (act("asked", 9), act("read", 5)), YES),
        (touched(Touch.FIRST), (act("asked", 5), act("read", 9)), NO),
        (touched(Touch.LAST), (act("asked", 5), act("read", 9)), YES),
        (touched(Touch.LAST), (act("asked", 9), act("read", 5)), NO),
        (touched(Touch.LAST), (act("asked", 9), act("we called", 5)), YES),
        (touched(Touch.FIRST, within=7 * DAY), (act("asked", 9), act("asked", 5)), NO),
        (touched(Touch.LAST, strengths=frozenset({Strength.STRONG})), (act("asked", 9),), NO),
    ],
)
def test_the_first_and_the_last_thing_the_lead_did(
    test: ActivityTest, activities: tuple[Activity, ...], expected: Truth
) -> None:
    assert ask(test, *activities) is expected


def test_an_action_older_than_the_look_back_counts_for_nothing() -> None:
    old = act("asked", LOOK_BACK.days)
    young = act("asked", LOOK_BACK.days, ticks=-1)
    assert ask(ActivityTest(kinds=ASKING), old) is NO
    assert ask(ActivityTest(kinds=ASKING), young) is YES


RELATED = frozenset({("knee", "physio"), ("physio", "knee")})


def of_line(match: LineMatch) -> ActivityTest:
    return ActivityTest(kinds=ASKING, line=match, related=RELATED)


@pytest.mark.parametrize(
    ("match", "line", "expected"),
    [
        (LineMatch.OWN, "knee", YES),
        (LineMatch.OWN, "physio", NO),
        (LineMatch.OWN, None, NO),
        (LineMatch.RELATED, "knee", YES),
        (LineMatch.RELATED, "physio", YES),
        (LineMatch.RELATED, "heart", NO),
        (LineMatch.RELATED, None, NO),
        (LineMatch.OTHER, "knee", NO),
        (LineMatch.OTHER, "physio", NO),
        (LineMatch.OTHER, "heart", YES),
        (LineMatch.OTHER, None, NO),
        (LineMatch.NONE, "knee", NO),
        (LineMatch.NONE, None, YES),
        (LineMatch.ANY, "heart", YES),
    ],
)
def test_actions_are_told_apart_by_service_line(
    match: LineMatch, line: str | None, expected: Truth
) -> None:
    action = act("asked", 1, line=line)
    assert ask(of_line(match), action, facts={"service_line": "knee"}) is expected


@pytest.mark.parametrize("match", [LineMatch.OWN, LineMatch.RELATED, LineMatch.OTHER])
@pytest.mark.parametrize(("line", "expected"), [("knee", UNKNOWN), ("heart", UNKNOWN), (None, NO)])
def test_while_the_own_line_is_unknown_an_action_of_some_line_may_be_of_it(
    match: LineMatch, line: str | None, expected: Truth
) -> None:
    assert ask(of_line(match), act("asked", 1, line=line)) is expected
    assert ask(NotOf(item=of_line(match)), act("asked", 1, line=line)) is (
        UNKNOWN if expected is UNKNOWN else YES
    )


def test_too_few_actions_are_too_few_whatever_the_own_line_is() -> None:
    test = replace(of_line(LineMatch.OWN), at_least=2)
    one, two = act("asked", 1, line="knee"), act("asked", 2, line="knee")
    assert ask(test, one) is NO
    assert ask(test, one, two) is UNKNOWN


def test_actions_of_no_line_need_no_own_line() -> None:
    assert ask(of_line(LineMatch.NONE), act("asked", 1)) is YES
    assert ask(of_line(LineMatch.NONE), act("asked", 1, line="knee")) is NO


def test_restrictions_add_up() -> None:
    test = ActivityTest(
        kinds=ASKING,
        within=60 * DAY,
        older_than=5 * DAY,
        after=READING,
        line=LineMatch.RELATED,
        related=RELATED,
    )
    wanted = act("asked", 10, line="physio")
    case = make_case(
        {"service_line": "knee"},
        (
            act("read", 20),
            wanted,
            act("asked", 1, line="knee"),
            act("asked", 10, line="heart"),
            act("asked", 30, line="knee"),
        ),
        NOW,
        ZoneInfo("UTC"),
    )
    assert compile_selection(test)(case) == [wanted]
