"""What a pull of Salesforce keeps of its place: when it lists, and what it never passes by."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from tests.support.salesforce_opening import (
    CURSOR,
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
from worker.core.records import RecordRef
from worker.errors import FixDataError
from worker.ports import ObjectSource

DAY = 86_400
SAFE = "2026-03-02T14:50:00Z"
"""Ten minutes before the present, which is 15:00."""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def bookmark(**place: object) -> str:
    return json.dumps({"version": 1, "listed_at": "2026-03-02T12:00:00Z", **place})


def at(clock: str) -> str:
    return f"2026-03-02T{clock}.000+0000"


def asked(stub: Stub) -> list[str]:
    return [one.query["q"][0] for one in stub.asked if "q" in one.query]


def without(name: str, shape: Mapping[str, Any]) -> dict[str, object]:
    return {**shape, "fields": [one for one in shape["fields"] if one["name"] != name]}


def test_everything_is_listed_after_a_week_and_what_is_gone_is_asked_for_first(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described())
    stub.say(page(row()))
    first = end_of(pull(opened(stub, time)))
    time.sleep(7 * DAY - 1)
    stub.say(described())
    stub.say(page())
    assert not any(one.is_whole or one.is_complete for one in pull(opened(stub, time), first))
    time.sleep(1)
    stub.say(described())
    stub.say(page())
    stub.say(page(row()))
    assert pull(opened(stub, time), first)[-1].is_complete
    gone, listed = asked(stub)[-2:]
    assert "IsDeleted = true" in gone
    assert "WHERE" not in listed


@pytest.mark.parametrize(
    "text", ["nonsense", '{"version": 2}', '{"version": 1, "odd": 2}', "\ud800"]
)
def test_a_bookmark_that_is_not_ours_lists_everything(
    stub: Stub, time: FakeTime, text: str
) -> None:
    stub.say(described())
    stub.say(page(row()))
    assert pull(opened(stub, time), text)[-1].is_whole
    assert "WHERE" not in asked(stub)[-1]


def test_a_list_taken_up_claims_what_was_safe_when_it_began_and_is_followed_by_a_sweep(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described())
    stub.say(page(row(lead(1), at("09:00:00")), total=2, following=CURSOR))
    first = next(iter(opened(stub, time).pull("Lead", fields=["Email"], since=None)))
    time.sleep(3600)
    stub.say(described())
    stub.say(page(row(lead(2), at("15:30:00")), total=2_001))
    end = end_of(pull(opened(stub, time, bulk_threshold="2000"), first.bookmark))
    assert mark_of(end)["at"] == SAFE
    stub.say(described())
    stub.say(page())
    stub.say(page(row()))
    assert pull(opened(stub, time), end)[-1].is_complete
    assert {one.method for one in stub.asked} == {"GET"}


@pytest.mark.parametrize(("total", "is_bulk"), [(2_000, False), (2_001, True)])
@pytest.mark.parametrize("since", [None, bookmark(at="2026-03-02T10:00:00Z")])
def test_bulk_is_for_more_than_the_threshold(
    stub: Stub, time: FakeTime, total: int, is_bulk: bool, since: str | None
) -> None:
    stub.say(described())
    for _page in range(3 if is_bulk and since else 1):  # changes, what is gone, and the list
        stub.say(page(row(at=at("12:00:00")), total=total))
    stub.say({"id": "750R0"})
    reading = opened(stub, time, bulk_threshold="2000").pull("Lead", fields=["Email"], since=since)
    found = [next(reading) for _ in range(2 if is_bulk and since else 1)]
    assert ("750R0" in str(found[-1].bookmark)) is is_bulk
    assert is_bulk or found[0].total == total


@pytest.mark.parametrize(
    ("stamp", "kept"),
    [("14:49:59", "2026-03-02T14:49:59.001000Z"), ("14:50:00", SAFE), ("14:59:00", SAFE)],
)
def test_beside_a_row_that_is_safe_no_other_can_appear(
    stub: Stub, time: FakeTime, stamp: str, kept: str
) -> None:
    stub.say(described())
    stub.say(page(row(at=at(stamp))))
    mark = mark_of(
        end_of(pull(opened(stub, time), bookmark(at="2026-03-02T10:00:00Z", id=lead(9))))
    )
    assert (mark["at"], mark.get("id")) == (kept, None)


@pytest.mark.parametrize(
    ("since", "stamp", "kept"),
    [
        ("10:00:00", "12:00:00", ("2026-03-02T12:00:00Z", lead(1))),
        ("10:00:00", "14:50:00", (SAFE, None)),
        ("10:00:00", "14:55:00", (SAFE, None)),
        ("14:58:00", "14:59:00", ("2026-03-02T14:58:00Z", None)),
    ],
)
def test_in_the_middle_of_changes_a_place_near_the_present_is_an_instant(
    stub: Stub, time: FakeTime, since: str, stamp: str, kept: tuple[str, str | None]
) -> None:
    stub.say(described())
    stub.say(page(row(lead(1), at(stamp)), total=2, following=CURSOR))
    stub.say(page(row(lead(2), at("14:59:30")), total=2))
    pages = pull(opened(stub, time), bookmark(at=f"2026-03-02T{since}Z", id=lead(9)))
    middle = mark_of(pages[0].bookmark)
    assert (middle["at"], middle.get("id")) == kept


def test_a_bookmark_beyond_what_is_safe_is_not_drawn_back(stub: Stub, time: FakeTime) -> None:
    stub.say(described())
    stub.say(page(row(at=at("14:59:00"))))
    since = bookmark(at="2026-03-02T14:58:00Z")
    assert mark_of(end_of(pull(opened(stub, time), since)))["at"] == "2026-03-02T14:58:00Z"


def related(stub: Stub, individual: Mapping[str, object]) -> None:
    link = field(
        "IndividualId", "reference", referenceTo=["Individual"], relationshipName="Individual"
    )
    stub.say(described("Lead", link))
    stub.say(individual)


INDIVIDUAL = described("Individual", field("HasOptedOutSolicit", "boolean"))
FIELDS = ("Email", "Individual.HasOptedOutSolicit")


def test_related_changes_are_read_first_from_the_instant_and_keep_no_place(
    stub: Stub, time: FakeTime
) -> None:
    related(stub, INDIVIDUAL)
    stamp = {"Individual": {"SystemModstamp": at("12:00:00"), "HasOptedOutSolicit": True}}
    stub.say(page(row(lead(1), **stamp), total=2, following=CURSOR))
    stub.say(page(row(lead(2), **stamp), total=2))
    stub.say(page())
    since = bookmark(at="2026-03-02T10:00:00Z", id=lead(5))
    pages = pull(opened(stub, time), since, FIELDS)
    assert ids(pages) == [lead(1), lead(2)]
    assert [one.bookmark for one in pages[:2]] == [None, None]
    first, own = asked(stub)
    assert "Individual.SystemModstamp >= 2026-03-02T10:00:00.000Z" in first
    assert f"Id > '{lead(5)}'" in own
    assert f"Id > '{lead(5)}'" not in first


def test_a_related_object_without_a_time_of_change_is_not_asked_for_changes(
    stub: Stub, time: FakeTime
) -> None:
    related(stub, without("SystemModstamp", INDIVIDUAL))
    stub.say(page())
    pull(opened(stub, time), bookmark(at="2026-03-02T10:00:00Z"), FIELDS)
    assert len(asked(stub)) == 1


def test_an_object_that_marks_no_row_as_deleted_is_never_asked_for_them(
    stub: Stub, time: FakeTime
) -> None:
    shape = without("IsDeleted", described("Task", field("WhoId", "reference")))
    calls = [ObjectSource(object_type="calls", id_field="Id", options={"reads": "Task"})]
    since = bookmark(at="2026-03-02T10:00:00Z", listed_at="2026-02-01T12:00:00Z")
    for mark in (None, since):
        stub.say(shape)
        stub.say(page(row()))
        connector = opened(stub, time, objects=calls)
        assert list(connector.pull("calls", fields=["WhoId"], since=mark))[-1].is_complete
    assert not any("IsDeleted" in one for one in asked(stub))


def test_a_fetch_that_the_description_does_not_mend_is_asked_once(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(described())
    stub.say([{"errorCode": "MALFORMED_QUERY", "message": "x"}], 400)
    stub.say(described())
    wanted = (lead(1), "x' OR Id != '", lead(2)[:15])
    refs = [RecordRef(system="salesforce", object_type="Lead", id=one) for one in wanted]
    with pytest.raises(FixDataError, match="MALFORMED_QUERY"):
        opened(stub, time).fetch(refs, fields=["Email"])
    [query] = asked(stub)
    assert query.endswith(f"Id IN ('{lead(1)}', '{lead(2)}')")
