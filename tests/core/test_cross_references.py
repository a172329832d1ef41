"""The ids by which records of two CRMs name each other: whom they join, and whom they do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.case_safe_ids import forms_of, short_form
from worker.core.field_map import FieldRead, ObjectKind, ObjectMap, ReferenceTarget, Transform
from worker.core.identity import CONTRADICTED, Grouping, group_records
from worker.core.mapping import (
    MappedContact,
    Reference,
    compile_contact_mapper,
    mapped_from_json,
    mapped_to_json,
)
from worker.core.records import Record, RecordRef

LONG, SHORT = "00QRt00000AbCdEMAV", "00QRt00000AbCdE"
"""One id of a lead, in Salesforce's two forms; its check says which letters are capitals."""


def hubspot(number: str, *names: str, kind: str | None = None) -> MappedContact:
    ref = RecordRef("hubspot", "contacts", number)
    return MappedContact(
        ref=ref, facts={}, references=tuple(Reference("salesforce", kind, n) for n in names)
    )


def salesforce(number: str, *names: str, kind: str = "leads") -> MappedContact:
    ref = RecordRef("salesforce", kind, number)
    return MappedContact(
        ref=ref, facts={}, references=tuple(Reference("hubspot", None, n) for n in names)
    )


def together(grouping: Grouping) -> list[set[str]]:
    return [{ref.id for ref in group} for group in grouping.groups if len(group) > 1]


def test_the_two_forms_of_an_id_meet() -> None:
    assert together(group_records([hubspot("h", SHORT), salesforce(LONG)])) == [{"h", LONG}]
    assert together(group_records([hubspot("h", LONG), salesforce(LONG)])) == [{"h", LONG}]


@pytest.mark.parametrize("folded", [LONG.lower(), LONG.upper()])
def test_a_long_id_that_lost_its_case_still_meets(folded: str) -> None:
    assert together(group_records([hubspot("h", folded), salesforce(LONG)])) == [{"h", LONG}]


def test_short_ids_that_differ_in_case_are_two() -> None:
    assert together(group_records([hubspot("h", SHORT.lower()), salesforce(LONG)])) == []


@given(st.text(alphabet="abcXYZ019", min_size=15, max_size=15))
def test_the_check_of_a_long_id_tells_every_capital(short: str) -> None:
    cases = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    groups = (short[:5], short[5:10], short[10:])
    check = "".join(cases[sum(c.isupper() << i for i, c in enumerate(g))] for g in groups)
    assert short_form(short + check) == short
    assert short_form(short.swapcase()[:15] + check) == short
    assert forms_of(short) == forms_of(short + check) == {short, short + check}


@pytest.mark.parametrize("text", ["123456789012345678", "own-101", "", "ABCDEFGHIJKLMNO"])
def test_any_other_id_stays_as_it_is(text: str) -> None:
    assert short_form(text) == text
    assert text in forms_of(text)


def test_a_reference_to_another_object_type_joins_nobody() -> None:
    assert together(group_records([hubspot("h", "7", kind="contacts"), salesforce("7")])) == []


def test_the_object_type_says_which_of_two_tables_is_meant() -> None:
    both = [salesforce("7"), salesforce("7", kind="contacts")]
    grouping = group_records([*both, hubspot("h", "7", kind="contacts")])
    assert grouping.groups[0] == (
        RecordRef("hubspot", "contacts", "h"),
        RecordRef("salesforce", "contacts", "7"),
    )
    assert not grouping.ambiguous


def test_a_record_that_names_another_which_names_a_third_joins_neither() -> None:
    named = [hubspot("a", "B"), salesforce("B", "c"), hubspot("c")]
    for order in permutations(named):
        grouping = group_records(order)
        assert together(grouping) == []
        assert {ref.id for ref in grouping.contradicted} == {"a", "B"}
        assert grouping.issues_of(named[0].ref) == (CONTRADICTED,)


def test_a_third_that_was_never_read_contradicts_as_well() -> None:
    grouping = group_records([hubspot("a", "B"), salesforce("B", "gone")])
    assert together(grouping) == []
    assert len(grouping.contradicted) == 2


def test_two_that_name_each_other_stand_against_a_third() -> None:
    grouping = group_records([hubspot("a", "B"), salesforce("B", "a"), hubspot("c", "B")])
    assert together(grouping) == [{"a", "B"}]
    assert RecordRef("hubspot", "contacts", "c") in grouping.contradicted


def test_a_name_of_what_was_merged_means_what_it_was_merged_into() -> None:
    old, new = hubspot("old"), hubspot("new", "B")
    grouping = group_records([old, new, salesforce("B", "old")], {old.ref: new.ref})
    assert together(grouping) == [{"old", "new", "B"}]
    assert not grouping.contradicted


