"""Every recorded exchange with Salesforce is parsed or classified; none crashes, none tells a value.

The recordings and descriptions are real traffic of several API versions and lie outside the repository.
"""

from __future__ import annotations

import msgspec
import pytest

from connectors.salesforce.budget import HEADER, usage_in
from connectors.salesforce.faults import error_of, read_fault
from connectors.salesforce.ids import long_id
from connectors.salesforce.results import ITEMS
from connectors.salesforce.rows import read_page, text_of
from connectors.salesforce.schema import read_shape
from tests.support.recorded import SHARED, body_of, exchanges, texts_in
from worker.errors import LeadtriageError

DESCRIBED = SHARED / "salesforce_describe"


def test_every_answer_read_as_a_refusal_gives_an_error_of_ours_that_repeats_nothing() -> None:
    """Successes as well: whatever stands in a body, an error never tells it."""
    for one in exchanges("salesforce"):
        response = one["response"]
        status = max(response["status"], 400)
        headers = {name.lower(): str(value) for name, value in response["headers"].items()}
        fault = read_fault(
            operation="query records", status=status, body=body_of(response), headers=headers
        )
        error = error_of(fault)
        assert isinstance(error, LeadtriageError)
        for text in texts_in(response["body"]):
            is_told = text in (fault.code, *fault.fields)
            assert is_told or len(text) < 6 or text not in str(error)


def test_every_page_of_a_query_is_parsed_with_its_ids_exact() -> None:
    parsed = 0
    for one in exchanges("salesforce"):
        content = one["response"]["body"]
        if one["response"]["status"] == 200 and isinstance(content, dict) and "records" in content:
            names = dict.fromkeys(name for row in content["records"] for name in row)
            page = read_page(
                body_of(one["response"]), {**dict.fromkeys(names, "string"), "Id": "id"}
            )
            assert [row.id for row in page.rows] == [
                row.get("Id", "") for row in content["records"]
            ]
            assert page.total == content["totalSize"]
            parsed += bool(page.rows)
    assert parsed > 10


def test_every_result_of_a_collection_is_told_apart_item_by_item() -> None:
    good = bad = 0
    for one in exchanges("salesforce"):
        if "/composite/sobjects" not in one["request"]["path"]:
            continue
        items = ITEMS.decode(body_of(one["response"]))
        assert len(items) == len(one["response"]["body"])
        good += sum(item.success for item in items)
        bad += sum(bool(item.errors and item.errors[0].status_code) for item in items)
        assert all(item.success != bool(item.errors) for item in items)
    assert (good > 20, bad) == (True, 2)


def test_every_recorded_record_is_text_and_its_id_has_18_letters() -> None:
    seen = 0
    for one in exchanges("salesforce"):
        content = one["response"]["body"]
        if isinstance(content, dict) and "SystemModstamp" in content:
            stamp = text_of(content["SystemModstamp"], "datetime")
            assert stamp is not None
            assert stamp.endswith("+00:00")
            assert long_id(content["Id"][:15]) == content["Id"]
            seen += 1
    assert seen > 5


def test_every_description_is_parsed() -> None:
    if not DESCRIBED.is_dir():
        pytest.skip("the descriptions are not here")
    found = {path.stem: read_shape(path.read_bytes()) for path in sorted(DESCRIBED.glob("*.json"))}
    assert {name for name, shape in found.items() if shape.name != name} <= {"Account"}
    for shape in found.values():
        assert {"Id", "SystemModstamp"} <= set(shape.fields)
        for field in shape.fields.values():
            field.describe()
    for name in ("Lead", "Contact"):
        assert not {"HasOptedOutOfEmail", "DoNotCall"} & set(found[name].fields)


def test_every_recorded_count_of_calls_is_read() -> None:
    counted = 0
    for one in exchanges("salesforce"):
        headers = {name.lower(): str(value) for name, value in one["response"]["headers"].items()}
        if HEADER in headers:
            everybody, _ours = usage_in(headers)
            assert everybody is not None
            assert 0 <= everybody.used <= everybody.limit
            counted += 1
    assert counted > 20


def test_a_body_that_is_no_json_has_a_status_alone() -> None:
    for body in (b"", b"<html>", b"\xff", b"[[[]]]", b"[1]", b"null"):
        fault = read_fault(operation="query records", status=502, body=body, headers={})
        assert (fault.code, fault.fields) == (None, ())
    with pytest.raises(msgspec.DecodeError):
        read_page(b"<html>", {})
