"""Where a CRM tells who changed a field last, only a person's change is a person's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.behaviour.test_a_human_edit_stands import at_moment, watched
from tests.behaviour.test_proposals import MET, ROW
from tests.fakes.crm import FakeCrm
from tests.fakes.crm_store import START_AT
from tests.support.fake_organisation import connect, crm_of, move_to_fake
from tests.support.interposed import Interposed
from tests.support.organisation import NOW, Organisation
from worker.core.records import Editor, Page, Record, RecordRef
from worker.ports import Connector, ToldEdits
from worker.steps.inspect import report_lead

STAGE, OWNER = "lifecycle_stage", "owner_id"
MINUTE = timedelta(minutes=1)
ALSO = "  also: [automation, import] "


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Interposed):
    """Tells who changed a field only when it is asked, as a CRM whose history costs calls of its own."""

    asked: list[str]

    def pull(self, object_type: str, *, fields: Sequence[str], since: str | None) -> Iterator[Page]:
        for page in self.inner.pull(object_type, fields=fields, since=since):
            yield replace(page, records=tuple(replace(one, edits={}) for one in page.records))

    def fetch(
        self, refs: Sequence[RecordRef], *, fields: Sequence[str]
    ) -> Mapping[RecordRef, Record]:
        self.before("fetch")
        found = self.inner.fetch(refs, fields=fields)
        return {ref: replace(record, edits={}) for ref, record in found.items()}

    def edits(
        self, object_type: str, records: Sequence[Record], *, fields: Sequence[str]
    ) -> ToldEdits:
        assert object_type == "contacts"
        self.asked.extend(one.ref.id for one in records)
        found = self.inner.fetch([one.ref for one in records], fields=fields)
        return {
            ref: {name: edit for name, edit in record.edits.items() if name in fields}
            for ref, record in found.items()
        }


def asked_crm(
    organisation: Organisation, crm: FakeCrm, tell: Callable[[str], None] = lambda _call: None
) -> tuple[Organisation, list[str]]:
    """The same organisation, whose CRM is asked; with the records that it was asked about."""
    asked: list[str] = []

    def wrap(inner: Connector) -> Connector:
        return Asked(inner=inner, before=lambda call: tell(f"before {call}"), asked=asked)

    connectors = connect(crm, wrap)
    return Organisation(folder=organisation.folder, connectors=connectors), asked


@pytest.fixture
def crm(qualified: Organisation) -> FakeCrm:
    """A CRM with a history of its fields, whose clock stands at the time of the runs."""
    found = replace(crm_of(qualified.folder), tells_edits=True)
    found.advance(int((NOW - START_AT).total_seconds()))
    return found


@pytest.fixture
def handed_off(qualified: Organisation, crm: FakeCrm) -> Organisation:
    qualified.reconfigure("lifecycle.yaml", ROW, ROW + MET)
    moved = move_to_fake(qualified, crm)
    moved.sync()
    assert values_of(crm)[STAGE] == "Marketing Qualified"
    crm.advance(60)
    return moved


def values_of(crm: FakeCrm) -> dict[str, str]:
    values = crm.read("contacts", "q1")
    assert values is not None
    return {name: value or "" for name, value in values.items()}


def set_by_people(organisation: Organisation) -> tuple[bool, bool]:
    """Whether the ledger holds the stage, and the owner, of q1 for a person's."""
    query = "SELECT stage_set_by_person_at, owner_set_by_person_at FROM records WHERE id = 'q1'"
    ((stage, owner),) = organisation.ask(query)
    return stage is not None, owner is not None


CHANGES = {STAGE: "Nurture", OWNER: "own-103"}