@pytest.mark.parametrize(
    ("contacts", "joined"),
    [
        ([hubspot("a", "gone"), hubspot("b", "gone")], [{"a", "b"}]),
        ([hubspot("a", "gone"), hubspot("b", "lost")], []),
        ([hubspot("a", "gone", kind="leads"), hubspot("b", "gone", kind="contacts")], []),
        (
            [hubspot("a", "B", "gone"), salesforce("B", "a"), hubspot("c", "gone")],
            [{"a", "B", "c"}],
        ),
        ([hubspot("a", "B", "gone"), salesforce("B", "x"), hubspot("c", "gone")], []),
    ],
)
def test_those_who_name_the_same_third_that_was_not_read_are_one_unless_contradicted(
    contacts: list[MappedContact], joined: list[set[str]]
) -> None:
    assert together(group_records(contacts)) == joined


def test_an_id_of_two_tables_is_unclear_and_contradicts_nobody() -> None:
    lead, contact = salesforce("7", "a"), salesforce("7", kind="contacts")
    person = hubspot("a", "7", "8")
    grouping = group_records([person, lead, contact, salesforce("8")])
    assert not grouping.contradicted
    assert grouping.ambiguous == {person.ref, lead.ref, contact.ref}
    others = [hubspot("b", "7"), hubspot("c", "7")]
    assert together(group_records([*others, salesforce("7"), contact])) == []


def test_merges_that_lead_round_in_a_circle_come_to_an_end() -> None:
    first, second = hubspot("a"), hubspot("b")
    circle = {first.ref: second.ref, second.ref: first.ref}
    (found,) = together(group_records([first, second, salesforce("S", "a")], circle))
    assert found >= {"S"}
    third = hubspot("c")
    further = {**circle, first.ref: second.ref, second.ref: third.ref, third.ref: second.ref}
    assert together(group_records([first, second, third, salesforce("S", "a")], further))


def test_a_name_of_another_crm_or_table_contradicts_nobody() -> None:
    named = salesforce("B", "a")
    elsewhere = replace(named, references=(Reference("third", None, "9"),))
    assert together(group_records([hubspot("a", "B"), elsewhere])) == [{"a", "B"}]
    table = replace(named, references=(Reference("hubspot", "companies", "9"),))
    assert together(group_records([hubspot("a", "B"), table])) == [{"a", "B"}]
    same = replace(named, references=(Reference("hubspot", "contacts", "9"),))
    assert together(group_records([hubspot("a", "B"), same])) == []


def test_a_lead_and_the_contact_it_became_are_one_person() -> None:
    both = (Reference("salesforce", "leads", "L"), Reference("salesforce", "contacts", "C"))
    person = MappedContact(ref=RecordRef("hubspot", "contacts", "h"), facts={}, references=both)
    grouping = group_records([person, salesforce("L", "h"), salesforce("C", "h", kind="contacts")])
    assert together(grouping) == [{"h", "L", "C"}]
    assert not grouping.contradicted


def test_a_lead_whose_new_contact_was_not_read_yet_stands_for_it() -> None:
    lead, person = salesforce("L"), hubspot("h", "L", kind="leads")
    contact = RecordRef("salesforce", "contacts", "C")
    grouping = group_records([person, lead], {lead.ref: contact})
    assert together(grouping) == [{"h", "L"}]
    assert not grouping.contradicted


def test_a_reference_travels_to_the_ledger_and_back() -> None:
    reads = tuple(
        FieldRead(fact=fact, source=fact, transform=Transform.ID, refers_to=target)
        for fact, target in (
            ("salesforce_id", ReferenceTarget("salesforce", "leads")),
            ("organisation_id", None),
        )
    )
    object_map = ObjectMap(
        object_type="contacts", kind=ObjectKind.CONTACT, id_field="id", reads=reads
    )
    ref = RecordRef("hubspot", "contacts", "1")
    values = {"salesforce_id": LONG, "organisation_id": "9"}
    mapped = compile_contact_mapper(object_map)(Record(ref=ref, values=values, revision="1"))
    assert mapped.references == (Reference("salesforce", "leads", LONG),)
    assert mapped_from_json(mapped_to_json(mapped), ref, None, {}).references == mapped.references


def test_an_id_that_a_spreadsheet_has_damaged_refers_to_nobody() -> None:
    read = FieldRead(
        fact="salesforce_id",
        source="sf",
        transform=Transform.ID,
        refers_to=ReferenceTarget("salesforce"),
    )
    object_map = ObjectMap(
        object_type="contacts", kind=ObjectKind.CONTACT, id_field="id", reads=(read,)
    )
    ref = RecordRef("hubspot", "contacts", "1")
    record = Record(ref=ref, values={"sf": "4.46E+11"}, revision="1")
    mapped = compile_contact_mapper(object_map)(record)
    assert mapped.references == ()
    assert [issue.code for issue in mapped.issues] == ["DQ_ID_DAMAGED"]
