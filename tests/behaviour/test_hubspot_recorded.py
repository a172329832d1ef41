"""Every recorded exchange with HubSpot is parsed or classified; none crashes, none tells a value.

The recordings are real traffic of several API versions and lie outside the repository.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import msgspec
import pytest

from connectors.hubspot.budget import Budget, Limits
from connectors.hubspot.connector import HubSpotConnector
from connectors.hubspot.faults import error_of, read_fault
from connectors.hubspot.paths import OBJECT_LIST
from connectors.hubspot.rows import RowPage, milliseconds_of, values_of
from connectors.hubspot.transport import Answer, parse
from tests.support.hubspot_opening import opened
from tests.support.hubspot_stub import FakeTime, Said, serving_stub
from tests.support.recorded import body_of, exchanges, texts_in
from worker.core.records import is_code
from worker.errors import LeadtriageError, RateLimitedError, UnavailableError


def test_every_refusal_gives_an_error_of_ours_that_repeats_nothing() -> None:
    refusals = [one for one in exchanges("hubspot") if one["response"]["status"] >= 300]
    assert refusals
    for one in refusals:
        response = one["response"]
        headers = {name.lower(): value for name, value in response["headers"].items()}
        fault = read_fault(
            operation="read records",
            status=response["status"],
            body=body_of(response),
            headers=headers,
        )
        error = error_of(fault)
        assert isinstance(error, LeadtriageError)
        for text in texts_in(response["body"]):
            is_known = text == fault.correlation_id or (text == fault.code and is_code(text))
            assert is_known or len(text) < 6 or text not in str(error)


def test_every_success_is_parsed_or_told_apart_from_a_page() -> None:
    parsed = 0
    for one in exchanges("hubspot"):
        response = one["response"]
        if response["status"] >= 300:
            continue
        answer = Answer(status=response["status"], body=body_of(response), headers={})
        try:
            page = parse(answer, RowPage, OBJECT_LIST)
        except UnavailableError as error:
            told = [text for text in texts_in(response["body"]) if text in str(error)]
            assert all(len(text) < 6 for text in told)
            continue
        parsed += bool(page.results)
        for row in page.results:
            values_of(row.properties, row.properties)
            milliseconds_of(row.properties.get("hs_lastmodifieddate"))
    assert parsed > 20


def is_page(content: Any) -> bool:
    """Tell whether a body is a page of records, as each API since version 3 gives it."""
    rows = content.get("results") if isinstance(content, dict) else None
    return isinstance(rows, list) and all(isinstance(row, dict) for row in rows)


def test_every_page_of_records_is_parsed_to_the_last_row() -> None:
    pages = [one["response"] for one in exchanges("hubspot") if is_page(one["response"]["body"])]
    assert len(pages) > 50
    for response in pages:
        answer = Answer(status=response["status"], body=body_of(response), headers={})
        page = parse(answer, RowPage, OBJECT_LIST)
        told = response["body"]
        assert [str(row.id) for row in page.results] == [str(row["id"]) for row in told["results"]]
        assert page.cursor == told.get("paging", {}).get("next", {}).get("after")


def test_every_exchange_passes_the_client_and_leaves_no_trace_in_a_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving_stub() as stub:
        connector = opened(stub, FakeTime(), retries=False)
        assert isinstance(connector, HubSpotConnector)
        for one in exchanges("hubspot"):
            response = one["response"]
            if response["status"] == 204:
                continue  # has no body, and a stub that promises one would wait for it
            connector.transport.budget = Budget(Limits(), FakeTime(), lambda _seconds: None)
            stub.script.append(replayed(response))
            answer = connector.transport.exchange(OBJECT_LIST, path={"object_type": "contacts"})
            assert answer.status == response["status"]
            assert (answer.fault is None) == (answer.status < 300)
            assert answer.body == body_of(response)
            stub.script.clear()
        texts = {text for one in exchanges("hubspot") for text in texts_in(one["response"]["body"])}
    logged = caplog.text
    assert not [text for text in texts if len(text) >= 8 and text in logged]


def replayed(response: Any) -> Said:
    kept = {
        name: value
        for name, value in response["headers"].items()
        if name.lower().startswith(("x-hubspot", "retry-after", "content-type"))
    }
    return Said(status=response["status"], body=body_of(response), headers=kept)


def test_every_429_is_a_limit() -> None:
    found = [one["response"] for one in exchanges("hubspot") if one["response"]["status"] == 429]
    for response in found:
        fault = read_fault(
            operation="search records", status=429, body=body_of(response), headers={}
        )
        assert (type(error_of(fault)), fault.retry_after) == (RateLimitedError, None)


def test_every_search_page_in_the_recordings_keeps_its_ids_exactly() -> None:
    for one in exchanges("hubspot"):
        content = one["response"]["body"]
        if one["request"]["path"].endswith("/search") and one["response"]["status"] == 200:
            page = msgspec.json.decode(json.dumps(content), type=RowPage)
            assert [str(row.id) for row in page.results] == [
                str(row["id"]) for row in content["results"]
            ]
