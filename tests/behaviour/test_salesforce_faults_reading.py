"""Faults of the catalogue that concern reading from Salesforce, by their numbers, on scripted answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import (
    CURSOR,
    LEAD,
    NOTHING,
    T1,
    T2,
    described,
    end_of,
    field,
    ids,
    lead,
    mark_of,
    opened,
    page,
    pull,
    row,
    say_set_up,
)
from worker.core.records import RecordRef
from worker.errors import FixDataError, UnavailableError
from worker.ports import ObjectSource

DEAD = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]
AT_T1 = "2026-03-01T10:00:00.000Z"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def soql(stub: Stub, at: int = -1) -> str:
    return stub.asked[at].query["q"][0]


# REST: keyset, lookback, cursors.


def test_f19_rows_of_one_stamp_go_on_by_id_where_a_cursor_dies(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(lead(1), T1), row(lead(2), T1), total=4, following=CURSOR))
    stub.say(DEAD, 404)
    stub.say(page(row(lead(3), T1), row(lead(4), T2), total=2))
    assert ids(pull(opened(stub, time))) == [lead(1), lead(2), lead(3), lead(4)]
    expected = f"(SystemModstamp > {AT_T1} OR (SystemModstamp = {AT_T1} AND Id > '{lead(2)}'))"
    assert expected in soql(stub)
    assert soql(stub).endswith("ORDER BY SystemModstamp ASC, Id ASC")


def test_f20_the_next_pull_reads_back_over_what_showed_late(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(at="2026-03-02T14:59:59.000+0000")))
    end = end_of(pull(opened(stub, time)))
    assert mark_of(end)["at"] == "2026-03-02T14:50:00Z"  # ten minutes before the present, 15:00
    stub.say(described())
    stub.say(page())
    pull(opened(stub, time), end)
    assert "SystemModstamp >= 2026-03-02T14:50:00.000Z" in soql(stub)
    assert "SystemModstamp <= 2026-03-02T15:00:00.000Z" in soql(stub)


def test_a_clock_that_is_ahead_does_not_carry_the_bookmark_beyond_what_came(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described())
    stub.say(page(row(at=T1)))
    assert mark_of(end_of(pull(opened(stub, time))))["at"] == "2026-03-01T10:00:00.001000Z"


def test_f21_a_first_pull_has_no_horizon(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(at="2009-01-01T00:00:00.000+0000")))
    assert ids(pull(opened(stub, time))) == [LEAD]
    assert "WHERE" not in soql(stub)


def test_f22_a_long_query_goes_into_a_body(stub: Stub, time: FakeTime) -> None:
    many = [field(f"Field_{n:03d}__c") for n in range(675)]
    stub.say(described("Lead", *many))
    body = {"body": page(row()), "httpHeaders": {}, "httpStatusCode": 200, "referenceId": "query"}
    stub.say({"compositeResponse": [body]})
    pages = pull(opened(stub, time), fields=["Email", *(f"Field_{n:03d}__c" for n in range(675))])
    assert len(pages[0].records[0].values) == 676
    asked = stub.asked[-1]
    assert (asked.method, asked.path) == ("POST", "/services/data/v62.0/composite")
    [inner] = json.loads(asked.body)["compositeRequest"]
    assert inner["method"] == "GET"
    assert inner["url"].startswith("/services/data/v62.0/query?q=SELECT%20Id")


def test_f22_a_fetch_of_2000_is_one_call(stub: Stub, time: FakeTime) -> None:
    wanted = [lead(n) for n in range(2000)]
    stub.say(described())
    body = {"body": page(*(row(one) for one in wanted)), "httpStatusCode": 200}
    stub.say({"compositeResponse": [body]})
    refs = [RecordRef(system="salesforce", object_type="Lead", id=one) for one in wanted]
    assert len(opened(stub, time).fetch(refs, fields=["Email"])) == 2000
    assert len(stub.asked) == 2


@pytest.mark.parametrize("status", [414, 431])
def test_f22_a_page_of_html_breaks_nothing(stub: Stub, time: FakeTime, status: int) -> None:
    stub.say(described())
    stub.script.append(Said(status=status, body=b"<html><h1>Request-URI Too Large</h1></html>"))
    stub.say(described())
    with pytest.raises(FixDataError, match=str(status)):
        pull(opened(stub, time))


def test_f22_an_error_inside_of_a_composite_answer_is_an_error(stub: Stub, time: FakeTime) -> None:
    many = [f"Field_{n:03d}__c" for n in range(675)]
    stub.say(described("Lead", *map(field, many)))
    error = [{"errorCode": "MALFORMED_QUERY", "message": "x"}]
    stub.say({"compositeResponse": [{"body": error, "httpStatusCode": 400}]})
    stub.say(described("Lead", *map(field, many)))
    with pytest.raises(FixDataError, match="MALFORMED_QUERY"):
        pull(opened(stub, time), fields=many)


def test_f22_a_composite_answer_without_its_part_may_pass(stub: Stub, time: FakeTime) -> None:
    many = [f"Field_{n:03d}__c" for n in range(675)]
    stub.say(described("Lead", *map(field, many)))
    stub.say({"compositeResponse": []})
    with pytest.raises(UnavailableError, match="ANSWER_UNREADABLE"):
        pull(opened(stub, time, retries=False), fields=many)


def test_f23_a_row_without_a_stamp_does_not_move_the_place(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(lead(1), T1), total=3, following=CURSOR))
    stub.say(page(row(lead(2), "soon"), total=3, following=CURSOR))
    stub.say(DEAD, 404)
    stub.say(page(row(lead(3), T2)))
    assert ids(pull(opened(stub, time))) == [lead(1), lead(2), lead(3)]
    assert f"SystemModstamp = {AT_T1} AND Id > '{lead(1)}'" in soql(stub)


def test_f23_a_cursor_that_dies_each_time_ends_the_pull_with_its_place_kept(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described())
    for _again in range(7):
        stub.say(page(row(at=T1), total=9, following=CURSOR))
        stub.say(DEAD, 400)
    with pytest.raises(UnavailableError, match="before it is read"):
        pull(opened(stub, time, retries=False))


def test_f23_a_pull_goes_on_from_its_last_durable_key(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(lead(1), T1), total=2, following=CURSOR))
    first = next(iter(opened(stub, time).pull("Lead", fields=["Email"], since=None)))
    mark = mark_of(first.bookmark)
    assert (mark["at"], mark["id"]) == ("2026-03-01T10:00:00Z", lead(1))
    stub.say(described())
    stub.say(page(row(lead(2), T2)))
    pages = pull(opened(stub, time), first.bookmark)
    assert f"Id > '{lead(1)}'" in soql(stub)
    assert (ids(pages), pages[-1].is_whole) == ([lead(2)], False)
    assert "listed_at" not in mark_of(end_of(pages))  # so the next pull lists everything


def test_f20_a_place_near_the_present_is_no_place_to_go_on_from(stub: Stub, time: FakeTime) -> None:
    """A row may still appear before the last one of a page, as its transaction began earlier."""
    stub.say(described())
    stub.say(page())
    mark = end_of(pull(opened(stub, time)))
    stub.say(described())
    stub.say(page(row(at="2026-03-02T14:55:00.000+0000"), total=2, following=CURSOR))
    first = next(iter(opened(stub, time).pull("Lead", fields=["Email"], since=mark)))
    assert mark_of(first.bookmark)["at"] == "2026-03-02T14:50:00Z"
    assert "id" not in mark_of(first.bookmark)


TOO_LONG = [
    {"errorCode": "QUERY_TIMEOUT", "message": "Your query request was running for too long."}
]


def test_a_query_that_takes_too_long_is_asked_in_steps(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page())
    mark = end_of(pull(opened(stub, time)))
    stub.say(described())
    stub.say(TOO_LONG, 400)
    stub.say(page(row(lead(1), T1), total=2000, following=CURSOR))
    stub.say(page(row(lead(2), T1), total=2000))
    stub.say(page(row(lead(3), T2)))
    assert ids(pull(opened(stub, time), mark)) == [lead(1), lead(2), lead(3)]
    assert f"Id > '{lead(2)}'" in soql(stub)
    assert soql(stub).endswith("ORDER BY SystemModstamp ASC, Id ASC LIMIT 2000")
    assert not time.slept


def test_a_list_that_takes_too_long_is_asked_in_bulk(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(TOO_LONG, 400)
    stub.say(page(row(lead(1)), total=2000))
    stub.say({"id": "750R0", "state": "UploadComplete"})
    begun = opened(stub, time).pull("Lead", fields=["Email"], since=None)
    assert mark_of(next(begun).bookmark)["job"] == "750R0"


def test_a_step_that_takes_too_long_as_well_may_pass(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(TOO_LONG, 400)
    stub.say(TOO_LONG, 400)
    with pytest.raises(UnavailableError, match="QUERY_TIMEOUT"):
        pull(opened(stub, time, retries=False))


def test_a_long_query_that_takes_too_long_is_asked_in_steps(stub: Stub, time: FakeTime) -> None:
    many = [f"Field_{n:03d}__c" for n in range(675)]
    stub.say(described("Lead", *map(field, many)))
    stub.say({"compositeResponse": [{"body": TOO_LONG, "httpStatusCode": 400}]})
    stub.say({"compositeResponse": [{"body": page(row(), total=1), "httpStatusCode": 200}]})
    stub.say([{"errorCode": "FUNCTIONALITY_NOT_ENABLED", "message": "no bulk"}], 400)
    assert ids(pull(opened(stub, time), fields=many)) == [LEAD]


@pytest.mark.parametrize(
    "place", [None, "https://elsewhere.example.org/query/01g", "//elsewhere.example.org/query/01g"]
)
def test_rows_are_not_taken_for_all_where_the_next_page_has_no_place(
    stub: Stub, time: FakeTime, place: str | None
) -> None:
    stub.say(described())
    stub.say({**page(row(), total=2), "done": False, "nextRecordsUrl": place})
    with pytest.raises(UnavailableError, match="ANSWER_UNREADABLE"):
        pull(opened(stub, time, retries=False))


def test_a_field_that_is_hidden_is_never_named_in_a_query(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row()))
    pages = pull(opened(stub, time), fields=["Email", "HasOptedOutOfEmail"])
    assert "HasOptedOutOfEmail" not in soql(stub)
    assert set(pages[0].records[0].values) == {"Email"}  # absent: nothing may be taken from it


def test_a_field_hidden_since_we_looked_is_left_out_and_read_without(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described("Lead", field("Rating")))
    connector = opened(stub, time)
    connector_fields = ["Email", "Rating"]
    message = "SELECT Id, Rating FROM Lead ... No such column 'Rating' on entity 'Lead'"
    stub.say([{"errorCode": "INVALID_FIELD", "message": message}], 400)
    stub.say(described())
    stub.say(page(row()))
    pages = list(connector.pull("Lead", fields=connector_fields, since=None))
    assert set(pages[0].records[0].values) == {"Email"}


def test_f31_a_field_added_while_we_run_is_picked_up_and_others_are_passed_over(
    stub: Stub, time: FakeTime
) -> None:
    connector = opened(stub, time)
    stub.say(described())
    stub.say(page(row()))
    pull(connector, fields=["Email", "New__c"])
    time.sleep(60)
    stub.say(described("Lead", field("New__c"), {"name": "Odd__c", "type": "hologram"}))
    for _labels_and_statuses in range(2):
        stub.say({"records": []})
    connector.describe("Lead")
    stub.say(page(row(New__c="x", Unasked__c={"a": [1]})))
    pages = pull(connector, fields=["Email", "New__c"])
    assert pages[0].records[0].values["New__c"] == "x"


def test_f59_ids_and_numbers_are_exact_text(stub: Stub, time: FakeTime) -> None:
    kinds = {"Big__c": "double", "Half__c": "double", "Money__c": "currency", "Ref__c": "string"}
    stub.say(described("Lead", *(field(name, kind) for name, kind in kinds.items())))
    text = json.dumps(page(row(Ref__c="00446642248919")))
    cells = '"Big__c": 12345678901234567.0, "Half__c": 0.50, "Money__c": 1.0E7, "Ref__c"'
    stub.script.append(Said(body=text.replace('"Ref__c"', cells).encode()))
    [only] = pull(opened(stub, time), fields=list(kinds))[0].records
    assert dict(only.values) == {
        "Big__c": "12345678901234567",
        "Half__c": "0.5",
        "Money__c": "10000000",
        "Ref__c": "00446642248919",
    }


def test_an_empty_org_has_a_bookmark(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(NOTHING)
    assert mark_of(end_of(pull(opened(stub, time))))["at"] == "2026-03-02T14:50:00Z"


def test_f30_a_stamp_that_cannot_be_filtered_by_is_replaced_and_said(
    stub: Stub, time: FakeTime
) -> None:
    shape = described()
    fields = [{**one, "filterable": one["name"] != "SystemModstamp"} for one in shape["fields"]]
    stub.say({**shape, "fields": fields})
    stub.say(page(row(at=T1, SystemModstamp=T2)))
    connector = opened(stub, time)
    [only] = pull(connector)[0].records
    assert (only.modified_at or time.now).hour == 11  # the stamp that counts is read all the same
    assert soql(stub).endswith("ORDER BY LastModifiedDate ASC, Id ASC")
    stub.say({})
    stub.say(page())
    stub.say(page())
    stub.say({**shape, "fields": fields})
    say_set_up(stub)
    assert "LastModifiedDate is used instead." in connector.check()[-1].message


def test_a_task_shared_by_several_is_one_record_for_each_of_them(
    stub: Stub, time: FakeTime
) -> None:
    relation = described(
        "TaskRelation",
        field("RelationId", "reference", referenceTo=["Contact", "Lead"]),
        field("TaskId", "reference", referenceTo=["Task"], relationshipName="Task"),
    )
    item = ObjectSource(
        object_type="calls", id_field="Id", options={"reads": "TaskRelation", "who": "Lead"}
    )
    stub.say(relation)
    stub.say(described("Task", field("CallType", "picklist")))
    call = {"attributes": {"type": "Task"}, "CallType": "Inbound"}
    people = {"0RT1": lead(1), "0RT2": lead(2)}
    stub.say(page(*(row(one, RelationId=who, Task=call) for one, who in people.items())))
    connector = opened(stub, time, objects=[item])
    names = ["RelationId", "Task.CallType"]
    [found] = connector.pull("calls", fields=names, since=None)
    assert [dict(record.values) for record in found.records] == [
        {"RelationId": who, "Task.CallType": "Inbound"} for who in people.values()
    ]
    assert "Relation.Type = 'Lead'" in soql(stub)


def test_f22_ids_are_asked_for_in_parts_where_the_fields_leave_less_room(
    stub: Stub, time: FakeTime
) -> None:
    many = [f"A_very_long_name_of_a_field_{n:04d}_{'x' * 40}__c" for n in range(1000)]
    wanted = [lead(n) for n in range(1500)]
    stub.say(described("Lead", *map(field, many)))
    for _part in range(2):
        stub.say({"compositeResponse": [{"body": page(), "httpStatusCode": 200}]})
    refs = [RecordRef(system="salesforce", object_type="Lead", id=one) for one in wanted]
    opened(stub, time).fetch(refs, fields=many)
    bodies = [json.loads(one.body)["compositeRequest"][0]["url"] for one in stub.asked[1:]]
    queries = [unquote(url).partition("?q=")[2] for url in bodies]
    assert len(queries) == 2
    assert max(map(len, queries)) <= 100_000
    assert sum(query.count("00Q5g") for query in queries) == 1500
