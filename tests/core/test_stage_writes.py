"""Each record of a person is brought to the stage of the decision from where it stands itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.leads import contact_ref
from worker.core.lifecycle import StageMove, Standing
from worker.core.model import Stage
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward, SystemStages, way_to
from worker.core.stage_writes import left_standing, stage_way

FIRST, SECOND = contact_ref("1"), contact_ref("2")


def standing(second: Stage | None) -> Standing:
    return Standing(stage=Stage.MQL, stages={FIRST: Stage.MQL, SECOND: second}, is_split=True)


@pytest.mark.parametrize("stage", [None, Stage.SUBSCRIBER, Stage.LEAD, Stage.NURTURE])
def test_a_second_record_at_a_lower_stage_is_raised_as_well(
    stage: Stage | None, shipped: Ruleset
) -> None:
    move = StageMove(stage=Stage.MQL, reason="STAGE_ALIGNED")
    lifecycle = shipped.configuration.lifecycle
    assert stage_way(lifecycle, standing(stage), move, SECOND) is Backward.ALLOWED
    assert stage_way(lifecycle, standing(stage), move, FIRST) is None


def test_no_record_makes_a_move_that_the_table_does_not_list(shipped: Ruleset) -> None:
    move = StageMove(stage=Stage.LEAD, reason="STAGE_MOVED_BACK")
    lifecycle = shipped.configuration.lifecycle
    assert stage_way(lifecycle, standing(Stage.RECYCLED), move, SECOND) is None


@pytest.mark.parametrize("reason", ["STAGE_UNCHANGED", "STAGE_DWELL_NOT_OVER"])
def test_a_stage_that_is_only_kept_is_written_nowhere(reason: str, shipped: Ruleset) -> None:
    move = StageMove(stage=Stage.MQL, reason=reason)
    assert stage_way(shipped.configuration.lifecycle, standing(Stage.LEAD), move, SECOND) is None


@pytest.mark.parametrize("stage", [*Stage, None])
def test_what_a_person_set_is_shown_on_their_other_records_unless_people_own_what_stands_there(
    stage: Stage | None, shipped: Ruleset
) -> None:
    move = StageMove(stage=Stage.RECYCLED, reason="STAGE_ALIGNED", is_mirrored=True)
    lifecycle = shipped.configuration.lifecycle
    is_left = stage in lifecycle.people_own or stage is Stage.RECYCLED
    way = stage_way(lifecycle, standing(stage), move, SECOND)
    assert way is (None if is_left else Backward.ALLOWED)


@pytest.mark.parametrize(
    ("rules", "way"),
    [
        (SystemStages(), Backward.ALLOWED),
        (SystemStages(backward=Backward.CLEAR_FIRST), Backward.CLEAR_FIRST),
        (SystemStages(backward=Backward.NEVER), None),
        (SystemStages(stages=frozenset({Stage.LEAD, Stage.MQL})), None),
        (SystemStages(refused=frozenset({(Stage.MQL, Stage.NURTURE)})), None),
    ],
)
def test_a_crm_has_its_own_way_back(
    rules: SystemStages, way: Backward | None, shipped: Ruleset
) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, systems={"files": rules})
    move = StageMove(stage=Stage.NURTURE, reason="STAGE_MOVED_BACK")
    assert stage_way(lifecycle, standing(Stage.MQL), move, FIRST) is way


def test_what_a_crm_goes_on_showing_is_named(shipped: Ruleset) -> None:
    never = {"files": SystemStages(backward=Backward.NEVER)}
    lifecycle = replace(shipped.configuration.lifecycle, systems=never)
    move = StageMove(stage=Stage.NURTURE, reason="STAGE_MOVED_BACK")
    found = left_standing(lifecycle, standing(Stage.MQL), move)
    assert found == dict.fromkeys([FIRST, SECOND], "STAGE_BACKWARD_NOT_WRITTEN")
    assert left_standing(shipped.configuration.lifecycle, standing(Stage.MQL), move) == {}


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [
        (Stage.RECYCLED, Stage.NURTURE, Backward.CLEAR_FIRST),
        (Stage.MQL, Stage.DISQUALIFIED, Backward.CLEAR_FIRST),
        (Stage.MQL, Stage.NURTURE, Backward.CLEAR_FIRST),
        (Stage.NURTURE, Stage.MQL, Backward.ALLOWED),
        (None, Stage.RECYCLED, Backward.ALLOWED),
    ],
)
def test_where_stages_only_go_forward_a_move_outside_the_order_may_be_a_step_back(
    source: Stage | None, target: Stage, way: Backward
) -> None:
    rules = SystemStages(backward=Backward.CLEAR_FIRST)
    assert way_to(rules, "contacts", source, target) is way
    never = SystemStages(backward=Backward.NEVER)
    is_back = (source, target) == (Stage.MQL, Stage.NURTURE)
    assert way_to(never, "contacts", source, target) is (
        Backward.NEVER if is_back else Backward.ALLOWED
    )
