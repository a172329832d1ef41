"""Faults of the catalogue that concern the Bulk API of Salesforce, by their numbers, on scripted answers."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator

import pytest

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import (
    CURSOR,
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
)
from worker.core.records import Page
from worker.errors import UnavailableError

BULK = {"bulk_threshold": "2000"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def csv(text: str, *, locator: str = "null", bom: bool = False) -> Said:
    body = text.encode("utf-8-sig" if bom else "utf-8")
    headers = {"sforce-locator": locator, "content-type": "text/csv"}
    return Said(body=body, headers=headers)


HEAD = '"Id","SystemModstamp","IsDeleted","Email","Description"\n'


def line(n: int, text: str = "x", stamp: str = "2026-03-01T10:00:00.000Z") -> str:
    return f'"{lead(n)}","{stamp}","false","c{n}@example.org","{text}"\n'


def begin_bulk(stub: Stub) -> None:
    stub.say(described("Lead", field("Description", "textarea")))
    stub.say(page(row(), total=2001, following=CURSOR))
    stub.say({"id": "750R0", "state": "UploadComplete"})


def done(stub: Stub) -> None:
    stub.say({"id": "750R0", "state": "JobComplete"})


WIDE = ("Email", "Description")


def test_bulk_is_used_above_the_threshold_and_its_job_removed(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    stub.say({"id": "750R0", "state": "InProgress"})
    done(stub)
    stub.script.append(csv(HEAD + line(1, stamp="2026-03-01T11:00:00.000Z"), locator="MTAw"))
    stub.script.append(csv(HEAD + line(2)))
    stub.script.append(Said(status=204, body=b""))
    pages = pull(opened(stub, time, **BULK), fields=WIDE)
    assert ids(pages) == [lead(1), lead(2)]
    assert (pages[-1].is_whole, pages[-1].is_complete) == (True, True)
    assert mark_of(end_of(pages))["at"] == "2026-03-01T11:00:00.001000Z"
    job = json.loads(stub.asked[2].body)
    assert (job["operation"], job["contentType"]) == ("query", "CSV")
    assert "ORDER BY" not in job["query"]
    assert stub.asked[-2].query["locator"] == ["MTAw"]
    assert (stub.asked[-1].method, stub.asked[-1].path.rpartition("/")[2]) == ("DELETE", "750R0")
    assert time.slept == [2.0, 3.0]  # no look at once, as no job is over that was just begun


def test_each_wait_for_a_job_is_longer_by_half_and_one_taken_up_is_looked_at_first(
    stub: Stub, time: FakeTime
) -> None:
    begin_bulk(stub)
    for _look in range(8):
        stub.say({"id": "750R0", "state": "InProgress"})
    done(stub)
    stub.script.append(csv(HEAD + line(1)))
    [begun, *_pages] = pull(opened(stub, time, **BULK), fields=WIDE)
    assert time.slept == [2.0, 3.0, 4.5, 6.75, 10.125, 15.1875, 22.78125, 30.0, 30.0]
    stub.script.clear()
    stub.say(described("Lead", field("Description", "textarea")))
    done(stub)
    stub.script.append(csv(HEAD + line(1)))
    assert ids(pull(opened(stub, time, **BULK), begun.bookmark, WIDE)) == [lead(1)]
    assert len(time.slept) == 9


def test_bulk_and_rest_give_the_same_record(stub: Stub, time: FakeTime) -> None:
    kinds = [field("Description", "textarea"), field("Size", "int"), field("Born", "datetime"),
             field("Is", "boolean"), field("Sum", "currency")]  # fmt: skip
    names = ["Email", "Description", "Size", "Born", "Is", "Sum"]
    rest = row(lead(1), T1, Description=None, Size=500, Born=T2, Is=True, Sum=1.5e7)
    stub.say(described("Lead", *kinds))
    stub.say(page(rest))
    [by_rest] = pull(opened(stub, time), fields=names)[0].records
    stub.say(described("Lead", *kinds))
    stub.say(page(rest, total=2001, following=CURSOR))
    stub.say({"id": "750R0", "state": "UploadComplete"})
    done(stub)
    head = '"Id","SystemModstamp","IsDeleted","Email","Description","Size","Born","Is","Sum"\n'
    cells = f'"{lead(1)}","2026-03-01T10:00:00.000Z","false","zaphod@example.org","","500",'
    cells += '"2026-03-01T11:00:00.000Z","true","1.5E7"\n'
    stub.script.append(csv(head + cells))
    pages = pull(opened(stub, time, **BULK), fields=names)
    assert [one for found in pages for one in found.records] == [by_rest]


def test_f24_a_job_that_does_not_end_is_left_and_taken_up(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    for _look in range(9):
        stub.say({"id": "750R0", "state": "InProgress"})
    hasty = opened(stub, time, **BULK, bulk_patience="60")
    kept: list[Page] = []
    with pytest.raises(UnavailableError, match="next run takes it up") as raised:
        kept.extend(hasty.pull("Lead", fields=WIDE, since=None))
    assert raised.value.is_spent
    stub.script.clear()
    begin_bulk(stub)
    first = next(iter(opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)))
    assert mark_of(first.bookmark)["job"] == "750R0"
    assert not first.records
    stub.script.clear()
    stub.say(described("Lead", field("Description", "textarea")))
    done(stub)
    stub.script.append(csv(HEAD + line(1)))
    stub.script.append(Said(status=204, body=b""))
    pages = pull(opened(stub, time, **BULK), first.bookmark, WIDE)
    assert ids(pages) == [lead(1)]
    assert mark_of(end_of(pages)).get("job") is None
    assert (pages[-1].is_whole, pages[-1].is_complete) == (True, True)
    assert mark_of(end_of(pages))["listed_at"] == mark_of(first.bookmark)["began"]


def test_f24_what_was_read_of_a_job_is_not_read_again(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + line(1), locator="MTAw"))
    reading = opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)
    next(reading)
    second = next(reading)
    assert mark_of(second.bookmark)["locator"] == "MTAw"
    stub.script.clear()
    stub.say(described("Lead", field("Description", "textarea")))
    done(stub)
    stub.script.append(csv(HEAD + line(2)))
    pages = pull(opened(stub, time, **BULK), second.bookmark, WIDE)
    assert (ids(pages), pages[-1].is_whole) == ([lead(2)], False)


def test_a_result_that_never_goes_on_is_not_read_without_end(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    for _again in range(3):
        stub.script.append(csv(HEAD + line(1), locator="MTAw"))
    with pytest.raises(UnavailableError, match="same part"):
        pull(opened(stub, time, **BULK), fields=WIDE)


def test_f25_a_job_that_is_gone_begins_anew(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    first = next(iter(opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)))
    stub.script.clear()
    stub.say(described("Lead", field("Description", "textarea")))
    stub.say([{"errorCode": "NOT_FOUND", "message": "x"}], 404)
    stub.script.append(Said(status=404))
    stub.say(page(row(lead(7))))
    pages = pull(opened(stub, time, **BULK), first.bookmark, WIDE)
    assert (ids(pages), pages[-1].is_whole) == ([lead(7)], True)


@pytest.mark.parametrize("code", ["INVALIDLOCATOR", "INVALID_QUERY_LOCATOR"])
def test_f25_a_result_that_is_gone_begins_anew(stub: Stub, time: FakeTime, code: str) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + line(1), locator="MTAw"))
    reading = opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)
    second = [next(reading), next(reading)][1]
    stub.script.clear()
    stub.say(described("Lead", field("Description", "textarea")))
    done(stub)
    stub.say([{"errorCode": code, "message": "x"}], 400)
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(row(lead(7))))
    pages = pull(opened(stub, time, retries=False, **BULK), second.bookmark, WIDE)
    assert (ids(pages), pages[-1].is_whole) == ([lead(7)], True)


def test_a_result_that_comes_packed_is_unpacked(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    said = csv(HEAD + line(1))
    packed = {**said.headers, "content-encoding": "gzip"}
    stub.script.append(Said(body=gzip.compress(said.body), headers=packed))
    assert ids(pull(opened(stub, time, **BULK), fields=WIDE)) == [lead(1)]


def test_f26_line_breaks_inside_of_fields_stay_there(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    text = 'two\nlines, a ""quote"" and\r\na comma'
    stub.script.append(csv(HEAD + line(1, text) + line(2)))
    records = [r for one in pull(opened(stub, time, **BULK), fields=WIDE) for r in one.records]
    assert [r.values["Description"] for r in records] == [
        'two\nlines, a "quote" and\r\na comma',
        "x",
    ]


def test_f27_a_nul_byte_a_mark_and_a_lone_return_load(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    said = csv(HEAD + line(1, "a\0b\rc") + line(2), bom=True)
    packed = {**said.headers, "content-encoding": "gzip"}
    stub.script.append(Said(body=gzip.compress(said.body), headers=packed))
    records = [r for one in pull(opened(stub, time, **BULK), fields=WIDE) for r in one.records]
    assert [(r.ref.id, r.values["Description"]) for r in records] == [
        (lead(1), "ab\rc"),
        (lead(2), "x"),
    ]


@pytest.mark.parametrize("word", ["Null", "NA", "None", "nan", "#N/A", "n/a"])
def test_f28_words_that_look_like_nothing_stay_text(stub: Stub, time: FakeTime, word: str) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + line(1, word)))
    pages = pull(opened(stub, time, **BULK), fields=WIDE)
    assert [r.values["Description"] for one in pages for r in one.records] == [word]


def test_f27_a_line_of_another_shape_is_put_aside_and_the_list_not_called_complete(
    stub: Stub, time: FakeTime
) -> None:
    begin_bulk(stub)
    done(stub)
    nobody = line(3).replace(lead(3), "")
    stub.script.append(csv(HEAD + line(1) + '"only","three","cells"\n' + nobody + line(2)))
    pages = pull(opened(stub, time, **BULK), fields=WIDE)
    assert ids(pages) == [lead(1), lead(2)]
    assert [issue.code for one in pages for issue in one.issues] == ["DQ_VALUE_UNREADABLE"] * 2
    assert (pages[-1].is_whole, pages[-1].is_complete) == (True, False)


def test_f68_a_field_shown_after_a_query_began_is_absent_and_not_empty(
    stub: Stub, time: FakeTime
) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD.replace('"Email",', "") + line(1).replace('"c1@example.org",', "")))
    records = [r for one in pull(opened(stub, time, **BULK), fields=WIDE) for r in one.records]
    assert [dict(record.values) for record in records] == [{"Description": "x"}]


def test_f29_a_large_result_is_handed_on_in_parts(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + '"torn"\n' + "".join(line(n) for n in range(5000))))
    reading = opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)
    sizes = [(len(one.records), len(one.issues)) for one in reading]
    assert sizes == [(0, 0), (2000, 1), (2000, 0), (1000, 0), (0, 0)]


def peak_of(stub: Stub, time: FakeTime, rows: int) -> int:
    """Read a result of so many rows; the most memory that took."""
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + "".join(line(n, "x" * 200) for n in range(rows))))
    stub.script.append(Said(status=204, body=b""))
    tracemalloc.start()
    try:
        pages = opened(stub, time, **BULK).pull("Lead", fields=WIDE, since=None)
        assert sum(len(one.records) for one in pages) == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_f29_three_times_the_result_takes_no_more_memory(stub: Stub, time: FakeTime) -> None:
    assert peak_of(stub, time, 12_000) < peak_of(stub, time, 4_000) * 1.3


def test_f29_a_result_that_breaks_off_keeps_its_place(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    said = csv(HEAD + "".join(line(n) for n in range(500)))
    stub.script.append(Said(body=said.body, headers=said.headers, cut=True))
    pages: list[Page] = []
    with pytest.raises(UnavailableError, match="no answer"):
        pages.extend(
            opened(stub, time, retries=False, **BULK).pull("Lead", fields=WIDE, since=None)
        )


def test_f24_a_part_that_comes_again_ends_the_pull(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script += [csv(HEAD + line(1), locator="MTAw")] * 3
    with pytest.raises(UnavailableError, match="same part"):
        pull(opened(stub, time, **BULK), fields=WIDE)


def test_f24_a_job_that_cannot_be_removed_does_no_harm(stub: Stub, time: FakeTime) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(csv(HEAD + line(1)))
    stub.script.append(Said(body=b"{}", cut=True))
    assert pull(opened(stub, time, **BULK), fields=WIDE)[-1].is_complete


@pytest.mark.parametrize("text", [b'"\xff"', b'"' + b"x" * 140_000 + b'"'])
def test_f41_a_result_that_is_no_csv_may_pass(stub: Stub, time: FakeTime, text: bytes) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(Said(body=HEAD.encode() + text, headers=csv("").headers))
    with pytest.raises(UnavailableError, match="no answer"):
        pull(opened(stub, time, retries=False, **BULK), fields=WIDE)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"sforce-locator": "null", "sforce-numberofrecords": "3"}, "number of rows"),
        ({"sforce-numberofrecords": "2"}, "does not say whether"),
    ],
)
def test_f29_a_part_that_lacks_rows_or_its_end_is_not_taken_for_all(
    stub: Stub, time: FakeTime, headers: dict[str, str], told: str
) -> None:
    begin_bulk(stub)
    done(stub)
    stub.script.append(Said(body=(HEAD + line(1) + line(2)).encode(), headers=headers))
    with pytest.raises(UnavailableError, match=told):
        pull(opened(stub, time, **BULK), fields=WIDE)


@pytest.mark.parametrize("code", ["INVALIDENTITY", "FUNCTIONALITY_NOT_ENABLED"])
def test_f30_an_object_that_bulk_refuses_is_read_by_rest(
    stub: Stub, time: FakeTime, code: str
) -> None:
    stub.say(described())
    stub.say(page(row(lead(1)), total=2001, following=CURSOR))
    stub.say([{"errorCode": code, "message": "entity is not supported"}], 400)
    stub.say(page(row(lead(2))))
    assert ids(pull(opened(stub, time, **BULK))) == [lead(1), lead(2)]


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_f30_a_job_that_fails_is_removed_and_read_by_rest(
    stub: Stub, time: FakeTime, state: str
) -> None:
    stub.say(described())
    stub.say(page(row(lead(1)), total=2001, following=CURSOR))
    stub.say({"id": "750R0", "state": "UploadComplete"})
    stub.say({"id": "750R0", "state": state, "errorMessage": "InvalidBatch"})
    stub.script.append(Said(status=204, body=b""))
    stub.say(page(row(lead(2))))
    assert ids(pull(opened(stub, time, **BULK))) == [lead(1), lead(2)]
    assert [one.method for one in stub.asked] == ["GET", "GET", "POST", "GET", "DELETE", "GET"]
