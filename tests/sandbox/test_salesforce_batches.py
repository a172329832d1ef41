"""Many at once: collections with a result each, composites whose parts depend on each other, pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.sandbox.salesforce.columns import custom
from connectors.sandbox.salesforce.fields import Row
from connectors.sandbox.salesforce.ids import made_id
from connectors.sandbox.salesforce.leads import archive
from connectors.sandbox.salesforce.query import page_size, plan_of
from connectors.sandbox.salesforce.rules import Assignment, Lock, Validation
from connectors.sandbox.salesforce.writing import create
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_asking import QUIET, ROOT, Asking

ALL = "/composite/sobjects"


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def leads(count: int, **more: object) -> list[dict]:
    """Make records for a collection."""
    given = {"attributes": {"type": "Lead"}, "Company": "Acme", **more}
    return [{**given, "LastName": f"L{number}"} for number in range(count)]


def test_each_record_has_its_result_in_its_place(asking) -> None:
    given = leads(3)
    given[1]["Email"] = "nobody"
    body = asking("POST", ALL, {"records": given, "allOrNone": False}, **QUIET).body
    assert [one["success"] for one in body] == [True, False, True]
    assert set(body[0]) == {"id", "success", "errors"}
    assert body[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "INVALID_EMAIL_ADDRESS",
                "message": "Email: invalid email address: nobody",
                "fields": ["Email"],
            }
        ],
    }


def test_with_all_or_none_one_failure_undoes_all(asking) -> None:
    given = leads(2)
    given[1]["LastName"] = ""
    body = asking("POST", ALL, {"records": given, "allOrNone": True}, **QUIET).body
    codes = [one["errors"][0]["statusCode"] for one in body]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert asking.rows("SELECT Id FROM Lead") == []


def failing_half_way(asking: Asking) -> None:
    """Have a trigger write a task for each lead, and then refuse those of one city."""

    def trigger(_before: Row, after: Row) -> bool:
        create(asking.twin.org, "Task", {"Subject": "Call"})
        return after["City"] == "Nowhere"

    rule = Validation(type="Lead", message="not there", is_wrong=trigger)
    asking.twin.org.rules.validations.append(rule)


@pytest.mark.parametrize("is_all_or_none", [False, True])
@pytest.mark.parametrize("verb", ["POST", "PATCH", "upsert"])
def test_a_record_that_fails_half_way_leaves_nothing(asking, verb, is_all_or_none) -> None:
    key = replace(custom("Key__c", "string"), is_external_id=True)
    asking.twin.org.schema.add_fields("Lead", key)
    ids = [asking.lead(City="Here", Key__c=f"k{number}") for number in range(3)]
    failing_half_way(asking)
    given = leads(3, City="There")
    given[1]["City"] = "Nowhere"
    for number, one in enumerate(given):
        keys = {"PATCH": {"id": ids[number]}, "upsert": {"Key__c": f"k{number}"}}
        one.update(keys.get(verb, {}))
    method, path = ("PATCH", f"{ALL}/Lead/Key__c") if verb == "upsert" else (verb, ALL)
    body = {"records": given, "allOrNone": is_all_or_none}
    results = asking(method, path, body, **QUIET).body
    assert [one["success"] for one in results] == [not is_all_or_none, False, not is_all_or_none]
    written = 0 if is_all_or_none else 2
    assert len(asking.rows("SELECT Id FROM Task")) == written
    assert len(asking.rows("SELECT Id FROM Lead WHERE City = 'There'")) == written


@pytest.mark.parametrize("is_all_or_none", [False, True])
def test_a_deletion_that_fails_half_way_leaves_nothing(asking, is_all_or_none) -> None:
    org = asking.twin.org
    ids = [asking.lead() for _ in range(2)]
    tasks = [create(org, "Task", {"WhoId": one}) for one in ids]
    org.rules.locks.append(Lock(id=ids[1], times=None))
    query = f"ids={','.join(ids)}&allOrNone={str(is_all_or_none).lower()}"
    results = asking("DELETE", f"{ALL}?{query}").body
    assert [one["success"] for one in results] == [not is_all_or_none, False]
    left = tasks if is_all_or_none else tasks[1:]
    assert [row["Id"] for row in asking.rows("SELECT Id FROM Task ORDER BY Id")] == left


@pytest.mark.parametrize("is_all_or_none", [False, True])
def test_what_was_to_become_visible_later_is_undone_as_well(asking, is_all_or_none) -> None:
    asking.twin.script.add(Fault(kind=FaultKind.LATE, seconds=60))
    given = leads(2)
    given[1]["LastName"] = ""
    asking("POST", ALL, {"records": given, "allOrNone": is_all_or_none}, **QUIET)
    asking.twin.clock.advance(timedelta(minutes=2))
    assert len(asking.rows("SELECT Id FROM Lead")) == (0 if is_all_or_none else 1)


def test_a_collection_has_its_bounds(asking) -> None:
    assert asking("POST", ALL, {"records": leads(201)}).code == "LIMIT_EXCEEDED"
    assert asking("POST", ALL, {"records": []}).code == "LIMIT_EXCEEDED"
    mixed = [
        {"attributes": {"type": type_}, "LastName": "x", "Company": "y"}
        for _ in range(6)
        for type_ in ("Lead", "Contact")
    ]
    assert asking("POST", ALL, {"records": mixed}).code == "LIMIT_EXCEEDED"
    assert asking("POST", ALL, {"records": mixed[:10]}, **QUIET).status == 200


def test_records_change_and_go_by_id_and_each_miss_is_named(asking) -> None:
    lead, gone = asking.lead(), asking.lead()
    asking("DELETE", f"/sobjects/Lead/{gone}")
    ids = [lead, gone, made_id("00Q", 99), "nonsense"]
    given = [{"attributes": {"type": "Lead"}, "id": id_, "City": "A"} for id_ in ids]
    given.append({"attributes": {"type": "Lead"}, "City": "A"})
    given.append({"attributes": {"type": "Nothing"}, "id": lead})
    given.append({"attributes": {"type": "Contact"}, "id": lead, "Title": "A"})
    body = asking("PATCH", ALL, {"records": given}, **QUIET).body
    assert body[0] == {"id": lead, "success": True, "errors": []}
    codes = [one["errors"][0]["statusCode"] for one in body[1:]]
    assert codes == [
        *("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"),
        *("MISSING_ARGUMENT", "INVALID_TYPE", "MALFORMED_ID"),
    ]
    removed = asking("DELETE", f"{ALL}?ids={lead},{gone}&allOrNone=false").body
    assert [one["success"] for one in removed] == [True, False]


def test_records_are_read_by_id_with_null_for_a_miss(asking) -> None:
    first, second, gone = asking.lead(City="A"), asking.lead(City="B"), asking.lead()
    asking("DELETE", f"/sobjects/Lead/{gone}")
    ids = [second, made_id("00Q", 99), first, gone]
    got = asking("GET", f"{ALL}/Lead?ids={','.join(ids)}&fields=City").body
    posted = asking("POST", f"{ALL}/Lead", {"ids": ids, "fields": ["City"]}).body
    assert got == posted
    assert [one and one["City"] for one in got] == ["B", None, "A", None]
    assert [one and one["Id"] for one in got] == [second, None, first, None]
    assert asking("GET", f"{ALL}/Lead?ids={first}&fields=Nothing").code == "INVALID_FIELD"


def test_a_key_of_another_system_makes_or_changes(asking) -> None:
    lead = asking.lead()
    given = [{"attributes": {"type": "Lead"}, "Id": lead, "City": "A"}, *leads(1)]
    body = asking("PATCH", f"{ALL}/Lead/Id", {"records": given}, **QUIET).body
    assert [one["created"] for one in body] == [False, True]
    assert asking("PATCH", f"{ALL}/Lead/City", {"records": given}, **QUIET).status == 404


def test_scripted_faults_spoil_inputs_or_write_nothing(asking) -> None:
    asking.twin.script.add(
        Fault(kind=FaultKind.SPOIL, inputs=(1,)),
        Fault(kind=FaultKind.SPOIL, inputs=(0,), policy="STORAGE_LIMIT_EXCEEDED", skip=1),
        Fault(kind=FaultKind.EMPTY, skip=2),
    )
    bodies = [asking("POST", ALL, {"records": leads(2)}, **QUIET).body for _ in range(3)]
    codes = [[one["errors"][0]["statusCode"] for one in body if one["errors"]] for body in bodies]
    assert codes == [["UNABLE_TO_LOCK_ROW"], ["STORAGE_LIMIT_EXCEEDED"], []]
    assert bodies[2] == []
    assert len(asking.rows("SELECT Id FROM Lead")) == 2


# Composite


def part(name: str, method: str, path: str, body: object = None, **headers: str) -> dict:
    """Write a subrequest."""
    found = {"referenceId": name, "method": method, "url": ROOT + path}
    return {**found, "body": body, "httpHeaders": headers} if body else found


def composed(asking: Asking, *parts: dict, **more: object) -> list[dict]:
    """Ask a composite; gives the answers of its parts."""
    reply = asking("POST", "/composite", {"compositeRequest": parts, **more})
    assert reply.status == 200, reply.body
    return reply.body["compositeResponse"]


def test_a_part_uses_the_answer_of_an_earlier_one(asking) -> None:
    asking.lead(City="A")
    found, changed_, lost = composed(
        asking,
        part("found", "GET", "/query?q=SELECT Id FROM Lead"),
        part("changed", "PATCH", "/sobjects/Lead/@{found.records[0].Id}", {"City": "B"}),
        part("lost", "GET", "/sobjects/Lead/@{found.records[7].Id}"),
    )
    assert (found["httpStatusCode"], found["body"]["totalSize"]) == (200, 1)
    assert (changed_["httpStatusCode"], changed_["body"]) == (204, None)
    assert (lost["httpStatusCode"], lost["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert asking.rows("SELECT City FROM Lead")[0]["City"] == "B"


def test_with_all_or_none_a_failed_part_halts_the_others(asking) -> None:
    lead = asking.lead(City="A")
    answers = composed(
        asking,
        part("one", "PATCH", f"/sobjects/Lead/{lead}", {"City": "B"}),
        part("two", "PATCH", f"/sobjects/Lead/{lead}", {"Email": "nobody"}),
        part("three", "GET", "/limits"),
        allOrNone=True,
    )
    codes = [one["body"][0]["errorCode"] for one in answers]
    assert codes == ["PROCESSING_HALTED", "INVALID_EMAIL_ADDRESS", "PROCESSING_HALTED"]
    assert asking.rows("SELECT City FROM Lead")[0]["City"] == "A"


def test_a_composite_is_one_call_and_each_part_of_a_batch_another(asking) -> None:
    used = asking.twin.meter.used
    composed(asking, part("a", "GET", "/limits"), part("b", "GET", "/limits"))
    assert asking.twin.meter.used == used + 1
    parts = [{"method": "GET", "url": "v66.0/limits"}, {"method": "GET", "url": "v66.0/nothing"}]
    body = asking("POST", "/composite/batch", {"batchRequests": parts}).body
    assert [one["statusCode"] for one in body["results"]] == [200, 404]
    assert body["hasErrors"] is True
    assert asking.twin.meter.used == used + 4


def test_a_composite_has_its_bounds(asking) -> None:
    queries = [part(f"q{n}", "GET", "/query?q=SELECT Id FROM Lead") for n in range(6)]
    many = [part(f"p{n}", "GET", "/limits") for n in range(26)]
    for parts in (queries, many, [many[0], many[0]]):
        assert asking("POST", "/composite", {"compositeRequest": parts}).status == 400


def test_headers_of_the_whole_do_not_reach_the_parts(asking) -> None:
    org = asking.twin.org
    org.rules.assignments.append(Assignment(type="Lead", owner_id=org.person))
    lead = asking.lead()
    path = f"/sobjects/Lead/{lead}"
    composed(asking, part("a", "PATCH", path, {"City": "A"}, **{"Sforce-Auto-Assign": "FALSE"}))
    assert asking.rows("SELECT OwnerId FROM Lead")[0]["OwnerId"] == org.integration_user
    body = {"compositeRequest": [part("a", "PATCH", path, {"City": "A"})]}
    asking("POST", "/composite", body, **QUIET)
    assert asking.rows("SELECT OwnerId FROM Lead")[0]["OwnerId"] == org.person


# Pages


def test_pages_follow_a_cursor_that_ends_after_two_days(asking) -> None:
    for start in range(3):
        asking("POST", ALL, {"records": leads(200, City=str(start))}, **QUIET)
    ask = "SELECT Id FROM Lead ORDER BY Id"
    page = asking.query(ask, sforce_query_options="batchSize=200").body
    assert (page["totalSize"], page["done"], len(page["records"])) == (600, False, 200)
    following = page["nextRecordsUrl"]
    assert following.startswith(f"{ROOT}/query/01g")
    first, again = (
        asking("GET", following, root="", sforce_query_options="batchSize=200").body
        for _ in range(2)
    )
    assert first == again
    asking.twin.clock.advance(timedelta(days=2))
    late = asking("GET", following, root="", authorization="Bearer " + _fresh(asking))
    assert (late.status, late.code) == (400, "INVALID_QUERY_LOCATOR")
    assert asking("GET", "/query/01gSb-x").code == "INVALID_QUERY_LOCATOR"


def _fresh(asking: Asking) -> str:
    return asking.twin.sessions.begin(asking.twin.clock.now())


def test_a_cursor_reads_rows_as_they_are_by_then_and_misses_deleted_ones(asking) -> None:
    for start in range(2):
        asking("POST", ALL, {"records": leads(110, City=str(start))}, **QUIET)
    page = asking.query(
        "SELECT Id FROM Lead ORDER BY Id", sforce_query_options="batchSize=200"
    ).body
    last = asking.rows("SELECT Id FROM Lead ORDER BY Id DESC LIMIT 1")[0]["Id"]
    asking("DELETE", f"/sobjects/Lead/{last}")
    rest = asking("GET", page["nextRecordsUrl"], root="").body
    assert (rest["totalSize"], rest["done"], len(rest["records"])) == (220, True, 19)


def test_the_last_page_has_no_next_one_and_a_size_is_no_promise(asking) -> None:
    asking("POST", ALL, {"records": leads(4)}, **QUIET)
    asking.twin.script.add(Fault(kind=FaultKind.THIN, rows=2, times=2))
    first = asking.query("SELECT Id FROM Lead").body
    last = asking("GET", first["nextRecordsUrl"], root="").body
    assert (len(last["records"]), last["done"], "nextRecordsUrl" in last) == (2, True, False)
    org = asking.twin.org
    names = [f"F{n}__c" for n in range(61)]
    org.schema.add_fields("Lead", *(custom(one, "string") for one in names))
    sizes = {
        text: [
            page_size(plan_of(org, f"SELECT {text} FROM Lead"), wanted, None) for wanted in asked
        ]
        for text, asked in {
            "Id": (None, 100, 300, 5_000),
            "Id, Description": (None, 300),
            ", ".join(names[:60]): (None,),
            ", ".join(names[:61]): (None,),
        }.items()
    }
    assert [*sizes.values()] == [[2_000, 200, 300, 2_000], [1_000, 300], [2_000], [1_000]]


def test_wide_rows_and_scripted_thin_pages_hold_fewer(asking) -> None:
    org = asking.twin.org
    rows = [{"LastName": f"L{n}", "Company": "A", "OwnerId": org.person} for n in range(1_001)]
    for row in rows:
        org.put_row("Lead", row)
    page = asking.query("SELECT Id, Description FROM Lead").body
    assert (len(page["records"]), page["done"]) == (1_000, False)
    asking.twin.script.add(Fault(kind=FaultKind.THIN, rows=0))
    page = asking.query("SELECT Id FROM Lead LIMIT 10").body
    assert (page["records"], page["done"]) == ([], False)
    assert len(asking("GET", page["nextRecordsUrl"], root="").body["records"]) == 10


def test_archived_activities_are_found_by_query_all_alone(asking) -> None:
    org = asking.twin.org
    task = create(org, "Task", {"Subject": "Call", "WhoId": asking.lead(), "CallType": "Inbound"})
    ask = "SELECT Id, Who.Name, Who.Type FROM Task"
    assert asking.rows(ask)[0]["Who"]["Type"] == "Lead"
    archive(org, "Task", task)
    assert asking.rows(ask) == []
    assert [row["Id"] for row in asking.rows(ask, "queryAll")] == [task]


def test_semi_joins_counts_groups_and_all_fields_are_answered(asking) -> None:
    org = asking.twin.org
    lead = asking.lead(City="A")
    asking.lead(City="B")
    create(org, "Task", {"WhoId": lead})
    joined = asking.rows("SELECT Id FROM Lead WHERE Id IN (SELECT WhoId FROM Task)")
    assert [row["Id"] for row in joined] == [lead]
    apart = asking.rows("SELECT City FROM Lead WHERE Id NOT IN (SELECT WhoId FROM Task)")
    assert [row["City"] for row in apart] == ["B"]
    assert asking.query("SELECT COUNT() FROM Lead").body == {
        "totalSize": 2,
        "done": True,
        "records": [],
    }
    grouped = asking.query("SELECT City, COUNT(Id) n FROM Lead GROUP BY City").body["records"]
    assert [(row["City"], row["n"]) for row in grouped] == [("A", 1), ("B", 1)]
    everything = asking.rows("SELECT FIELDS(ALL) FROM Lead LIMIT 1")[0]
    assert {"Id", "Name", "SystemModstamp"} <= set(everything)
