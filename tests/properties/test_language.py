"""What must hold of every question that can be asked: knowing more never changes a known answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given, settings

from tests.leads import NOW
from tests.properties.language_strategies import (
    LINES,
    activity_tests,
    acts,
    conditions,
    facts,
)
from worker.core.case import UNKNOWN, Truth, make_case
from worker.core.conditions import ActivityTest, Condition
from worker.core.evaluation import compile_condition
from worker.core.model import Activity, FactValue

ZONE = ZoneInfo("America/New_York")
MORE: Mapping[str, tuple[FactValue, ...]] = {
    "service_line": LINES,
    "opt_out_sms": (True, False),
    "not_now": (True, False),
    "wanted_date": (date(2020, 1, 1), NOW.date(), date(2030, 1, 1)),
    "received_at": (NOW,),
}


def ask(condition: Condition, known: dict[str, FactValue], done: tuple[Activity, ...]) -> Truth:
    return compile_condition(condition)(make_case(known, done, NOW, ZONE))


@settings(max_examples=300, deadline=None)
@given(condition=conditions(), known=facts(), done=acts())
def test_an_answer_stands_whatever_becomes_known(
    condition: Condition, known: dict[str, FactValue], done: tuple[Activity, ...]
) -> None:
    before = ask(condition, known, done)
    for name, values in MORE.items():
        for value in () if name in known or before is UNKNOWN else values:
            assert ask(condition, {**known, name: value}, done) is before


@settings(max_examples=200, deadline=None)
@given(test=activity_tests(), known=facts(), done=acts())
def test_the_order_in_which_actions_arrive_does_not_matter(
    test: ActivityTest, known: dict[str, FactValue], done: tuple[Activity, ...]
) -> None:
    assert ask(test, known, done) is ask(test, known, tuple(reversed(done)))
