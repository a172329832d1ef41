"""F42 and F43: answers to a batch of writes that the twin does not give, scripted by a loopback server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest

from connectors.hubspot.comparing import untaken
from tests.support.hubspot_opening import SECRET, opened
from tests.support.hubspot_stub import FakeTime, Stub, serving_stub
from worker.core.records import RecordRef, WriteCommand


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


def row(record_id: str, city: str | None, **more: object) -> dict[str, object]:
    return {"id": record_id, "properties": {"city": city}, **more}


def told(
    stub: Stub, answer: object, ids: Sequence[str] = ("1", "2"), then: object = None
) -> list[str]:
    """Push a city to these contacts; HubSpot shows them as empty, answers so, and is read again."""
    stub.script.clear()
    stub.say({"results": [row(one, None) for one in ids]})
    stub.say(answer, status=207)
    if then is not None:
        stub.say(then)
    commands = [
        WriteCommand(
            command_id=f"w{one}",
            ref=RecordRef(system="hubspot", object_type="contacts", id=one),
            changes={"city": "Mesa"},
        )
        for one in ids
    ]
    return [result.outcome.value for result in opened(stub, FakeTime()).push(commands)]


def test_f42_results_are_joined_by_id_where_no_trace_is_told(stub: Stub) -> None:
    assert told(stub, {"results": [row("2", "Mesa")]}) == ["unknown", "applied"]


def test_f42_an_error_is_joined_by_trace_or_by_id(stub: Stub) -> None:
    by_trace = {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["w2"]}}
    by_id = {"category": "OBJECT_NOT_FOUND", "message": SECRET, "context": {"ids": ["1"]}}
    assert told(stub, {"results": [], "errors": [by_trace, by_id]}) == ["missing", "rejected"]


@pytest.mark.parametrize(
    ("says", "ids"),
    [
        ("Contact already exists. Existing ID: 60", ["60"]),
        ("Cannot set {value=. 8 already has that value.} on 1. 60 already has that value.", ["60"]),
        ("Cannot set PropertyValueCoordinates{value=Existing ID: 8} on 1.", []),
        (f"{SECRET} is known.", []),
    ],
)
def test_f49_of_a_batch_refused_for_one_value_only_the_id_of_its_holder_is_kept(
    stub: Stub, says: str, ids: list[str]
) -> None:
    stub.say({"results": [row("1", None)]})
    stub.say({"category": "CONFLICT", "message": says}, status=409)
    ref = RecordRef(system="hubspot", object_type="contacts", id="1")
    command = WriteCommand(command_id="w", ref=ref, changes={"city": "Mesa"})
    [result] = opened(stub, FakeTime()).push([command])
    assert (result.outcome.value, [one.id for one in result.matches]) == ("rejected", ids)


def test_f43_an_error_that_names_no_input_leaves_it_unknown(stub: Stub) -> None:
    nameless = {"category": "VALIDATION_ERROR", "message": SECRET}
    assert told(stub, {"results": [row("1", "Mesa")], "errors": [nameless]}) == [
        "applied",
        "unknown",
    ]


def test_f42_a_result_under_another_id_is_read_again(stub: Stub) -> None:
    answer = {"results": [row("9", "Mesa", objectWriteTraceId="w1"), row("2", "Mesa")]}
    assert told(stub, answer, then={"results": []}) == ["missing", "applied"]


def test_f42_what_cannot_be_read_again_is_unknown(stub: Stub) -> None:
    answer = {"results": [row("1", "Tempe"), row("2", "Mesa")]}
    assert told(stub, answer) == ["unknown", "applied"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("Kim@Example.org ", "kim@example.org"), ("x;y", "y;x"), ("5", "5.0"), (" Mesa", "Mesa")],
)
def test_a_value_in_the_form_that_hubspot_keeps_is_taken(sent: str, shown: str) -> None:
    assert not untaken({"any": sent}, {"any": shown})
    assert untaken({"any": sent}, {"any": f"{shown}1"})


def test_f14_a_record_that_is_shown_as_archived_is_missing(stub: Stub) -> None:
    stub.say({"results": [{**row("1", None), "archived": True}]})
    ref = RecordRef(system="hubspot", object_type="contacts", id="1")
    command = WriteCommand(command_id="w", ref=ref, changes={"city": "Mesa"})
    [result] = opened(stub, FakeTime()).push([command])
    assert (result.outcome.value, len(stub.asked)) == ("missing", 1)


def test_what_is_sent_are_ids_traces_and_texts(stub: Stub) -> None:
    told(stub, {"results": [row("1", "Mesa")]}, ids=["1"])
    assert json.loads(stub.asked[1].body) == {
        "inputs": [{"id": "1", "objectWriteTraceId": "w1", "properties": {"city": "Mesa"}}]
    }
