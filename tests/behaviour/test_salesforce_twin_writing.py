"""Writing against an org with rules of its own: owners, duplicates, locks, validations, sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.matching import matches_in
from connectors.sandbox.salesforce.fields import Field, RecordType
from connectors.sandbox.salesforce.rules import Assignment, DuplicateRule, Lock, Validation
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_twin import Org, serving_org
from worker.core.records import RawValue, RecordRef, WriteCommand, WriteOutcome, WriteResult
from worker.ports import Connector, ObjectSource

APPLIED, REJECTED, UNKNOWN = WriteOutcome.APPLIED, WriteOutcome.REJECTED, WriteOutcome.UNKNOWN
LOGIN = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


@pytest.fixture
def org() -> Iterator[Org]:
    with serving_org() as org:
        yield org


def write(
    record_id: str,
    changes: Mapping[str, RawValue],
    name: str = "w",
    type_: str = "Lead",
    expected: Mapping[str, RawValue] | None = None,
) -> WriteCommand:
    ref = RecordRef(system="salesforce", object_type=type_, id=record_id)
    return WriteCommand(command_id=name, ref=ref, changes=changes, expected=expected or {})


def told(connector: Connector, *commands: WriteCommand) -> list[tuple[WriteOutcome, str | None]]:
    results = {result.command_id: result for result in connector.push(commands)}
    return [(results[one.command_id].outcome, results[one.command_id].code) for one in commands]


def user(org: Org, name: str, *, is_active: bool = True) -> str:
    row = {"LastName": name, "Username": f"{name}@x.example", "IsActive": int(is_active)}
    return org.twin.org.put_row("User", {**row, "Email": f"{name}@example.org"})


@pytest.mark.parametrize("count", [1, 3])
def test_no_write_sets_off_an_assignment_rule_also_after_a_new_login(org: Org, count: int) -> None:
    leads = [org.lead() for _one in range(count)]
    owner = org.cell("Lead", leads[0], "OwnerId")
    org.twin.org.rules.assignments.append(Assignment(type="Lead", owner_id=user(org, "thief")))
    org.twin.script.add(Fault(kind=FaultKind.EXPIRE, endpoint="PATCH *"))
    commands = [write(one, {"Title": "x"}, f"w{n}") for n, one in enumerate(leads)]
    assert told(org.connect(**LOGIN), *commands) == [(APPLIED, None)] * count
    assert {org.cell("Lead", one, "OwnerId") for one in leads} == {owner}


def refused_among(org: Org, faults: Sequence[Fault] = (), count: int = 1) -> list[WriteResult]:
    """Write an address that may be taken to so many leads, and last a title to another one."""
    org.twin.org.rules.duplicates.append(DuplicateRule(type="Lead"))
    leads = [org.lead(Email=f"{n}@example.org") for n in range(count)]
    for fault in faults:
        org.twin.script.add(fault)
    commands = [write(lead, {"Email": "b@example.org"}, f"w{n}") for n, lead in enumerate(leads)]
    return list(org.connect().push([*commands, write(org.lead(), {"Title": "Dr."}, "beside")]))


def test_f60_a_duplicate_is_refused_with_the_records_it_is_held_for(org: Org) -> None:
    """Salesforce names them to a write of one record alone, so it is asked once more about a few."""
    lead = org.lead(Email="b@example.org")
    contact = org.add("Contact", LastName="B", Email="b@example.org")
    *found, beside = refused_among(org, count=12)
    assert beside.outcome is APPLIED
    assert {(one.outcome, one.code) for one in found} == {(REJECTED, "DUPLICATES_DETECTED")}
    same = (RecordRef("salesforce", "Lead", lead), RecordRef("salesforce", "Contact", contact))
    assert [one.matches for one in found] == [same] * 10 + [()] * 2
    assert sum(n for name, n in org.counts().items() if name.startswith("PATCH")) == 1 + 10


def test_f60_a_single_record_is_refused_with_the_records_it_is_held_for(org: Org) -> None:
    lead, other = org.lead(), org.lead(Email="b@example.org")
    org.twin.org.rules.duplicates.append(DuplicateRule(type="Lead"))
    connector = org.connect(
        [ObjectSource(object_type="leads", id_field="Id", options={"reads": "Lead"})], plain=()
    )
    [found] = connector.push([write(lead, {"Email": "b@example.org"}, type_="leads")])
    assert (found.outcome, found.matches) == (REJECTED, (RecordRef("salesforce", "leads", other),))


def test_f60_only_ids_are_taken_of_those_that_are_named() -> None:
    """The second is no id, the third the first in its short form."""
    named = ("0035g000000AbcdAAC", "zaphod@example.org", "0035g000000Abcd")
    rule = {"matchRecords": [{"record": {"Id": one, "Email": "a@b.c"}} for one in named]}
    assert matches_in({"duplicateResult": {"matchResults": [rule]}}) == named[:1]


SINGLY = "PATCH */sobjects/Lead/*"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.DROP, endpoint=SINGLY),
        Fault(kind=FaultKind.STATUS, endpoint=SINGLY),
        Fault(kind=FaultKind.STATUS, endpoint=SINGLY, status=403, policy="DAILY"),
        Fault(kind=FaultKind.STATUS, endpoint=SINGLY, status=400, policy="STRING_TOO_LONG"),
    ],
)
def test_f60_the_refusal_stands_when_the_question_fails(org: Org, fault: Fault) -> None:
    org.lead(Email="b@example.org")
    found, _beside = refused_among(org, [fault])
    assert (found.outcome, found.code) == (REJECTED, "DUPLICATES_DETECTED")
    assert found.matches == ()


@pytest.mark.parametrize("lost", [False, True])
def test_f60_a_refusal_that_passed_meanwhile_is_a_write(org: Org, *, lost: bool) -> None:
    """Only the collection refuses it; sent singly it lands, whether or not its answer arrives."""
    refusing = Fault(kind=FaultKind.SPOIL, policy="DUPLICATES_DETECTED", endpoint="*/composite/*")
    losing = [Fault(kind=FaultKind.LOST, endpoint=SINGLY)] if lost else []
    found, _beside = refused_among(org, [refusing, *losing])
    assert (found.outcome, found.code) == (APPLIED, None)


def test_f45_a_lock_is_waited_out_by_the_next_push_and_the_rest_lands(org: Org) -> None:
    one, other = org.lead(), org.lead()
    org.twin.org.rules.locks.append(Lock(id=one))
    connector = org.connect()
    commands = [write(one, {"Title": "x"}, "w1"), write(other, {"Title": "x"}, "w2")]
    assert told(connector, *commands) == [(UNKNOWN, None), (APPLIED, None)]
    assert org.cell("Lead", one, "Title") is None
    assert told(connector, *commands) == [(APPLIED, None), (WriteOutcome.UNCHANGED, None)]


def test_a_validation_rule_speaks_in_a_code_and_never_in_its_words(org: Org) -> None:
    one, other = org.lead(), org.lead()
    rule = Validation(
        type="Lead",
        message="Mrs. Rivera said no",
        is_wrong=lambda _before, after: after.get("Title") == "bad",
    )
    org.twin.org.rules.validations.append(rule)
    found = told(
        org.connect(), write(one, {"Title": "bad"}, "w1"), write(other, {"Title": "x"}, "w2")
    )
    assert found == [(REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION"), (APPLIED, None)]


def test_f58_owners_who_left_are_listed_as_inactive_and_refused(org: Org) -> None:
    gone, lead, other = user(org, "gone", is_active=False), org.lead(), org.lead()
    connector = org.connect()
    assert {owner.id: owner.is_active for owner in connector.owners()}[gone] is False
    found = told(
        connector, write(lead, {"OwnerId": gone}, "w1"), write(other, {"Title": "x"}, "w2")
    )
    assert found == [(REJECTED, "INACTIVE_OWNER_OR_USER"), (APPLIED, None)]


def test_a_queue_owns_leads_of_its_own_and_no_contact(org: Org) -> None:
    queue = org.twin.org.put_row("Group", {"Name": "Intake", "Type": "Queue"})
    org.twin.org.put_row("QueueSobject", {"QueueId": queue, "SobjectType": "Lead"})
    contact = org.add("Contact", LastName="Stone")
    found = told(
        org.connect(),
        write(org.lead(), {"OwnerId": queue}, "w1"),
        write(contact, {"OwnerId": queue}, "w2", "Contact"),
    )
    assert found == [(APPLIED, None), (REJECTED, "QUEUE_CANNOT_OWN_THIS")]


@pytest.mark.parametrize("count", [1, 2])
def test_an_owner_who_is_not_there_does_not_make_the_lead_missing(org: Org, count: int) -> None:
    """Salesforce refuses both in one word, so the lead itself is looked at again."""
    queue = org.twin.org.put_row("Group", {"Name": "Cases", "Type": "Queue"})
    leads = [org.lead() for _one in range(count)]
    commands = [write(one, {"OwnerId": queue}, f"w{n}") for n, one in enumerate(leads)]
    found = told(org.connect(), *commands)
    assert found == [(REJECTED, "INVALID_CROSS_REFERENCE_KEY")] * count


def test_f63_a_change_between_the_read_and_the_write_of_one_record_stands(org: Org) -> None:
    """The twin refuses it by the condition that was sent, which only a single record can have."""
    lead = org.lead(Title="old")
    org.wait(minutes=5)
    connector = org.connect()
    connector.describe("Lead")
    store = org.twin.org.store
    later = org.twin.org.stamp() + 60_000
    read = store.get("Lead", lead)
    assert read is not None
    batch_read = connector.transport.query

    def read_then_edited(*args: object, **more: object) -> object:
        answer = batch_read(*args, **more)
        with org.twin.lock:
            store.change("Lead", lead, {"Title": "theirs", "LastModifiedDate": later})
        return answer

    connector.transport.query = read_then_edited
    found = told(connector, write(lead, {"Title": "ours"}))
    assert found == [(WriteOutcome.CONFLICT, "WRITE_CONFLICT")]
    assert org.cell("Lead", lead, "Title") == "theirs"


@pytest.mark.parametrize("kind", [FaultKind.LOST, FaultKind.CUT])
def test_f48_an_answer_lost_after_the_work_is_unknown_and_found_unchanged_later(
    org: Org, kind: FaultKind
) -> None:
    leads = [org.lead(), org.lead()]
    org.twin.script.add(Fault(kind=kind, endpoint="PATCH */composite/sobjects"))
    commands = [write(one, {"Title": "x"}, f"w{n}") for n, one in enumerate(leads)]
    assert told(org.connect(), *commands) == [(UNKNOWN, None)] * 2
    assert told(org.connect(), *commands) == [(WriteOutcome.UNCHANGED, None)] * 2


@pytest.mark.parametrize("count", [200, 401])
def test_a_push_is_a_look_a_write_of_each_200_and_a_look(org: Org, count: int) -> None:
    leads = [org.lead() for _one in range(count)]
    connector = org.connect()
    assert connector.capabilities.write_batch == 2_000
    connector.describe("Lead")
    org.counts()
    commands = [write(one, {"Title": "x"}, f"w{n}") for n, one in enumerate(leads)]
    assert {outcome for outcome, _code in told(connector, *commands)} == {APPLIED}
    assert sum(org.counts().values()) == 2 + -(-count // 200)


def test_an_edit_during_a_long_push_is_seen_before_its_record_is_sent(org: Org) -> None:
    leads = [org.lead(Title="before") for _one in range(202)]
    edited = iter((None, None, leads[-1]))

    def clock() -> datetime:
        if (lead := next(edited, None)) is not None:
            org.wait(seconds=10)
            org.change("Lead", lead, Title="theirs")
            org.remove("Lead", leads[-2])
        return org.twin.clock.now()

    connector = org.connect()
    assert isinstance(connector, SalesforceConnector)
    stood = {"Title": "before"}
    commands = [write(one, {"Title": "x"}, f"w{n}", expected=stood) for n, one in enumerate(leads)]
    org.counts()
    found = told(replace(connector, clock=clock), *commands)
    last = [(WriteOutcome.MISSING, None), (WriteOutcome.CONFLICT, "WRITE_CONFLICT")]
    assert found == [(APPLIED, None)] * 200 + last
    assert org.cell("Lead", leads[-1], "Title") == "theirs"
    assert [name for name in org.counts() if name.startswith("PATCH")] == [
        "PATCH /composite/sobjects"
    ]


def test_what_a_person_refused_on_the_individual_is_compared_before_a_write(org: Org) -> None:
    individual = org.add("Individual", LastName="Rivera", HasOptedOutSolicit=True)
    lead = org.lead(IndividualId=individual)
    field = "Individual.HasOptedOutSolicit"
    commands = [
        write(lead, {"Title": said}, said, expected={field: said}) for said in ("true", "false")
    ]
    found = told(org.connect(), *commands)
    assert found == [(APPLIED, None), (WriteOutcome.CONFLICT, "WRITE_CONFLICT")]


def test_text_is_kept_as_it_was_sent_whatever_it_looks_like(org: Org) -> None:
    lead = org.lead()
    changes = {"Title": "Null", "LastName": 'O\'Hara \\ "x"', "City": "NA"}
    assert told(org.connect(), write(lead, changes)) == [(APPLIED, None)]
    assert {name: org.cell("Lead", lead, name) for name in changes} == changes


def test_f52_a_choice_of_another_record_type_is_not_sent(org: Org) -> None:
    values = ("Slow", "Quick")
    org.add_fields("Lead", Field(name="Track__c", type="picklist", length=255, is_restricted=True))
    schema = org.twin.org.schema
    schema.set_options("Lead", "Track__c", values, is_restricted=True)
    kind_id = org.twin.org.put_row("RecordType", {"DeveloperName": "A", "SobjectType": "Lead"})
    kind = RecordType(id=kind_id, developer_name="A", values={"Track__c": ("Slow",)})
    schema.set_record_types("Lead", kind)
    typed, plain = org.lead(RecordTypeId=kind.id), org.lead()
    connector = org.connect()
    org.counts()
    found = told(
        connector,
        write(typed, {"Track__c": "Quick"}, "w1"),
        write(plain, {"Track__c": "Quick"}, "w2"),
    )
    assert found == [(REJECTED, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), (APPLIED, None)]
    told(connector, write(typed, {"Track__c": "Quick"}))
    counts = org.counts()
    asked = "GET /ui-api/object-info/Lead/picklist-values/{kind}"
    assert (counts[asked], counts["PATCH /sobjects/Lead/{id}"]) == (1, 1)
    assert "PATCH /composite/sobjects" not in counts
    connector.describe("Lead")
    told(connector, write(typed, {"Track__c": "Quick"}))
    assert org.counts()[asked] == 1
    for status, code in ((403, "INSUFFICIENT_ACCESS"), (404, "NOT_FOUND")):
        fault = Fault(kind=FaultKind.STATUS, endpoint="GET */ui-api/*", status=status, policy=code)
        org.twin.script.add(fault)  # then the org itself refuses the choice
        refused = told(org.connect(), write(typed, {"Track__c": "Quick"}))
        assert refused == [(REJECTED, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
        assert org.counts()["PATCH /sobjects/Lead/{id}"] == 1


def test_f35_workers_that_share_a_rotated_refresh_token_all_get_in(
    org: Org, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    file.write_text("sandbox-refresh\n", encoding="ascii")
    org.twin.sessions.rotates = True
    login = {**LOGIN, "refresh_token_file": str(file)}
    workers = [org.connect(**login) for _one in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda worker: bool(worker.owners()), workers))
    assert org.twin.sessions.issued == 4
    assert file.read_text("ascii").strip() in org.twin.sessions.refresh_tokens


def test_what_was_written_is_told_also_where_the_next_object_is_refused(org: Org) -> None:
    lead, contact = org.lead(), org.add("Contact", LastName="Stone")
    place = "GET */sobjects/Contact/describe"
    policy = "INSUFFICIENT_ACCESS"
    org.twin.script.add(Fault(kind=FaultKind.STATUS, endpoint=place, status=403, policy=policy))
    found = told(
        org.connect(),
        write(lead, {"Title": "x"}, "w1"),
        write(contact, {"Title": "x"}, "w2", "Contact"),
    )
    assert found == [(APPLIED, None), (UNKNOWN, None)]
