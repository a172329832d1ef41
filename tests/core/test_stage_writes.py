"""Each record of a person is brought to the stage of the decision from where it stands itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.leads import contact_ref
from worker.core.conditions import AllOf
from worker.core.lifecycle import (
    OWNED_BY_PEOPLE,
    Mover,
    StageMove,
    Standing,
    Transition,
    Transitions,
)
from worker.core.model import Stage
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward, SystemStages, way_to
from worker.core.stage_writes import is_to_follow, left_standing, stage_way

FIRST, SECOND, THIRD = contact_ref("1"), contact_ref("2"), contact_ref("3")


def standing(second: Stage | None) -> Standing:
    return Standing(stage=Stage.MQL, stages={FIRST: Stage.MQL, SECOND: second}, is_split=True)


def proven(name: str) -> Transition:
    """A row that asks for evidence; which it is says the rule of the move."""
    condition = AllOf(items=())
    return Transition(id=name, source=Stage.LEAD, target=Stage.NURTURE, condition=condition)


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


def of_people(second: Stage | None, **known: object) -> Standing:
    """The first record shows a customer, whom people have made one."""
    found = Standing(stage=Stage.CUSTOMER, stages={FIRST: Stage.CUSTOMER, SECOND: second})
    return msgspec.structs.replace(found, **known)


THEIRS = StageMove(stage=Stage.CUSTOMER, reason=OWNED_BY_PEOPLE, is_hands_off=True)
SET_AT = {FIRST: datetime(2026, 11, 2, tzinfo=UTC)}
EARLIER, LATER = SET_AT[FIRST] - timedelta(hours=1), SET_AT[FIRST] + timedelta(hours=1)
COPY = {"copies": frozenset({SECOND})}


@pytest.mark.parametrize(
    ("where", "move", "follows"),
    [
        pytest.param(of_people(Stage.NURTURE), THEIRS, True, id="a step forward"),
        pytest.param(of_people(None), THEIRS, True, id="nothing there, and nobody set it"),
        pytest.param(of_people(Stage.SQL), THEIRS, False, id="over what people own"),
        pytest.param(of_people(Stage.SQL, **COPY), THEIRS, True, id="our copy goes along"),
        pytest.param(of_people(Stage.RECYCLED), THEIRS, False, id="outside, and nobody set it"),
        pytest.param(
            of_people(Stage.RECYCLED, edits=SET_AT), THEIRS, True, id="outside, set since"
        ),
        pytest.param(
            of_people(Stage.NURTURE, edits={**SET_AT, SECOND: EARLIER}),
            THEIRS,
            True,
            id="set later",
        ),
        pytest.param(
            of_people(Stage.NURTURE, edits={**SET_AT, SECOND: LATER}),
            THEIRS,
            False,
            id="set before",
        ),
        pytest.param(
            of_people(Stage.NURTURE, edits={**SET_AT, SECOND: SET_AT[FIRST]}),
            THEIRS,
            False,
            id="set at the same instant",
        ),
        pytest.param(
            of_people(Stage.NURTURE, edits={SECOND: EARLIER}),
            THEIRS,
            False,
            id="set nobody knows when",
        ),
        pytest.param(
            of_people(
                Stage.NURTURE,
                stages={FIRST: Stage.CUSTOMER, THIRD: Stage.CUSTOMER, SECOND: Stage.NURTURE},
                edits={FIRST: EARLIER, THIRD: LATER, SECOND: SET_AT[FIRST]},
            ),
            THEIRS,
            True,
            id="set later on one of two",
        ),
        pytest.param(
            of_people(
                Stage.NURTURE,
                stages={FIRST: Stage.CUSTOMER, THIRD: Stage.LEAD, SECOND: Stage.NURTURE},
                edits={FIRST: EARLIER, THIRD: LATER, SECOND: SET_AT[FIRST]},
            ),
            THEIRS,
            False,
            id="another stage set later elsewhere",
        ),
        pytest.param(
            of_people(Stage.NURTURE),
            StageMove(stage=Stage.CUSTOMER, reason="STAGE_UNKNOWN_VALUE", is_hands_off=True),
            False,
            id="another word is not understood",
        ),
        pytest.param(
            of_people(Stage.CUSTOMER, stage=Stage.NURTURE, **COPY),
            StageMove(stage=Stage.NURTURE, reason="STAGE_UNCHANGED"),
            True,
            id="our copy goes back along",
        ),
        pytest.param(
            of_people(Stage.LEAD, stage=Stage.SQL, is_own_proposal=True),
            StageMove(stage=Stage.SQL, reason="STAGE_UNCHANGED"),
            False,
            id="what we propose is nobody's",
        ),
        pytest.param(
            of_people(Stage.NURTURE, stage=Stage.MQL),
            StageMove(stage=Stage.SQL, reason="STAGE_PROPOSED_SQL", rule="r"),
            False,
            id="nor what we are about to propose",
        ),
        pytest.param(
            of_people(Stage.LEAD, stage=Stage.MQL),
            StageMove(stage=Stage.MQL, reason="STAGE_DWELL_NOT_OVER", is_shared=True),
            True,
            id="a stage that is kept and shared",
        ),
    ],
)
def test_whom_a_record_follows(
    where: Standing, move: StageMove, follows: bool, shipped: Ruleset
) -> None:
    assert is_to_follow(shipped.configuration.lifecycle, where, move, SECOND) is follows
    assert not is_to_follow(shipped.configuration.lifecycle, where, move, contact_ref("4"))


def test_without_mirror_a_stage_of_people_is_shown_nowhere(shipped: Ruleset) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, mirrored=frozenset())
    for where in (of_people(Stage.NURTURE), of_people(Stage.SQL, **COPY)):
        assert not is_to_follow(lifecycle, where, THEIRS, SECOND)


def test_what_is_mirrored_is_no_step_back(shipped: Ruleset) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, mirrored=frozenset({Stage.NURTURE}))
    where = of_people(Stage.MQL, stage=Stage.NURTURE)
    move = StageMove(stage=Stage.NURTURE, reason="STAGE_UNCHANGED")
    assert not is_to_follow(lifecycle, where, move, SECOND)


@pytest.mark.parametrize(
    ("second", "is_cleared", "follows"),
    [(None, True, True), (None, False, False), (Stage.LEAD, True, False)],
)
def test_a_field_that_we_emptied_is_filled_whatever_the_table_says(
    second: Stage | None, is_cleared: bool, follows: bool, shipped: Ruleset
) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, mirrored=frozenset())
    where = of_people(second, stage=Stage.RECYCLED, is_cleared=is_cleared)
    move = StageMove(stage=Stage.RECYCLED, reason="STAGE_ALIGNED")
    assert is_to_follow(lifecycle, where, move, SECOND) is follows


@pytest.mark.parametrize(
    ("rules", "way"),
    [
        (SystemStages(), Backward.ALLOWED),
        (SystemStages(backward=Backward.CLEAR_FIRST), Backward.CLEAR_FIRST),
        (SystemStages(backward=Backward.NEVER), None),
        (SystemStages(stages=frozenset({Stage.LEAD, Stage.MQL})), None),
        (SystemStages(stages=frozenset({Stage.NURTURE})), Backward.ALLOWED),
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
    assert (
        left_standing(
            lifecycle, standing(Stage.MQL), msgspec.structs.replace(move, is_hands_off=True)
        )
        == {}
    )


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


@pytest.mark.parametrize(
    ("rules", "target", "left"),
    [
        (
            SystemStages(unlisted=frozenset({("contacts", Stage.NURTURE)})),
            Stage.NURTURE,
            "STAGE_NOT_IN_CRM",
        ),
        (SystemStages(unlisted=frozenset({("leads", Stage.NURTURE)})), Stage.NURTURE, None),
        (SystemStages(stages=frozenset({Stage.MQL})), Stage.NURTURE, "STAGE_NOT_USED_IN_CRM"),
        (SystemStages(stages=frozenset({Stage.LEAD})), Stage.MQL, None),
        (SystemStages(backward=Backward.CLEAR_FIRST), Stage.NURTURE, None),
        (SystemStages(backward=Backward.NEVER), None, None),
    ],
)
def test_it_is_said_why_a_crm_goes_on_showing_another_stage(
    rules: SystemStages, target: Stage | None, left: str | None, shipped: Ruleset
) -> None:
    """Both records show an mql: one that shows what is wanted is not left behind."""
    lifecycle = replace(shipped.configuration.lifecycle, systems={"files": rules})
    move = StageMove(stage=target, reason="STAGE_MOVED_BACK")
    found = left_standing(lifecycle, standing(Stage.MQL), move)
    assert found == (dict.fromkeys([FIRST, SECOND], left) if left else {})


@pytest.mark.parametrize(
    ("reason", "follows"),
    [
        ("STAGE_ADVANCED", True),
        ("STAGE_ALIGNED", True),
        ("STAGE_DISQUALIFIED", True),
        ("STAGE_MOVED_BACK", True),
        ("STAGE_PROPOSED_SQL", True),
        ("STAGE_SET_BY_PERSON", False),
        ("SALES_ACCEPTED", False),
    ],
)
def test_a_move_is_written_for_its_reason(reason: str, follows: bool, shipped: Ruleset) -> None:
    where = of_people(Stage.LEAD, stage=Stage.NURTURE)
    move = StageMove(stage=Stage.NURTURE, reason=reason)
    assert is_to_follow(shipped.configuration.lifecycle, where, move, SECOND) is follows


@pytest.mark.parametrize(
    ("row", "rule", "follows"),
    [
        (Transition(id="r", source=Stage.LEAD, target=Stage.NURTURE), None, True),
        (Transition(id="r", source=Stage.LEAD, target=Stage.NURTURE, by=Mover.WORKER), None, True),
        (Transition(id="r", source=Stage.LEAD, target=Stage.NURTURE, by=Mover.PEOPLE), "r", False),
        (proven("r"), None, False),
        (proven("r"), "other", False),
        (proven("r"), "r", True),
    ],
)
def test_a_row_is_for_whom_it_names_and_with_its_evidence(
    row: Transition, rule: str | None, follows: bool, shipped: Ruleset
) -> None:
    rows: Transitions = {(Stage.LEAD, Stage.NURTURE): (row,)}
    lifecycle = replace(shipped.configuration.lifecycle, transitions=rows)
    where = of_people(Stage.LEAD, stage=Stage.NURTURE)
    move = StageMove(stage=Stage.NURTURE, reason="STAGE_ADVANCED", rule=rule)
    assert is_to_follow(lifecycle, where, move, SECOND) is follows