NOT_RESPECTED = "  also: [] "


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize(
    ("by", "also", "is_respected"),
    [
        (Editor.PERSON, NOT_RESPECTED, True),
        (Editor.AUTOMATION, ALSO, True),
        (Editor.AUTOMATION, NOT_RESPECTED, False),
        (Editor.IMPORT, "  also: [automation] ", False),
        (Editor.SYNC, ALSO, True),  # there is no other CRM in which a person could have done it
    ],
)
def test_whose_change_is_respected(
    handed_off: Organisation, crm: FakeCrm, field: str, by: Editor, also: str, is_respected: bool
) -> None:
    handed_off.reconfigure("lifecycle.yaml", ALSO, also)
    crm.change("contacts", "q1", {field: CHANGES[field]}, by)
    handed_off.sync(NOW + MINUTE)
    expected = (is_respected and field == STAGE, is_respected and field == OWNER)
    assert set_by_people(handed_off) == expected
    with handed_off.open(NOW + MINUTE) as app:
        reasons = report_lead(app.looking(), "q1").today["reasons"]
    assert isinstance(reasons, list)
    assert ("STAGE_SET_BY_PERSON" in reasons) == (is_respected and field == STAGE)


def test_a_crm_is_asked_only_about_records_whose_stage_or_owner_is_news(
    handed_off: Organisation, crm: FakeCrm
) -> None:
    moved, asked = asked_crm(handed_off, crm)
    moved.sync(NOW + MINUTE)
    crm.change("contacts", "q1", {"first_name": "Kim"})
    moved.sync(NOW + 2 * MINUTE)
    assert asked == []
    crm.change("contacts", "q1", {STAGE: "Nurture"}, Editor.IMPORT)
    moved.sync(NOW + 3 * MINUTE)
    assert asked == ["q1"]
    assert set_by_people(moved) == (True, False)
    with moved.open(NOW + 3 * MINUTE) as app:
        (edit,) = report_lead(app.looking(), "q1").edits
    assert (edit["what"], edit["by"]) == ("stage", "import")


def test_a_person_who_was_faster_than_our_write_is_asked_for_and_recognised(
    handed_off: Organisation, crm: FakeCrm
) -> None:
    met(crm)

    def confirm() -> None:
        crm.advance(30)
        crm.change("contacts", "q1", {STAGE: "Sales Qualified"})

    racing, asked = asked_crm(handed_off, crm, at_moment(("before fetch",), confirm))
    racing.sync(NOW + 2 * MINUTE)
    assert asked == ["q1"]
    assert set_by_people(handed_off) == (True, False)


def test_our_own_echo_is_nobodys(handed_off: Organisation, crm: FakeCrm) -> None:
    assert handed_off.sync(NOW + MINUTE).writes == {}
    assert set_by_people(handed_off) == (False, False)
    crm.change("contacts", "q1", {"opt_out_mail": "true"})
    handed_off.sync(NOW + 2 * MINUTE)
    assert set_by_people(handed_off) == (False, False)


def test_a_person_who_sets_what_stood_there_already_makes_it_theirs(
    handed_off: Organisation, crm: FakeCrm
) -> None:
    crm.change("contacts", "q1", {STAGE: "Marketing Qualified"})
    handed_off.sync(NOW + 2 * MINUTE)
    assert set_by_people(handed_off) == (True, False)


def met(crm: FakeCrm) -> None:
    values = {
        "contact_id": "q1",
        "type": "meeting_held",
        "occurred_at": "2026-11-02T14:00:00Z",
        "owner_id": "own-101",
        "is_automated": "false",
    }
    crm.add("activities", "met-1", values)


@pytest.mark.parametrize("moment", ["before the write", "after the write"])
def test_a_person_who_sets_what_we_were_proposing_is_recognised(
    handed_off: Organisation, crm: FakeCrm, moment: str
) -> None:
    met(crm)
    call = "before fetch" if moment == "before the write" else "after push"

    def confirm() -> None:
        crm.advance(30)
        crm.change("contacts", "q1", {STAGE: "Sales Qualified"})

    tell = at_moment((call,), confirm)
    racing = Organisation(folder=handed_off.folder, connectors=connect(crm, watched(tell)))
    racing.sync(NOW + 2 * MINUTE)
    handed_off.sync(NOW + 3 * MINUTE)
    assert set_by_people(handed_off) == (True, False)
    crm.change("contacts", "q1", {"opt_out_all": "true"})
    handed_off.sync(NOW + 4 * MINUTE)
    assert values_of(crm)[STAGE] == "Sales Qualified"
