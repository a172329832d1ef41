"""F01 to F12 and F18 of the catalogue of faults: cursors, pages and windows of HubSpot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.hubspot.associations import read_associations
from connectors.hubspot.changes import Chunk, Course, pull_objects, read_bookmark
from connectors.hubspot.contacts import merged_ids
from connectors.hubspot.objects import ObjectReader
from connectors.hubspot.rows import milliseconds_of, values_of
from tests.fakes.hubspot_search import MODIFIED, FakeSearch, at_time, by_number, by_text
from worker.errors import FixDataError, UnavailableError

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
OLD = at_time("2026-02-01T08:00:00+00:00")
MARK = (
    f'{{"version":1,"at":{OLD},"listed_at":{at_time("2026-03-01T00:00:00+00:00")},"size":10000000}}'
)


def reader_of(crm: FakeSearch, *extra: str) -> ObjectReader:
    transport: Any = crm
    return ObjectReader(
        transport=transport, name="contacts", modified=MODIFIED, properties=(MODIFIED, *extra)
    )


def course(**changes: Any) -> Course:
    given = {"lookback": timedelta(minutes=2), "sweep_every": timedelta(days=7), **changes}
    return Course(object_type="contacts", now=NOW, **given)


def pulled(crm: FakeSearch, since: str | None = MARK, *extra: str) -> list[Chunk]:
    return list(pull_objects(reader_of(crm, *extra), course(), since))


def ids_in(chunks: list[Chunk]) -> list[str]:
    return [str(row.id) for chunk in chunks for row in chunk.rows]


def spread(amount: int, first: int = 1000) -> dict[str, int]:
    return {str(first + n): OLD + n for n in range(amount)}


def test_f01_more_rows_than_a_search_shows_are_all_read() -> None:
    crm = FakeSearch(at=spread(10_450))
    assert sorted(ids_in(pulled(crm))) == sorted(crm.at)


def test_f01_windows_cost_no_more_than_a_hundredth() -> None:
    crm = FakeSearch(at=spread(10_450))
    pulled(crm)
    assert len(crm.searches()) <= 10_450 / 200 * 1.01 + 1


def test_f02_any_number_of_rows_of_one_instant_are_all_read() -> None:
    crm = FakeSearch(at=dict.fromkeys(map(str, range(5000, 16_000)), OLD + 7) | spread(300))
    assert set(ids_in(pulled(crm))) == set(crm.at)


def test_f02_the_end_is_fixed_when_the_run_begins() -> None:
    crm = FakeSearch(at=spread(450))

    def touch(count: int) -> None:
        crm.at["1000"] = at_time("2026-03-02T15:00:01+00:00") + count

    crm.on_call = touch
    assert sorted(set(ids_in(pulled(crm)))) == sorted(set(crm.at) - {"1000"})


def test_f03_every_page_of_a_window_has_its_floor_and_its_end() -> None:
    crm = FakeSearch(at=dict.fromkeys(map(str, range(5000, 5900)), OLD + 7) | spread(700))
    pulled(crm)
    for body in crm.searches():
        operators = [one["operator"] for one in body["filterGroups"][0]["filters"]]
        assert operators[:2] == ["GTE", "LTE"]


def test_f04_a_row_of_the_very_instant_of_the_bookmark_is_read() -> None:
    crm = FakeSearch(at={"1": OLD, "2": OLD})
    assert sorted(ids_in(pulled(crm))) == ["1", "2"]


@pytest.mark.parametrize("sorts", [by_number, by_text])
@pytest.mark.parametrize("compares", [by_number, by_text])
def test_f05_ids_are_walked_however_the_server_orders_them(sorts: Any, compares: Any) -> None:
    ids = [str(n) for n in range(7190, 8190)] + [str(719869649082 + n) for n in range(300)]
    crm = FakeSearch(at=dict.fromkeys(ids, OLD + 3), sorts=sorts, compares=compares)
    assert set(ids_in(pulled(crm))) == set(ids)


def test_f05_two_orders_and_more_rows_than_a_search_shows() -> None:
    ids = [str(n) for n in range(95_000, 106_500)]
    crm = FakeSearch(at=dict.fromkeys(ids, OLD + 3), sorts=by_text, compares=by_number)
    assert set(ids_in(pulled(crm))) == set(ids)


def test_f05_ids_that_cannot_be_told_apart_stop_the_pull() -> None:
    ids = [str(n) for n in range(95_000, 106_500)]

    def alike(_id: str) -> int:
        return 0

    crm = FakeSearch(at=dict.fromkeys(ids, OLD + 3), sorts=by_text, compares=alike)
    with pytest.raises(FixDataError, match="cannot be told apart"):
        pulled(crm)


def test_f06_a_short_page_with_a_cursor_is_not_the_last() -> None:
    crm = FakeSearch(at=spread(900), page_sizes=(1, 3, 200, 1))
    assert set(ids_in(pulled(crm))) == set(crm.at)


def test_f06_an_empty_page_with_a_cursor_is_not_the_last() -> None:
    crm = FakeSearch(at=spread(900), hidden=frozenset(map(str, range(1000, 1450))))
    assert set(ids_in(pulled(crm))) == set(crm.at) - crm.hidden


def test_f06_a_cursor_that_leads_nowhere_is_not_followed_for_ever() -> None:
    crm = FakeSearch(at=spread(900), page_sizes=[0] * 10)
    with pytest.raises(UnavailableError, match="again and again"):
        pulled(crm)


def test_f07_the_bookmark_never_passes_what_was_seen_nor_what_is_indexed() -> None:
    crm = FakeSearch(at=spread(3))
    assert f'"at":{OLD + 2},' in str(pulled(crm)[-1].bookmark)
    crm.at["9"] = at_time("2026-03-02T14:59:59+00:00")
    assert f'"at":{at_time("2026-03-02T14:58:00+00:00")},' in str(pulled(crm)[-1].bookmark)


def test_f07_a_row_that_changed_while_it_was_read_is_read_by_the_next_run() -> None:
    crm = FakeSearch(at=spread(450))

    def touch(count: int) -> None:
        if count == 1:
            crm.at["1050"] = at_time("2026-03-02T15:00:05+00:00")

    crm.on_call = touch
    end = pulled(crm)[-1].bookmark
    crm.on_call = lambda _count: None
    later = list(
        pull_objects(
            reader_of(crm),
            Course(
                object_type="contacts",
                now=NOW + timedelta(minutes=15),
                lookback=timedelta(minutes=2),
                sweep_every=timedelta(days=7),
            ),
            end,
        )
    )
    assert "1050" in ids_in(later)


def test_f08_a_row_that_was_indexed_late_is_read_by_the_next_run() -> None:
    crm = FakeSearch(at=spread(2) | {"50": at_time("2026-03-02T14:59:58+00:00")})
    end = pulled(crm)[-1].bookmark
    crm.at["51"] = at_time("2026-03-02T14:59:30+00:00")  # changed before, shown only now
    assert "51" in ids_in(pulled(crm, end))


def test_f08_no_page_s_bookmark_passes_what_the_index_can_be_trusted_to_show() -> None:
    """The run may end behind any page."""
    crm = FakeSearch(
        at={str(1000 + n): at_time("2026-03-02T14:59:00+00:00") + n for n in range(450)}
    )
    marks = [read_bookmark(chunk.bookmark) for chunk in pulled(crm) if chunk.bookmark]
    assert len(marks) > 2
    assert max(mark.at for mark in marks if mark) <= at_time("2026-03-02T14:58:00+00:00")


def test_f09_a_worker_that_was_off_for_long_reads_everything_since() -> None:
    crm = FakeSearch(at=spread(2500))
    mark = MARK.replace(str(at_time("2026-03-01T00:00:00+00:00")), str(OLD))
    chunks = pulled(crm, mark)  # the last list is a month old: everything is listed again
    assert (sorted(ids_in(chunks)), chunks[-1].is_whole) == (sorted(crm.at), True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1713702782727", 1713702782727),
        ("1713702782727.0", 1713702782727),
        ("2024-04-21T12:33:02.727Z", 1713702782727),
        ("2024-04-21T12:33:02Z", 1713702782000),
        ("2024-04-21T08:33:02.727-04:00", 1713702782727),
        (1713702782727, 1713702782727),
        ("", None),
        ("yesterday", None),
        ("9" * 40, None),
        (None, None),
        (True, None),
    ],
)
def test_f10_one_instant_in_every_spelling(text: str | int | None, expected: int | None) -> None:
    assert milliseconds_of(text) == expected


def test_f10_a_row_whose_time_cannot_be_read_is_put_aside_and_the_run_goes_on() -> None:
    crm = FakeSearch(at=spread(3))
    transport: Any = BadStamp(crm)
    reader = ObjectReader(
        transport=transport, name="contacts", modified=MODIFIED, properties=(MODIFIED,)
    )
    chunks = list(pull_objects(reader, course(), MARK))
    [issue] = [issue for chunk in chunks for issue in chunk.issues]
    assert (issue.record_id, issue.code) == ("1001", "DQ_VALUE_UNREADABLE")
    assert ids_in(chunks) == ["1000", "1002"]


class BadStamp:
    """A search in which one row has a time that is none."""

    def __init__(self, crm: FakeSearch) -> None:
        self.crm, self.budget = crm, crm.budget

    def call(self, endpoint: Any, into: Any, **given: Any) -> Any:
        page = self.crm.call(endpoint, into, **given)
        for row in page.results:
            if row.id == "1001":
                row.properties[MODIFIED] = "soon"
        return page


def test_f11_a_list_with_too_many_properties_is_read_in_batches_and_loses_nobody() -> None:
    crm = FakeSearch(at=spread(250))
    chunks = pulled(crm, None, *(f"custom_property_{n}" for n in range(900)))
    assert sorted(ids_in(chunks)) == sorted(crm.at)
    assert max(len(str(asked)) for name, asked in crm.calls if name == "list records") < 8000


def test_f11_a_search_stays_within_the_length_of_its_body() -> None:
    crm = FakeSearch(at=spread(250))
    chunks = pulled(crm, MARK, *(f"custom_property_{n}" for n in range(900)))
    assert sorted(ids_in(chunks)) == sorted(crm.at)
    assert max(len(str(asked)) for asked in crm.searches()) < 3000


class Links:
    """Associations in pages of two; ``ignores_cursor`` gives the first page for ever."""

    def __init__(self, to: dict[str, list[int]], *, ignores_cursor: bool = False) -> None:
        self.to, self.ignores_cursor = to, ignores_cursor

    def call(self, _endpoint: Any, into: Any, **given: Any) -> Any:
        results = [dict(self._one(one)) for one in given["body"]["inputs"] if one["id"] in self.to]
        return msgspec.json.decode(msgspec.json.encode({"results": results}), type=into)

    def _one(self, asked: dict[str, str]) -> Iterator[tuple[str, Any]]:
        start = 0 if self.ignores_cursor else int(asked.get("after", 0))
        ids = self.to[asked["id"]]
        yield "from", {"id": asked["id"]}
        yield "to", [{"toObjectId": one} for one in ids[start : start + 2]]
        if start + 2 < len(ids):
            yield "paging", {"next": {"after": str(start + 2)}}


def test_f12_associations_are_paged_inside_each_result() -> None:
    links: Any = Links({"1": [10, 11, 12, 13, 14], "2": [20]})
    found = read_associations(links, "calls", "contacts", ["1", "2", "3"])
    assert found == {"1": ("10", "11", "12", "13", "14"), "2": ("20",)}


def test_f12_a_server_that_ignores_the_cursor_is_not_asked_for_ever() -> None:
    links: Any = Links({"1": [10, 11, 12]}, ignores_cursor=True)
    with pytest.raises(UnavailableError, match="again and again"):
        read_associations(links, "calls", "contacts", ["1"])


def test_f14_the_ids_of_both_properties_are_taken_together() -> None:
    properties = {
        "hs_merged_object_ids": "101;102",
        "hs_calculated_merged_vids": "102:1713702782727;103:1713702782727; ",
    }
    assert merged_ids(properties) == ("101", "102", "103")


def test_f17_a_crash_in_the_middle_of_a_list_goes_on_there_and_a_later_run_sweeps() -> None:
    crm = FakeSearch(at=spread(350))
    first = pull_objects(reader_of(crm), course(), None)
    read = [next(first), next(first)]
    rest = pulled(crm, read[-1].bookmark)
    assert sorted(ids_in(read) + ids_in(rest)) == sorted(crm.at)
    assert not any(chunk.is_whole for chunk in rest)
    assert pulled(crm, rest[-1].bookmark)[-1].is_whole


def test_f18_a_cleared_property_is_empty_and_one_not_shown_is_absent() -> None:
    assert values_of({"phone": "", "email": None}, ["phone", "email", "fax"]) == {
        "phone": None,
        "email": None,
    }


def test_a_search_that_would_cost_more_than_a_list_is_not_made() -> None:
    crm = FakeSearch(at=spread(4000))
    chunks = pulled(crm, MARK.replace("10000000", "3900"))
    assert (len(crm.searches()), chunks[-1].is_whole) == (1, True)


def test_what_went_into_the_recycle_bin_since_is_told() -> None:
    crm = FakeSearch(at=spread(3), archived={"77": OLD + 5, "70": OLD - 10_000_000})
    assert [str(row.id) for chunk in pulled(crm) for row in chunk.gone] == ["77"]
