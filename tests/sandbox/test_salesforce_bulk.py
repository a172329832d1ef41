"""Bulk API 2.0 on the twin: query jobs and ingest jobs, from their making to their end."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from connectors.sandbox.salesforce.fields import Field
from connectors.sandbox.salesforce.rules import Assignment
from tests.support.salesforce_asking import Asking, Reply


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def read(reply: Reply) -> list[dict[str, str]]:
    """Read a CSV answer."""
    assert reply.status == 200, reply.body
    return [*csv.DictReader(io.StringIO(reply.body.decode(), newline=""))]


def query(asking: Asking, text: str, operation: str = "query", **more: str) -> str:
    """Make a query job; gives its id."""
    reply = asking("POST", "/jobs/query", {"operation": operation, "query": text, **more})
    assert (reply.status, reply.body["state"]) == (200, "UploadComplete"), reply.body
    return reply.body["id"]


def ended(asking: Asking, kind: str, job: str) -> list[str]:
    """Look at a job until it ends; gives the states it went through."""
    states = []
    while not states or states[-1] in {"UploadComplete", "InProgress"}:
        states.append(asking("GET", f"/jobs/{kind}/{job}").body["state"])
    return states


def test_a_query_job_is_polled_and_read_page_by_page(asking) -> None:
    for number in range(5):
        asking.lead(
            LastName=f"L{number}", City='a "b", c' if number else None, DoNotCall=number == 1
        )
    job = query(
        asking, "SELECT LastName, City, DoNotCall, Owner.Name, CreatedDate FROM Lead ORDER BY Id"
    )
    assert asking("GET", f"/jobs/query/{job}/results").code == "INVALIDJOBSTATE"
    assert ended(asking, "query", job) == ["InProgress", "InProgress", "JobComplete"]
    assert asking("GET", f"/jobs/query/{job}").body["numberRecordsProcessed"] == 5
    first = asking("GET", f"/jobs/query/{job}/results?maxRecords=3")
    assert first.headers["sforce-numberofrecords"] == "3"
    locator = first.headers["sforce-locator"]
    second = asking("GET", f"/jobs/query/{job}/results?maxRecords=3&locator={locator}")
    assert second.headers["sforce-locator"] == "null"
    whole = asking("GET", f"/jobs/query/{job}/results?maxRecords=5")
    assert whole.headers["sforce-locator"] == "null"
    rows = read(first) + read(second)
    assert [row["LastName"] for row in rows] == [f"L{number}" for number in range(5)]
    assert rows[1] == {
        "LastName": "L1",
        "City": 'a "b", c',
        "DoNotCall": "true",
        "Owner.Name": "Integration",
        "CreatedDate": "2026-11-02T15:00:00.000Z",
    }
    assert rows[0]["City"] == ""
    assert first.body.startswith(b'"LastName","City"')


def test_a_query_job_can_see_the_deleted_and_choose_its_signs(asking) -> None:
    lead = asking.lead()
    asking("DELETE", f"/sobjects/Lead/{lead}")
    text = "SELECT Id, IsDeleted FROM Lead"
    job = query(asking, text, "queryAll", columnDelimiter="PIPE", lineEnding="CRLF")
    ended(asking, "query", job)
    body = asking("GET", f"/jobs/query/{job}/results").body
    assert body == f'"Id"|"IsDeleted"\r\n"{lead}"|"true"\r\n'.encode()


def test_what_bulk_does_not_take_is_refused(asking) -> None:
    for given in (
        {"operation": "query", "query": "SELECT COUNT() FROM Lead"},
        {"operation": "query", "query": "SELECT Id FROM Lead LIMIT 1 OFFSET 1"},
        {"operation": "insert", "query": "SELECT Id FROM Lead"},
        {"operation": "query", "query": "SELECT Id FROM Lead", "columnDelimiter": "DOT"},
    ):
        assert asking("POST", "/jobs/query", given).code == "INVALIDJOB"
    wrong = asking("POST", "/jobs/query", {"operation": "query", "query": "SELECT X FROM Lead"})
    assert wrong.code == "INVALID_FIELD"
    asking.twin.meter.jobs, asking.twin.meter.enforces = 9_999, True
    last = {"operation": "query", "query": "SELECT Id FROM Lead"}
    assert asking("POST", "/jobs/query", last).status == 200
    assert asking("POST", "/jobs/query", last).code == "API_LIMIT_EXCEEDED"


def test_jobs_are_aborted_deleted_failed_and_forgotten(asking) -> None:
    text = "SELECT Id FROM Lead"
    first, second, third = (query(asking, text) for _ in range(3))
    assert asking("DELETE", f"/jobs/query/{first}").code == "INVALIDJOBSTATE"
    assert asking("PATCH", f"/jobs/query/{first}", {"state": "Aborted"}).body["state"] == "Aborted"
    assert asking("DELETE", f"/jobs/query/{first}").status == 204
    assert asking("GET", f"/jobs/query/{first}").status == 404
    asking.twin.jobs.failing = 1
    assert ended(asking, "query", second)[-1] == "Failed"
    assert ended(asking, "query", third)[-1] == "JobComplete"
    assert len(asking("GET", "/jobs/query").body["records"]) == 2
    asking.twin.clock.advance(timedelta(days=7))
    token = asking.twin.sessions.begin(asking.twin.clock.now())
    assert asking("GET", f"/jobs/query/{third}", authorization=f"Bearer {token}").status == 404


def ingested(asking: Asking, operation: str, text: str, **more: str) -> str:
    """Send rows through a job to its end; gives its id."""
    given = {"object": "Lead", "operation": operation, **more}
    reply = asking("POST", "/jobs/ingest", given)
    assert (reply.status, reply.body["state"]) == (200, "Open"), reply.body
    job = reply.body["id"]
    assert asking("PUT", f"/jobs/ingest/{job}/batches", text.encode()).status == 201
    assert asking("PATCH", f"/jobs/ingest/{job}", {"state": "UploadComplete"}).status == 200
    assert ended(asking, "ingest", job)[-1] == "JobComplete"
    return job


def test_each_row_of_an_ingest_job_ends_in_one_result(asking) -> None:
    text = "LastName,Company,Email\nA,Acme,a@example.com\nB,Acme,nobody\n"
    job = ingested(asking, "insert", text)
    done = read(asking("GET", f"/jobs/ingest/{job}/successfulResults"))
    failed = read(asking("GET", f"/jobs/ingest/{job}/failedResults"))
    assert [(row["LastName"], row["sf__Created"]) for row in done] == [("A", "true")]
    assert [row["LastName"] for row in failed] == ["B"]
    assert failed[0]["sf__Error"].startswith("INVALID_EMAIL_ADDRESS:")
    assert read(asking("GET", f"/jobs/ingest/{job}/unprocessedrecords")) == []
    shown = asking("GET", f"/jobs/ingest/{job}").body
    assert (shown["numberRecordsProcessed"], shown["numberRecordsFailed"]) == (2, 1)


def test_an_empty_cell_leaves_alone_and_a_mark_clears(asking) -> None:
    lead = asking.lead(City="A", Title="T")
    ingested(asking, "update", f"\ufeffId,City,Title\n{lead},,#N/A\n")
    row = asking.rows("SELECT City, Title FROM Lead")[0]
    assert (row["City"], row["Title"]) == ("A", None)


def test_bulk_knows_no_header_so_assignment_rules_run(asking) -> None:
    org = asking.twin.org
    org.rules.assignments.append(Assignment(type="Lead", owner_id=org.person))
    lead = asking.lead()
    ingested(asking, "upsert", f"Id,City\n{lead},B\n", externalIdFieldName="Id")
    assert asking.rows("SELECT OwnerId FROM Lead")[0]["OwnerId"] == org.person
    ingested(asking, "delete", f"Id\n{lead}\n")
    assert asking.rows("SELECT Id FROM Lead") == []
    assert len(asking.rows("SELECT Id FROM Lead", "queryAll")) == 1
    other = asking.lead()
    ingested(asking, "hardDelete", f"Id\n{other}\n")
    assert [row["Id"] for row in asking.rows("SELECT Id FROM Lead", "queryAll")] == [lead]


def test_a_key_that_two_records_have_changes_neither(asking) -> None:
    key = Field(name="Key__c", type="string", length=80, is_external_id=True)
    asking.twin.org.schema.add_fields("Lead", key)
    for _twice in range(2):
        asking.lead(Key__c="a")
    job = ingested(asking, "upsert", "Key__c,City\na,A\n", externalIdFieldName="Key__c")
    [failed] = read(asking("GET", f"/jobs/ingest/{job}/failedResults"))
    assert failed["sf__Error"].startswith("DUPLICATE_EXTERNAL_ID:")
    assert {row["City"] for row in asking.rows("SELECT City FROM Lead")} == {None}


def test_an_aborted_job_gives_its_rows_back_unprocessed(asking) -> None:
    job = asking("POST", "/jobs/ingest", {"object": "Lead", "operation": "insert"}).body["id"]
    asking("PUT", f"/jobs/ingest/{job}/batches", b"LastName,Company\nA,Acme\n")
    assert asking("PUT", f"/jobs/ingest/{job}/batches", b"x").code == "INVALIDJOBSTATE"
    assert asking("PATCH", f"/jobs/ingest/{job}", {"state": "Aborted"}).body["state"] == "Aborted"
    left = read(asking("GET", f"/jobs/ingest/{job}/unprocessedrecords"))
    assert left == [{"LastName": "A", "Company": "Acme"}]
    assert asking("DELETE", f"/jobs/ingest/{job}").status == 204
    assert asking("GET", "/jobs/ingest").body["records"] == []
