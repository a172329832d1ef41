"""Where a lead stands, from what its records show, what was decided last, and what people did since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.leads import NOW, contact_ref, make_activity, shipped_ruleset
from worker.core.case import Case
from worker.core.identity import MergedLead
from worker.core.lifecycle import LifecyclePolicy, Standing
from worker.core.mapping import Issue, MappedContact
from worker.core.memory import Memory
from worker.core.model import Activity, Facts, Stage
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.stage_rules import Backward, SystemStages
from worker.core.standing import find_standing

FIRST, SECOND = contact_ref("1"), contact_ref("2")
HOUR = timedelta(hours=1)
NOTHING: Mapping[str, object] = {}
OURS_AT = NOW - 10 * HOUR
BEFORE, SINCE, LATER = OURS_AT - HOUR, OURS_AT + HOUR, OURS_AT + 2 * HOUR
"""An hour before we set the stage, and one and two hours after."""


def memory(stage: Stage | None, **known: object) -> Memory:
    return Memory(stage=stage, stage_since=OURS_AT, **known)  # type: ignore[arg-type]  # fields of it


def asked(ruleset: Ruleset, at: datetime) -> Activity:
    """A strong action of the lead."""
    return make_activity(ruleset, {"type": "appointment_request"}, at)


def stand(
    shipped: Ruleset | LifecyclePolicy,
    *shown: Stage | None,
    memory: Memory,
    facts: Facts | None = None,
    strong_at: datetime | None = None,
    told: Mapping[str, object] = NOTHING,
) -> Standing:
    """Where a lead stands whose records show these stages."""
    policy = shipped if isinstance(shipped, LifecyclePolicy) else shipped.configuration.lifecycle
    contacts = [
        MappedContact(ref=ref, facts={"lifecycle_stage": stage} if stage else {})
        for ref, stage in zip((FIRST, SECOND), shown, strict=False)
    ]
    said = facts or {}
    lead = MergedLead(facts=said, sources={}, issues=(), unseen=frozenset())
    acted = (asked(shipped_ruleset(), strong_at),) if strong_at is not None else ()
    case = Case(facts=said, activities=acted, by_kind={}, now=NOW, today=NOW.date())
    return find_standing(contacts, memory, lead, case, policy, **told)  # type: ignore[arg-type]  # its options


@pytest.mark.parametrize(
    ("shown", "is_split"),
    [
        ((), False),
        ((Stage.MQL,), False),
        ((Stage.MQL, Stage.MQL), False),
        ((Stage.MQL, Stage.LEAD), True),
        ((Stage.MQL, None), True),
    ],
)
def test_records_that_show_two_stages_split_a_lead(
    shown: tuple[Stage | None, ...], is_split: bool, shipped: Ruleset
) -> None:
    found = stand(shipped, *shown, memory=memory(Stage.MQL))
    assert found.is_split is is_split
    assert found.stage is (Stage.MQL if shown else None)
    assert found.stages == dict(zip((FIRST, SECOND), shown, strict=False))


def test_the_worker_set_a_stage_only_if_it_is_the_one_it_decided(shipped: Ruleset) -> None:
    assert stand(shipped, Stage.MQL, memory=memory(Stage.MQL)).set_by_worker_at == OURS_AT
    assert stand(shipped, Stage.LEAD, memory=memory(Stage.MQL)).set_by_worker_at is None


@pytest.mark.parametrize(
    ("shown", "decided", "is_cleared", "edited_at", "stage"),
    [
        (None, Stage.NURTURE, True, None, Stage.NURTURE),
        (None, Stage.NURTURE, True, BEFORE, Stage.NURTURE),
        (None, Stage.NURTURE, True, OURS_AT, None),
        (None, Stage.NURTURE, True, SINCE, None),
        (None, Stage.NURTURE, False, None, None),
        (Stage.LEAD, Stage.NURTURE, True, None, Stage.LEAD),
        (None, None, True, None, None),
    ],
)
def test_a_field_that_we_emptied_and_nobody_touched_shows_what_we_are_about_to_write(
    shown: Stage | None,
    decided: Stage | None,
    is_cleared: bool,
    edited_at: datetime | None,
    stage: Stage | None,
    shipped: Ruleset,
) -> None:
    known = {"is_cleared": is_cleared, "set_by_person_at": edited_at}
    found = stand(shipped, shown, memory=memory(decided), told=known)
    assert found.stage is stage
    assert found.is_cleared is (stage is Stage.NURTURE)


NEVER = {"files": SystemStages(backward=Backward.NEVER)}
UNLISTED = {"files": SystemStages(unlisted=frozenset({("contacts", Stage.LEAD)}))}
LEFT = memory(Stage.LEAD, left_at=Stage.MQL, is_left=True)


@pytest.mark.parametrize(
    ("shown", "remembered", "edited_at", "stage"),
    [
        (Stage.MQL, LEFT, None, Stage.LEAD),
        (Stage.MQL, LEFT, BEFORE, Stage.LEAD),
        (Stage.MQL, LEFT, SINCE, Stage.MQL),
        (Stage.NURTURE, LEFT, None, Stage.NURTURE),
        (Stage.MQL, memory(Stage.LEAD, left_at=Stage.MQL), None, Stage.MQL),
        (None, memory(Stage.LEAD, is_left=True), None, Stage.LEAD),
    ],
)
def test_a_crm_that_goes_on_showing_what_we_may_not_write_over_says_nothing_new(
    shown: Stage | None,
    remembered: Memory,
    edited_at: datetime | None,
    stage: Stage,
    shipped: Ruleset,
) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, systems=NEVER)
    found = stand(lifecycle, shown, memory=remembered, told={"set_by_person_at": edited_at})
    assert found.stage is stage


@pytest.mark.parametrize(
    ("systems", "shown", "remembered", "is_behind"),
    [
        (NEVER, (Stage.MQL,), LEFT, False),
        (UNLISTED, (Stage.MQL,), LEFT, False),
        ({}, (Stage.MQL,), LEFT, True),
        (NEVER, (Stage.MQL, Stage.LEAD), LEFT, False),
        (NEVER, (Stage.MQL, Stage.SUBSCRIBER), LEFT, True),
        ({}, (Stage.MQL, Stage.NURTURE), memory(Stage.LEAD), False),
    ],
)
def test_a_record_that_was_left_is_behind_once_its_crm_can_be_given_the_stage(
    systems: dict[str, SystemStages],
    shown: tuple[Stage, ...],
    remembered: Memory,
    is_behind: bool,
    shipped: Ruleset,
) -> None:
    lifecycle = replace(shipped.configuration.lifecycle, systems=systems)
    assert stand(lifecycle, *shown, memory=remembered).is_behind is is_behind


PROPOSAL = memory(Stage.SQL, is_proposal=True)


@pytest.mark.parametrize(
    ("shown", "remembered", "stage_at", "owner_at", "facts", "is_ours"),
    [
        (Stage.SQL, PROPOSAL, None, None, {}, True),
        (Stage.SQL, PROPOSAL, BEFORE, BEFORE, {}, True),
        (Stage.SQL, PROPOSAL, SINCE, BEFORE, {}, False),
        (Stage.SQL, PROPOSAL, BEFORE, SINCE, {}, False),
        (Stage.SQL, PROPOSAL, None, None, {"sales_verdict": "accepted"}, False),
        (Stage.SQL, memory(Stage.SQL), None, None, {}, False),
        (Stage.MQL, PROPOSAL, None, None, {}, False),
    ],
)
def test_a_proposal_is_ours_until_somebody_touches_the_lead(
    shown: Stage,
    remembered: Memory,
    stage_at: datetime | None,
    owner_at: datetime | None,
    facts: Facts,
    is_ours: bool,
    shipped: Ruleset,
) -> None:
    known = {"set_by_person_at": stage_at, "owner_set_by_person_at": owner_at}
    found = stand(shipped, shown, memory=remembered, facts=facts, told=known)
    assert found.is_own_proposal is is_ours


@pytest.mark.parametrize("stage", list(Stage))
def test_only_a_lead_that_sales_works_is_accepted(stage: Stage, shipped: Ruleset) -> None:
    found = stand(shipped, stage, memory=memory(stage), facts={"sales_verdict": "accepted"})
    assert found.is_accepted is (stage in (Stage.MQL, Stage.SQL))


BOTH = {FIRST, SECOND}


@pytest.mark.parametrize(
    ("shown", "untouched", "edits", "stage", "copies"),
    [
        ((Stage.CUSTOMER, Stage.NURTURE), {FIRST}, {}, Stage.NURTURE, {FIRST}),
        ((Stage.CUSTOMER, None), {FIRST}, {}, Stage.CUSTOMER, {FIRST}),
        ((Stage.CUSTOMER, Stage.NURTURE), {FIRST}, {FIRST: BEFORE}, Stage.NURTURE, {FIRST}),
        ((Stage.CUSTOMER, Stage.NURTURE), {FIRST}, {FIRST: SINCE}, Stage.CUSTOMER, set()),
        ((Stage.CUSTOMER, Stage.NURTURE), set(), {}, Stage.CUSTOMER, set()),
        ((Stage.MQL, Stage.NURTURE), BOTH, {}, Stage.MQL, set()),
        ((Stage.CUSTOMER, Stage.OPPORTUNITY), BOTH, {}, Stage.CUSTOMER, BOTH),
    ],
)
def test_what_we_copied_from_people_says_nothing_beside_what_another_record_says(
    shown: tuple[Stage | None, ...],
    untouched: set[RecordRef],
    edits: dict[RecordRef, datetime],
    stage: Stage,
    copies: set[RecordRef],
    shipped: Ruleset,
) -> None:
    known = {"untouched": frozenset(untouched), "edits": edits}
    found = stand(shipped, *shown, memory=memory(Stage.CUSTOMER), told=known)
    assert (found.stage, set(found.copies)) == (stage, set(copies))
    assert found.edits == {ref: at for ref, at in edits.items() if ref not in copies}


@pytest.mark.parametrize(
    ("shown", "edits", "stage"),
    [
        ((Stage.LEAD, Stage.NURTURE), {}, Stage.NURTURE),
        ((Stage.LEAD, Stage.NURTURE), {FIRST: SINCE}, Stage.LEAD),
        ((Stage.LEAD, Stage.NURTURE), {FIRST: SINCE, SECOND: LATER}, Stage.NURTURE),
        ((Stage.LEAD, Stage.NURTURE), {FIRST: LATER, SECOND: SINCE}, Stage.LEAD),
        ((Stage.LEAD, Stage.NURTURE), {FIRST: SINCE, SECOND: SINCE}, Stage.NURTURE),
        ((Stage.LEAD, Stage.NURTURE), {FIRST: NOW - timedelta(days=30)}, Stage.NURTURE),
        ((None, Stage.NURTURE), {FIRST: SINCE}, None),
        ((Stage.LEAD, Stage.SQL), {FIRST: SINCE}, Stage.SQL),
        ((Stage.SQL, Stage.RECYCLED), {}, Stage.SQL),
        ((Stage.LEAD, Stage.NURTURE), {contact_ref("3"): SINCE}, Stage.NURTURE),
    ],
)
def test_what_a_person_set_last_counts_unless_people_own_another(
    shown: tuple[Stage | None, ...],
    edits: dict[RecordRef, datetime],
    stage: Stage | None,
    shipped: Ruleset,
) -> None:
    assert stand(shipped, *shown, memory=memory(Stage.LEAD), told={"edits": edits}).stage is stage


def test_a_strong_step_of_the_lead_ends_what_a_person_set_before_it(shipped: Ruleset) -> None:
    shown, edits = (Stage.LEAD, Stage.NURTURE), {FIRST: SINCE}
    found = stand(
        shipped, *shown, memory=memory(Stage.LEAD), told={"edits": edits}, strong_at=LATER
    )
    assert (found.stage, found.last_strong_at) == (Stage.NURTURE, LATER)


def test_a_word_that_the_map_lacks_is_not_forgotten_over_the_next_record(shipped: Ruleset) -> None:
    first, second = (
        MappedContact(ref=ref, facts={}, issues=(Issue(code, fact),))
        for ref, code, fact in (
            (FIRST, "DQ_VALUE_UNKNOWN", "lifecycle_stage"),
            (SECOND, "DQ_EMAIL_INVALID", "email"),
        )
    )
    lead = MergedLead(facts={}, sources={}, issues=(), unseen=frozenset())
    case = Case(facts={}, activities=(), by_kind={}, now=NOW, today=NOW.date())
    lifecycle = shipped.configuration.lifecycle
    for order in ((first, second), (second, first)):
        assert find_standing(order, Memory(), lead, case, lifecycle).has_unknown_stage
    assert not find_standing([second], Memory(), lead, case, lifecycle).has_unknown_stage


def test_our_proposal_counts_as_what_it_is(shipped: Ruleset) -> None:
    """It is the worker's doing, and no copy of what people set elsewhere."""
    shown = (Stage.SQL, Stage.NURTURE)
    known = {"untouched": frozenset({FIRST})}
    older = (Stage.CUSTOMER, Stage.NURTURE)
    assert stand(shipped, *older, memory=PROPOSAL, told=known).stage is Stage.NURTURE
    assert stand(shipped, *shown, memory=PROPOSAL, told=known).stage is Stage.SQL
    assert stand(shipped, *shown, memory=memory(Stage.SQL), told=known).stage is Stage.NURTURE


