"""What a person changed of a record, as its CRM tells it or as what differs lets us see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.leads import contact_ref
from worker.core.editors import as_configured
from worker.core.field_map import FieldWrite, Managed, ObjectKind, ObjectMap
from worker.core.lifecycle import ALL_BUT_COPIES
from worker.core.records import Edit, Editor, RawValues, Record
from worker.ledger.rows import NOT_OURS, StoredRecord
from worker.steps.edits import Evidence, is_confirmed, note_edits, with_edits

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
EARLIER, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
REF = contact_ref("1")
MAP = ObjectMap(
    object_type="contacts",
    kind=ObjectKind.CONTACT,
    id_field="id",
    writes=tuple(
        FieldWrite(managed=managed, target=target)
        for managed, target in (
            (Managed.STAGE, "stage"),
            (Managed.OWNER, "owner"),
            (Managed.REASONS, "codes"),
        )
    ),
)
OLD = {"stage": "lead", "owner": "7", "codes": "A"}


def kept(values: RawValues = OLD, **known: object) -> StoredRecord:
    return StoredRecord(ref=REF, revision="1", values=values, mapped="", **known)  # type: ignore[arg-type]  # fields of it


def read(values: RawValues, **edits: Edit) -> Record:
    return Record(ref=REF, values=values, revision="2", edits=edits)


def edit(by: Editor = Editor.PERSON, at: datetime | None = EARLIER, **known: object) -> Edit:
    return Edit(by=by, at=at, **known)  # type: ignore[arg-type]  # fields of it


def absorbed(
    values: RawValues, before: StoredRecord | None, *copied: str, **edits: Edit
) -> StoredRecord:
    """How a record is kept that was just read."""
    written = before.written if before is not None else {}
    after = kept(values, written=written)
    evidence = Evidence(now=NOW, copied=frozenset(copied))
    return with_edits(MAP, read(values, **edits), before, after, evidence)


def test_what_differs_from_what_we_knew_is_a_persons_from_now_on() -> None:
    found = absorbed({"stage": "mql", "owner": "8", "codes": "B"}, kept())
    assert (found.stage_set_by_person_at, found.stage_set_by) == (NOW, "person")
    assert (found.owner_set_by_person_at, found.owner_set_by) == (NOW, "person")
    assert found.written == {"stage": NOT_OURS, "owner": NOT_OURS, "codes": "A"}


def test_what_does_not_differ_is_nobodys() -> None:
    assert absorbed(OLD, kept()) == kept()
    assert absorbed({**OLD, "codes": "B"}, kept(written={"codes": "C"})).written == {"codes": "C"}


@pytest.mark.parametrize("before", [None, kept(is_deleted=True)], ids=["new", "was gone"])
def test_of_a_record_that_is_new_only_what_the_crm_tells_is_known(
    before: StoredRecord | None,
) -> None:
    values = {"stage": "mql", "owner": "8", "codes": "B"}
    assert absorbed(values, before) == kept(values)
    told = absorbed(values, before, stage=edit(who="5", via="web"))
    assert (told.stage_set_by_person_at, told.stage_set_by) == (EARLIER, "person 5 (web)")
    assert told.written == {"stage": NOT_OURS}
    assert told.owner_set_by_person_at is None


def test_what_was_copied_is_nobodys_and_stands_for_ours_unless_the_crm_tells_of_a_person() -> None:
    values = {**OLD, "stage": "mql"}
    found = absorbed(values, kept(), "stage")
    assert (found.stage_set_by_person_at, found.written) == (None, {"stage": "mql"})
    ours = kept(written={"stage": "lead", "codes": "A"})
    assert absorbed(values, ours, "stage").written == {"stage": "mql", "codes": "A"}
    told = absorbed(values, kept(), "stage", stage=edit())
    assert (told.stage_set_by_person_at, told.written) == (EARLIER, {"stage": NOT_OURS})


@pytest.mark.parametrize(
    ("told", "is_new", "at", "by"),
    [
        (edit(), False, EARLIER, "person"),
        (edit(at=FUTURE), False, NOW, "person"),
        (edit(at=None), True, NOW, "person"),
        (edit(at=None), False, None, None),
        (edit(Editor.IMPORT), False, EARLIER, "import"),
        (edit(Editor.SYNC), True, None, None),
        (edit(Editor.WORKER), True, None, None),
        (edit(is_exact=False, who="5"), True, EARLIER, "person 5"),
        (edit(is_exact=False, at=FUTURE), True, NOW, "person"),
        (edit(is_exact=False, at=None), True, NOW, "person"),
        (edit(is_exact=False), False, None, None),
        (edit(Editor.AUTOMATION, is_exact=False, who="5"), True, NOW, "person"),
    ],
)
@pytest.mark.parametrize("name", ["stage", "owner"])
def test_whose_a_value_is(
    name: str, told: Edit, is_new: bool, at: datetime | None, by: str | None
) -> None:
    values = {**OLD, name: "new"} if is_new else OLD
    evidence = Evidence(now=NOW, known=OLD)
    found = note_edits(MAP, read(values, **{name: told}), kept(values), evidence)
    stage, owner = (
        (found.stage_set_by_person_at, found.stage_set_by),
        (found.owner_set_by_person_at, found.owner_set_by),
    )
    assert (stage, owner) == (
        ((at, by), (None, None)) if name == "stage" else ((None, None), (at, by))
    )
    assert found.written == ({name: NOT_OURS} if at else {})


def test_what_differs_is_seen_in_the_values_that_are_kept() -> None:
    """A column that a table has lost shows nothing from then on."""
    after = kept({**OLD, "stage": None})
    record = read({name: value for name, value in OLD.items() if name != "stage"})
    found = with_edits(MAP, record, kept(), after, Evidence(now=NOW))
    assert (found.stage_set_by_person_at, found.owner_set_by_person_at) == (NOW, None)


def test_only_those_whom_the_policy_respects_are_respected() -> None:
    respected = ALL_BUT_COPIES - {Editor.IMPORT}
    evidence = Evidence(now=NOW, known=OLD, respected=respected)
    record = read({**OLD, "stage": "mql"}, stage=edit(Editor.IMPORT))
    assert note_edits(MAP, record, kept(), evidence) == kept()


@pytest.mark.parametrize(
    ("before_at", "told", "at", "by"),
    [
        (EARLIER, edit(at=NOW, who="5"), NOW, "person 5"),
        (NOW, edit(at=EARLIER, who="5"), NOW, "person 1"),
        (EARLIER, edit(who="5"), EARLIER, "person 5"),
        (NOW, edit(at=None, is_exact=False), NOW, "person 1"),
    ],
)
def test_of_two_changes_of_a_stage_the_later_one_is_kept(
    before_at: datetime, told: Edit, at: datetime, by: str
) -> None:
    """Of the same instant, the one that the CRM names exactly."""
    after = kept(stage_set_by_person_at=before_at, stage_set_by="person 1")
    record = read({**OLD, "stage": "mql"}, stage=told)
    found = note_edits(MAP, record, after, Evidence(now=NOW, known=OLD))
    assert (found.stage_set_by_person_at, found.stage_set_by) == (at, by)


def test_an_owner_whom_somebody_else_replaced_is_no_longer_a_persons() -> None:
    theirs = kept(owner_set_by_person_at=EARLIER, owner_set_by="person 1")
    evidence = Evidence(now=NOW, known=OLD)
    same = note_edits(MAP, read(OLD), theirs, evidence)
    assert same == theirs
    ours = read({**OLD, "owner": "8"}, owner=edit(Editor.WORKER))
    found = note_edits(MAP, ours, theirs, evidence)
    assert (found.owner_set_by_person_at, found.owner_set_by) == (None, None)


@pytest.mark.parametrize(
    ("known", "confirmed"),
    [
        ({}, False),
        ({"stage_set_by_person_at": NOW}, True),
        ({"owner_set_by_person_at": NOW}, True),
        ({"owner_set_by": "person 1"}, False),
    ],
)
def test_a_person_confirms_by_setting_stage_or_owner(
    known: dict[str, Any], confirmed: bool
) -> None:
    assert is_confirmed(kept(), kept(**known)) is confirmed


def test_a_user_or_an_app_is_what_the_configuration_calls_it() -> None:
    """By an id of either form; of one that nobody named, or none, the CRM's word stands."""
    named = {"005Rt000001aBcD": Editor.SYNC}
    found = as_configured(edit(who="005Rt000001aBcDIAU"), named)
    assert found == edit(Editor.SYNC, who="005Rt000001aBcDIAU")
    assert as_configured(edit(who="5"), named) == edit(who="5")
    assert as_configured(edit(), named) == edit()
