"""The lifecycle: only moves of the table, none over people, and none too soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.leads import NOW
from worker.core.lifecycle import StageMove, Standing, move_stage
from worker.core.model import Stage
from worker.core.policy import Verdict
from worker.core.ruleset import Ruleset

DAY = timedelta(days=1)


def move(shipped: Ruleset, verdict: Verdict, standing: Standing) -> StageMove:
    return move_stage(verdict, standing, shipped.configuration.lifecycle, NOW)


@pytest.mark.parametrize(
    ("stage", "verdict", "after", "reason"),
    [
        (None, Verdict.QUALIFIED, Stage.MQL, "STAGE_ADVANCED"),
        (None, Verdict.HOLD, None, "STAGE_UNCHANGED"),
        (Stage.SUBSCRIBER, Verdict.NOT_READY, Stage.LEAD, "STAGE_ADVANCED"),
        (Stage.LEAD, Verdict.NURTURE, Stage.NURTURE, "STAGE_ADVANCED"),
        (Stage.LEAD, Verdict.HOLD, Stage.LEAD, "STAGE_UNCHANGED"),
        (Stage.NURTURE, Verdict.NOT_READY, Stage.LEAD, "STAGE_MOVED_BACK"),
        (Stage.NURTURE, Verdict.HOLD, Stage.NURTURE, "STAGE_UNCHANGED"),
        (Stage.MQL, Verdict.QUALIFIED, Stage.MQL, "STAGE_UNCHANGED"),
        (Stage.MQL, Verdict.NURTURE, Stage.NURTURE, "STAGE_MOVED_BACK"),
        (Stage.MQL, Verdict.HOLD, Stage.LEAD, "STAGE_MOVED_BACK"),
        (Stage.MQL, Verdict.DISQUALIFIED, Stage.DISQUALIFIED, "STAGE_DISQUALIFIED"),
        (Stage.RECYCLED, Verdict.QUALIFIED, Stage.MQL, "STAGE_ADVANCED"),
        (Stage.RECYCLED, Verdict.NOT_READY, Stage.RECYCLED, "STAGE_MOVE_NOT_ALLOWED"),
        (Stage.DISQUALIFIED, Verdict.QUALIFIED, Stage.DISQUALIFIED, "STAGE_MOVE_NOT_ALLOWED"),
    ],
)
def test_the_table_says_where_a_verdict_leads(
    stage: Stage | None, verdict: Verdict, after: Stage | None, reason: str, shipped: Ruleset
) -> None:
    found = move(shipped, verdict, Standing(stage=stage))
    assert (found.stage, found.reason, found.is_hands_off) == (after, reason, False)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("stage", [Stage.SQL, Stage.OPPORTUNITY, Stage.CUSTOMER])
def test_stages_of_people_are_left_alone(stage: Stage, verdict: Verdict, shipped: Ruleset) -> None:
    found = move(shipped, verdict, Standing(stage=stage))
    assert found == StageMove(stage=stage, reason="STAGE_OWNED_BY_PEOPLE", is_hands_off=True)


def test_an_unknown_stage_is_left_alone(shipped: Ruleset) -> None:
    found = move(shipped, Verdict.QUALIFIED, Standing(stage=None, has_unknown_stage=True))
    assert (found.reason, found.is_hands_off) == ("STAGE_UNKNOWN_VALUE", True)


@pytest.mark.parametrize(
    ("age", "after"), [(7 * DAY, Stage.NURTURE), (7 * DAY - timedelta(seconds=1), Stage.MQL)]
)
def test_a_stage_stands_for_its_dwell_time(age: timedelta, after: Stage, shipped: Ruleset) -> None:
    standing = Standing(stage=Stage.MQL, set_by_worker_at=NOW - age)
    assert move(shipped, Verdict.NURTURE, standing).stage is after


@pytest.mark.parametrize("verdict", [Verdict.HOLD, Verdict.DISQUALIFIED])
def test_a_hold_or_an_end_does_not_wait(verdict: Verdict, shipped: Ruleset) -> None:
    standing = Standing(stage=Stage.MQL, set_by_worker_at=NOW)
    assert move(shipped, verdict, standing).stage is not Stage.MQL


def test_what_sales_handed_back_does_not_wait(shipped: Ruleset) -> None:
    standing = Standing(stage=Stage.MQL, set_by_worker_at=NOW, handed_back="SALES_REJECTED")
    assert move(shipped, Verdict.NURTURE, standing).stage is Stage.NURTURE


@pytest.mark.parametrize(
    ("ago", "strong_ago", "after"),
    [
        (29 * DAY, None, Stage.LEAD),
        (30 * DAY, None, Stage.MQL),
        (5 * DAY, 6 * DAY, Stage.LEAD),
        (5 * DAY, 5 * DAY, Stage.LEAD),
        (5 * DAY, 4 * DAY, Stage.MQL),
    ],
)
def test_a_persons_change_is_respected_until_a_strong_step_or_the_cool_down(
    ago: timedelta, strong_ago: timedelta | None, after: Stage, shipped: Ruleset
) -> None:
    standing = Standing(
        stage=Stage.LEAD,
        set_by_person_at=NOW - ago,
        last_strong_at=NOW - strong_ago if strong_ago is not None else None,
    )
    assert move(shipped, Verdict.QUALIFIED, standing).stage is after


def test_a_policy_may_keep_the_respect_to_the_end(shipped: Ruleset) -> None:
    policy = replace(shipped.configuration.lifecycle, strong_action_ends_cool_down=False)
    standing = Standing(stage=Stage.LEAD, set_by_person_at=NOW - 5 * DAY, last_strong_at=NOW - DAY)
    assert move_stage(Verdict.QUALIFIED, standing, policy, NOW).reason == "STAGE_SET_BY_PERSON"