RECYCLED_AT = BEFORE


@pytest.mark.parametrize(
    ("shown", "remembered", "set_at", "recycled_at"),
    [
        (Stage.RECYCLED, memory(Stage.MQL), SINCE, SINCE),
        (Stage.RECYCLED, memory(Stage.MQL), None, NOW),
        (Stage.RECYCLED, memory(None), None, None),
        (Stage.RECYCLED, memory(Stage.RECYCLED, recycled_at=RECYCLED_AT), None, RECYCLED_AT),
        (Stage.NURTURE, memory(Stage.NURTURE, recycled_at=RECYCLED_AT), None, RECYCLED_AT),
        (Stage.NURTURE, memory(Stage.NURTURE, recycled_at=RECYCLED_AT), RECYCLED_AT, RECYCLED_AT),
        (Stage.NURTURE, memory(Stage.NURTURE, recycled_at=RECYCLED_AT), SINCE, None),
        (Stage.NURTURE, memory(Stage.NURTURE), SINCE, None),
    ],
)
def test_a_lead_was_recycled_when_a_person_did_so_or_it_was_first_seen(
    shown: Stage,
    remembered: Memory,
    set_at: datetime | None,
    recycled_at: datetime | None,
    shipped: Ruleset,
) -> None:
    found = stand(shipped, shown, memory=remembered, told={"set_by_person_at": set_at})
    assert found.recycled_at == recycled_at
    assert found.handed_back == ("SALES_RECYCLED" if recycled_at else None)


@pytest.mark.parametrize(
    ("strong_at", "said"), [(SINCE, "SALES_RECYCLED"), (SINCE + timedelta(seconds=1), None)]
)
def test_only_a_strong_step_after_it_ends_that_a_lead_was_recycled(
    strong_at: datetime, said: str | None, shipped: Ruleset
) -> None:
    remembered = memory(Stage.RECYCLED, recycled_at=SINCE)
    found = stand(shipped, Stage.RECYCLED, memory=remembered, strong_at=strong_at)
    assert found.handed_back == said
