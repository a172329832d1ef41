"""What something else copied from one CRM to another, and what it can have been copied from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker.core.copies import MOST_KEPT, PastValue, Shown, copied_fields, with_past
from worker.core.field_map import (
    FieldRead,
    FieldWrite,
    Managed,
    ObjectKind,
    ObjectMap,
    Transform,
)
from worker.core.identity import Copying
from worker.core.owner_twins import with_twins
from worker.core.records import RawValues, RecordRef
from worker.core.routing import compile_routing
from worker.core.ruleset import Ruleset

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
COPYING = Copying(systems=frozenset({"files", "other"}), within=DAY)


def object_map(*words: str, reads: bool = True, writes: bool = True) -> ObjectMap:
    """A map whose words for lead and mql are these."""
    stage = FieldRead(
        fact="lifecycle_stage",
        source="stage",
        transform=Transform.CHOICE,
        values=dict(zip(words, ("lead", "mql"), strict=True)),
        is_closed=True,
    )
    owner = FieldRead(fact="owner", source="owner", transform=Transform.ID)
    return ObjectMap(
        object_type="people",
        kind=ObjectKind.CONTACT,
        id_field="id",
        reads=(owner, stage) if reads else (),
        writes=(
            FieldWrite(managed=Managed.REASONS, target="codes"),
            FieldWrite(managed=Managed.STAGE, target="stage"),
            FieldWrite(managed=Managed.OWNER, target="owner"),
        )
        if writes
        else (),
    )


HERE, THERE = object_map("lead", "marketing"), object_map("new", "ready")
BEFORE = {"stage": "Lead", "owner": "own-102", "codes": "A"}


def past(before: RawValues, after: RawValues, *known: PastValue) -> tuple[PastValue, ...]:
    return with_past(known, HERE, before, after, NOW - DAY, NOW)


def test_what_stage_and_owner_were_is_kept_and_nothing_else() -> None:
    after = {"stage": "Marketing", "owner": "own-102", "codes": "B"}
    assert past(BEFORE, after) == (PastValue("stage", "Lead", NOW),)
    assert past(BEFORE, BEFORE) == ()
    assert past({"codes": "A"}, after) == ()
    assert past({**BEFORE, "stage": None}, after) == (PastValue("stage", "", NOW),)
    assert past(BEFORE, {**BEFORE, "owner": None}) == (PastValue("owner", "own-102", NOW),)


def test_what_no_copy_can_bring_any_more_is_dropped_and_only_the_newest_are_kept() -> None:
    edge, gone = PastValue("stage", "x", NOW - DAY), PastValue("stage", "y", NOW - DAY - SECOND)
    after = {**BEFORE, "stage": "Marketing"}
    assert past(BEFORE, after, gone, edge) == (edge, PastValue("stage", "Lead", NOW))
    many = [PastValue("owner", str(number), NOW) for number in range(MOST_KEPT)]
    assert past(BEFORE, after, *many) == (*many[1:], PastValue("stage", "Lead", NOW))


def shown(values: RawValues, system: str = "other", **known: object) -> Shown:
    told = {"object_map": THERE, "sources": frozenset({"stage", "owner"}), **known}
    return Shown(ref=RecordRef(system, "people", "1"), values=values, **told)  # type: ignore[arg-type]  # fields of it


def copied(
    shipped: Ruleset, values: RawValues, *others: Shown, copying: Copying | None = COPYING
) -> set[str]:
    record = Shown(ref=RecordRef("files", "people", "1"), object_map=HERE, values=values)
    return set(copied_fields(shipped.routing, record, BEFORE, others, copying, NOW))


MQL = {**BEFORE, "stage": "Marketing"}


@pytest.mark.parametrize(
    ("other", "is_copied"),
    [
        (shown({"stage": "ready"}), True),
        (shown({"stage": "new"}), False),
        (shown({"stage": "no word"}), False),
        (shown({}), False),
        (shown({"stage": "ready"}, sources=frozenset({"owner"})), False),
        (shown({"stage": "Marketing"}, "files", object_map=HERE), False),
        (shown({"stage": "ready"}, object_map=object_map("new", "ready", writes=False)), False),
        (shown({"stage": "ready"}, object_map=object_map("new", "ready", reads=False)), False),
        (shown({}, past=(PastValue("stage", "ready", NOW),)), True),
        (shown({}, past=(PastValue("stage", "ready", NOW - DAY),)), True),
        (shown({}, past=(PastValue("stage", "ready", NOW - DAY - SECOND),)), False),
        (shown({}, past=(PastValue("owner", "ready", NOW),)), False),
        (shown({}, "third", past=(PastValue("stage", "ready", NOW),)), False),
        (shown({"stage": "ready"}, "third"), True),
    ],
)
def test_a_stage_was_copied_from_what_another_crm_shows_or_showed(
    other: Shown, is_copied: bool, shipped: Ruleset
) -> None:
    assert copied(shipped, MQL, other) == ({"stage"} if is_copied else set())
    assert copied(shipped, MQL, shown({"stage": "new"}), other) == (
        {"stage"} if is_copied else set()
    )


def test_without_a_copier_only_what_stands_there_can_have_been_copied(shipped: Ruleset) -> None:
    before = shown({}, past=(PastValue("stage", "ready", NOW),))
    assert copied(shipped, MQL, before, copying=None) == set()
    assert copied(shipped, MQL, shown({"stage": "ready"}), copying=None) == {"stage"}


def test_what_is_not_news_or_is_empty_was_not_copied(shipped: Ruleset) -> None:
    assert copied(shipped, BEFORE, shown({"stage": "new"})) == set()
    record = Shown(ref=RecordRef("files", "people", "1"), object_map=HERE, values=MQL)
    others = [shown({"stage": "ready"})]
    assert not copied_fields(shipped.routing, record, {"codes": "A"}, others, COPYING, NOW)
    assert copied(shipped, {**BEFORE, "stage": None}, shown({"stage": None})) == set()
    assert copied(shipped, {**BEFORE, "stage": "?"}, shown({"stage": "no word"})) == set()


@pytest.mark.parametrize(
    ("owner", "there", "is_copied"),
    [("own-101", "7", True), ("own-101", "8", False), ("own-101", "own-101", False)],
)
def test_an_owner_was_copied_where_the_other_crm_shows_the_same_person(
    owner: str, there: str, is_copied: bool, shipped: Ruleset
) -> None:
    policy = with_twins(shipped.configuration.routing, {"files:own-101": {"other": "7"}})
    record = Shown(
        ref=RecordRef("files", "people", "1"), object_map=HERE, values={**BEFORE, "owner": owner}
    )
    others = [shown({"owner": there})]
    found = copied_fields(compile_routing(policy), record, BEFORE, others, COPYING, NOW)
    assert found == ({"owner"} if is_copied else set())
